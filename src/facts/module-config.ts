import type { ModuleConfigFact, ModuleOptionLine } from '../model/kernel-fact.ts';
import { moduleName, parameterWords, splitParameter } from '../shell/kernel.ts';
import { type FactReader, known } from './reader.ts';

/** Directories of modprobe.d(5), the stronger first: a file hides those of the same name in later ones. */
const DIRECTORIES = ['/etc/modprobe.d', '/run/modprobe.d', '/usr/local/lib/modprobe.d', '/usr/lib/modprobe.d', '/lib/modprobe.d'];

/** The only file of old module-init-tools; kmod no longer reads it. */
const OLD_FILE = '/etc/modprobe.conf';

/** What modprobe.d says of a module. Key: its name with underscores. One process for all keys. */
export const moduleConfigReader: FactReader<'moduleConfig'> = {
  kind: 'moduleConfig',
  script(_requests, base) {
    // module-init-tools of Red Hat 5 and 6 also reads names without .conf.
    const old = isOld(base);
    const files = [...DIRECTORIES.map((directory) => `${directory}/*${old ? '' : '.conf'}`), ...(old ? [OLD_FILE] : [])].join(' ');
    return `printf '%s\\n' ${files}\nmark\ngrep -s '^[^#]' ${files} /dev/null\nmark`;
  },
  parse(pieces, requests) {
    const [names, text] = pieces.map((piece) => piece.toString('utf8'));
    if (names === undefined || text === undefined) return new Map();
    const lines = logicalLines(text.split('\n'));
    const order = readingOrder(names.split('\n'));
    return new Map(requests.map(({ key }) => [key, known(configOf(key, order, lines))]));
  },
};

/** True where modprobe is module-init-tools (Red Hat 5, 6), not kmod. */
function isOld({ os }: { readonly os: { readonly family: string; readonly version: string } }): boolean {
  return os.family === 'redhat' && Number.parseInt(os.version, 10) < 7;
}

interface Line {
  readonly file: string;
  readonly words: readonly string[];
}

/** Lines `file:text`; one that ends in a backslash goes on in the next. */
function logicalLines(lines: readonly string[]): Line[] {
  const result: Line[] = [];
  let open = '';
  for (const line of lines) {
    const [, file = '', text = ''] = /^([^:]*):(.*)$/.exec(line) ?? [];
    if (file === '') continue;
    if (text.endsWith('\\')) {
      open += `${text.slice(0, -1)} `;
      continue;
    }
    result.push({ file, words: parameterWords(open + text) });
    open = '';
  }
  return result;
}

/** Files by name, whatever their directory; the old file first. */
function readingOrder(found: readonly string[]): string[] {
  const byName = new Map<string, string>();
  for (const path of found) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (path !== '' && path !== OLD_FILE && !byName.has(name)) byName.set(name, path);
  }
  return [OLD_FILE, ...[...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path)];
}

function configOf(key: string, order: readonly string[], lines: readonly Line[]): ModuleConfigFact {
  const own = order.flatMap((path) => lines.filter(({ file, words }) => file === path && moduleName(words[1] ?? '') === key));
  const options = own.filter(({ words }) => words[0] === 'options').map(optionLine);
  return { options, blacklistedBy: own.find(({ words }) => words[0] === 'blacklist')?.file ?? null };
}

function optionLine({ file, words }: Line): ModuleOptionLine {
  return { file, parameters: Object.fromEntries(words.slice(2).map((word) => Object.values(splitParameter(word)))) };
}
