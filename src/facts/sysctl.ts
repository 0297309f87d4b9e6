import type { FactRequest, FactState, SysctlFact, SysctlSetting } from '../model/fact.ts';
import { quote } from '../shell/quote.ts';
import { foldSpace, sysctlKey, sysctlPath } from '../shell/sysctl.ts';
import { type FactReader, known, unreadable } from './reader.ts';

/** Directories of sysctl.d(5), the stronger first: a file hides those of the same name in later ones. */
const DIRECTORIES = ['/etc/sysctl.d', '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d', '/lib/sysctl.d'];

/** Read last by `sysctl --system` (sysctl(8)). */
const LAST = '/etc/sysctl.conf';

/** A kernel parameter's live value, and the files that set it at boot. Key: dotted, see `sysctlPath`. Two processes for all keys. */
export const sysctlReader: FactReader<'sysctl'> = {
  kind: 'sysctl',
  script(requests) {
    const files = DIRECTORIES.map((directory) => `${directory}/*.conf`).join(' ');
    return `
values() {
  k=; f=; i=0
  for p do
    i=$((i+1))
    if [ ! -f "$p" ]; then k=\${k}a; else k=\${k}v; f="$f \\"\\\${$i}\\""; fi
  done
  printf '%s\\n' "$k"
  mark
  # Not the shell's own read: it asks byte by byte, and proc(5) files answer only the first time.
  [ -z "$f" ] || eval "grep -s ''$f /dev/null"
}
values ${requests.map((request) => quote(sysctlPath(request.key))).join(' ')}
mark
printf '%s\\n' ${files}
mark
grep -s '^[^#;]*=' ${files} ${LAST} /dev/null
mark`;
  },
  parse(pieces, requests) {
    const [letters = '', values = '', files = '', lines = ''] = pieces.map((piece) => piece.toString('utf8'));
    const settings = parseSettings(lines.split('\n'), readingOrder(files.split('\n')));
    const live = parseValues(values.split('\n'));
    if (letters.trimEnd().length !== requests.length) return new Map();
    return new Map(requests.map(({ key }, index) => [key, stateOf({ key, kind: 'sysctl' }, { letter: letters[index], live, settings })]));
  },
};

interface Found {
  readonly letter: string | undefined;
  readonly live: ReadonlyMap<string, string>;
  readonly settings: ReadonlyMap<string, readonly SysctlSetting[]>;
}

function stateOf({ key }: FactRequest<'sysctl'>, { letter, live, settings }: Found): FactState<SysctlFact> {
  const own = settings.get(key) ?? [];
  if (letter === 'a') return known({ value: null, settings: own });
  const value = live.get(sysctlPath(key));
  return value === undefined ? unreadable('the kernel does not let it be read') : known({ value: foldSpace(value), settings: own });
}

/** Lines `path:value`; a parameter of several lines is folded into one. */
function parseValues(lines: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon === -1) continue;
    const path = line.slice(0, colon);
    const before = values.get(path);
    values.set(path, before === undefined ? line.slice(colon + 1) : `${before} ${line.slice(colon + 1)}`);
  }
  return values;
}

/** Files in the order in which they are read at boot: by name, whatever their directory (sysctl.d(5)). */
function readingOrder(found: readonly string[]): string[] {
  const byName = new Map<string, string>();
  for (const path of found) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (path !== '' && !byName.has(name)) byName.set(name, path);
  }
  const names = [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
  return [...names.map(([, path]) => path), LAST];
}

function parseSettings(lines: readonly string[], order: readonly string[]): Map<string, SysctlSetting[]> {
  const settings = new Map<string, SysctlSetting[]>();
  const parsed = lines.flatMap((line) => {
    const match = /^(.*?\.conf):\s*-?\s*([^\s=]+)\s*=(.*)$/.exec(line);
    return match === null ? [] : [{ file: match[1] ?? '', key: sysctlKey(match[2] ?? ''), value: foldSpace(match[3] ?? '') }];
  });
  for (const path of order) {
    for (const { file, key, value } of parsed) {
      if (file !== path) continue;
      const own = settings.get(key) ?? [];
      own.push({ file, value });
      settings.set(key, own);
    }
  }
  return settings;
}
