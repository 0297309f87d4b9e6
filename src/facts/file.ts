import { createHash } from 'node:crypto';
import type { FactRequest, FactState, FileFact } from '../model/fact.ts';
import { quote } from '../shell/quote.ts';
import { type FactReader, known, unreadable } from './reader.ts';

/** Paths handled by one `stat`; bounds the length of argument lists (ARG_MAX, execve(2)). */
const CHUNK = 200;

/**
 * One `stat`, one `readlink`, one `sha256sum` and one `cat` for up to 200 paths. `$1…` are the paths, `$W` the wanted contents in
 * the same order: `.` none, `-` always, or the digest that makes sending needless. Prints a letter for each path, then `stat` lines,
 * link targets, digests (with `+` where the bytes follow), and the bytes of all files one after the other.
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
  [ -z "$e" ] || eval "stat -c '%a %u %g %U %G %s %F' --$e" 2>/dev/null
  mark
  if [ -n "$l" ]; then
    eval "readlink -z --$l" 2>/dev/null || eval "for p in$l; do readlink \\"\\$p\\" | tr '\\\\n' '\\\\0'; done"
  fi
  mark
  [ -z "$h" ] || eval "sha256sum --$h" 2>/dev/null | {
    c=
    while [ -n "$hw" ] && read -r d rest; do
      d=\${d#\\\\}; w=\${hw%% *}; hw=\${hw#* }; n=\${hw%% *}; hw=\${hw#* }
      if [ "$d" = "$w" ]; then printf '%s\\n' "$d"; else printf '%s +\\n' "$d"; c="$c \\"\\\${$n}\\""; fi
    done
    mark
    [ -z "$c" ] || eval "cat --$c"
  }
  [ -n "$h" ] || mark
  mark
}`;

/** What is at a path. Key: the absolute path. */
export const fileReader: FactReader<'file'> = {
  kind: 'file',
  script(requests) {
    const calls = chunks(requests).map((chunk) => {
      const wants = chunk.map((request) => wanted(request)).join(' ');
      return `W='${wants} '; files ${chunk.map((request) => quote(request.key)).join(' ')}`;
    });
    return [FRAGMENT, ...calls].join('\n');
  },
  parse(pieces, requests) {
    const facts = new Map<string, FactState<FileFact>>();
    chunks(requests).forEach((chunk, index) => {
      const own = pieces.slice(index * 5, index * 5 + 5);
      for (const [key, state] of parseChunk(own, chunk)) facts.set(key, state);
    });
    return facts;
  },
};

/** Names with a newline go alone: busybox's sha256sum prints them raw, over several lines. */
function chunks(requests: readonly FactRequest<'file'>[]): FactRequest<'file'>[][] {
  const odd = requests.filter((request) => request.key.includes('\n'));
  const plain = requests.filter((request) => !request.key.includes('\n'));
  const result = odd.map((request) => [request]);
  for (let from = 0; from < plain.length; from += CHUNK) result.push(plain.slice(from, from + CHUNK));
  return result;
}

function wanted(request: FactRequest<'file'>): string {
  if (request.content === undefined) return '.';
  return request.content === 'always' ? '-' : request.content.unless;
}

function parseChunk(pieces: readonly Buffer[], chunk: readonly FactRequest<'file'>[]): Map<string, FactState<FileFact>> {
  const [letters, stats, links, digests, bytes] = pieces;
  if (letters === undefined || stats === undefined || links === undefined || digests === undefined || bytes === undefined) return new Map();
  const cursor = new ChunkCursor({ stats: lines(stats), links: links.toString('utf8').split('\0'), digests: lines(digests), bytes });
  const found = letters.toString('latin1').trimEnd();
  return new Map(chunk.map((request, index) => [request.key, cursor.next(found[index] ?? '?')]));
}

function lines(piece: Buffer): string[] {
  const text = piece.toString('utf8');
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

interface Metadata {
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  readonly size: number;
  readonly what: string;
}

/** Walks the parallel lists of a chunk, one path at a time. */
class ChunkCursor {
  readonly #stats: string[];
  readonly #links: string[];
  readonly #digests: string[];
  #bytes: Buffer;

  constructor(lists: { stats: string[]; links: string[]; digests: string[]; bytes: Buffer }) {
    this.#stats = lists.stats;
    this.#links = lists.links;
    this.#digests = lists.digests;
    this.#bytes = lists.bytes;
  }

  next(letter: string): FactState<FileFact> {
    if (letter === 'a') return known({ type: 'absent' });
    if (letter === 'u') return unreadable('permission denied on a directory above it');
    const metadata = parseStat(this.#stats.shift());
    if (metadata === null) return unreadable('it changed while it was being read');
    const { mode, owner, group } = metadata;
    switch (letter) {
      case 'd':
        return known({ type: 'directory', mode, owner, group });
      case 'l':
      case 'L':
        return known({ type: 'link', target: this.#links.shift() ?? '', owner, group, toDirectory: letter === 'L' });
      case 'f':
        return known({ type: 'file', mode, owner, group, content: null });
      case 'x':
        return unreadable('permission denied');
      case 'F':
        return this.#file(metadata);
      default:
        return known({ type: 'other', what: metadata.what });
    }
  }

  #file({ mode, owner, group, size }: Metadata): FactState<FileFact> {
    const [digest, sent] = (this.#digests.shift() ?? '').split(' ');
    if (digest === undefined || !/^[0-9a-f]{64}$/.test(digest)) return unreadable('it changed while it was being read');
    if (sent === undefined) return known({ type: 'file', mode, owner, group, content: { kind: 'content', digest, size, bytes: null } });
    const bytes = this.#bytes.subarray(0, size);
    this.#bytes = this.#bytes.subarray(size);
    if (createHash('sha256').update(bytes).digest('hex') !== digest) return unreadable('it changed while it was being read');
    return known({ type: 'file', mode, owner, group, content: { kind: 'content', digest, size, bytes: Uint8Array.from(bytes) } });
  }
}

/** `%a %u %g %U %G %s %F` (stat(1)); names without an entry are shown as their numbers. */
function parseStat(line: string | undefined): Metadata | null {
  const match = /^([0-7]+) (\d+) (\d+) (\S+) (\S+) (\d+) (.*)$/.exec(line ?? '');
  if (match === null) return null;
  const [, mode = '', uid = '', gid = '', user = '', group = '', size = '', what = ''] = match;
  return {
    mode: mode.padStart(4, '0'),
    owner: user === 'UNKNOWN' ? uid : user,
    group: group === 'UNKNOWN' ? gid : group,
    size: Number(size),
    what,
  };
}
