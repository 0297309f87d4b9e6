import type { FactRequest } from '../model/fact.ts';
import { quote } from '../shell/quote.ts';

/** Paths handled by one `stat`; bounds the length of argument lists (ARG_MAX, execve(2)). */
const CHUNK = 200;

/** Longest file whose bytes are brought, in bytes (4 MiB); of longer ones only size and digest are known. */
export const READ_LIMIT: number = 4 * 1024 * 1024;

/**
 * One `stat`, one `readlink`, one `sha256sum` and one `head` for up to 200 paths. `$1…` are the paths, `$W` the wanted contents in
 * the same order: `.` none, `-` always, or the digest that makes sending needless. Prints, with `mark` between them, a letter for each
 * path; `stat` lines; link targets; `index digest` lines (with `+` where the bytes follow); the bytes of all those files.
 */
const FRAGMENT = `
files() {
  i=0; e=; l=; h=; hw=; k=
  for p do
    i=$((i+1)); w=\${W%% *}; W=\${W#* }
    if [ -L "$p" ]; then if [ -d "$p" ]; then t=L; else t=l; fi; l="$l \\"\\\${$i}\\""
    elif [ -f "$p" ]; then
      if [ "$w" = . ]; then t=f; elif [ -r "$p" ]; then t=F; h="$h \\"\\\${$i}\\""; hw="$hw$w $i "; else t=x; fi
    elif [ -d "$p" ]; then t=d; elif [ -e "$p" ]; then t=o
    else
      t=a; d=\${p%/*}
      while [ -n "$d" ] && [ ! -e "$d" ]; do d=\${d%/*}; done
      if [ -n "$d" ] && [ -d "$d" ] && [ ! -x "$d" ]; then t=u; fi
    fi
    k=$k$t
    case $t in a|u) ;; *) e="$e \\"\\\${$i}\\"";; esac
  done
  printf '%s\\n' "$k"
  mark
  [ -z "$e" ] || eval "stat -c '%a %u %g %s:%U:%G:%F:%n' --$e" 2>/dev/null
  mark
  [ -z "$l" ] || links "$@" 2>/dev/null
  mark
  if [ -z "$h" ]; then mark; else eval "sha256sum --$h" 2>/dev/null | {
    c=
    while [ -n "$hw" ] && IFS= read -r s; do
      d=\${s%% *}; q=
      # A file that has gone meanwhile has no line: the lists are matched by name.
      until [ "$q" = "\${s#* ?}" ] || [ -z "$hw" ]; do
        w=\${hw%% *}; hw=\${hw#* }; n=\${hw%% *}; hw=\${hw#* }
        if [ $# = 1 ]; then hw=; else eval "q=\\\${$n}"; fi
      done
      d=\${d#\\\\}
      if [ "$d" = "$w" ]; then printf '%s %s\\n' $n "$d"; else printf '%s %s +\\n' $n "$d"; c="$c \\"\\\${$n}\\""; fi
    done
    mark
    [ -z "$c" ] || eval "head -q -c ${READ_LIMIT} --$c" 2>/dev/null
  }; fi
  mark
}`;

/** Targets separated by NUL (readlink(1) of coreutils since 8.16; older ones by a process each). */
const LINKS = `
links() { eval "readlink -z --$l" || eval "for p in$l; do readlink -n \\"\\$p\\"; printf '\\\\\\\\0'; done"; }`;

/** busybox's readlink takes one name; its stat prints \`'name' -> 'target'\` unescaped, and each is ended like a \`mark\`. */
const BUSYBOX_LINKS = `
links() { f="%N
$M"; eval "stat -c \\"\\$f\\" --$l"; }`;

/** The fragment that reads files in these chunks. */
export function fileScript(chunks: readonly (readonly FactRequest<'file'>[])[], busybox: boolean): string {
  const calls = chunks.map((chunk) => {
    const wants = chunk.map((request) => wanted(request)).join(' ');
    return `W='${wants} '; files ${chunk.map((request) => quote(request.key)).join(' ')}`;
  });
  return [busybox ? BUSYBOX_LINKS : LINKS, FRAGMENT, ...calls].join('\n');
}

/** Requests in groups for one `stat` each. Names that the tools print escaped or over several lines go alone. */
export function chunksOf(requests: readonly FactRequest<'file'>[]): FactRequest<'file'>[][] {
  const isOdd = (request: FactRequest<'file'>): boolean => /[\n\r\\]/.test(request.key);
  const plain = requests.filter((request) => !isOdd(request));
  const result = requests.filter(isOdd).map((request) => [request]);
  for (let from = 0; from < plain.length; from += CHUNK) result.push(plain.slice(from, from + CHUNK));
  return result;
}

function wanted(request: FactRequest<'file'>): string {
  if (request.content === undefined) return '.';
  return request.content === 'always' ? '-' : request.content.unless;
}
