import type { FactState } from '../model/fact.ts';
import type { ModuleFact } from '../model/kernel-fact.ts';
import { moduleName } from '../shell/kernel.ts';
import { quote } from '../shell/quote.ts';
import { type FactReader, known, unreadable } from './reader.ts';

/**
 * A kernel module: loaded, built in, there to be loaded, or not there. Key: its name with underscores. Two processes for all keys:
 * modules.dep and modules.builtin name the files of the running kernel's modules (modules.dep(5)). A module that is in /sys/module and
 * not in /proc/modules is built in; that holds for kernels that have no modules.builtin, too.
 */
export const moduleReader: FactReader<'module'> = {
  kind: 'module',
  script(requests) {
    const names = requests.map(({ key }) => key);
    // Files of modules may be written with - or _.
    const pattern = `(^|/)(${names.map((name) => name.replaceAll('_', '[-_]')).join('|')})( |[.]ko)`;
    return `
in_sysfs() { for m do if [ -d "/sys/module/$m" ]; then printf y; else printf n; fi; done; }
k=/lib/modules/$(uname -r)
if [ -d /sys/module ] || [ -e /proc/modules ] || [ -d "$k" ]; then printf 'sysfs '; in_sysfs ${names.map(quote).join(' ')}; fi
mark
grep -sE ${quote(pattern)} /proc/modules "$k/modules.dep" "$k/modules.builtin" /dev/null
mark`;
  },
  parse(pieces, requests) {
    const [sysfs = '', lines = ''] = pieces.map((piece) => piece.toString('utf8').trim());
    const [, letters] = /^sysfs ([yn]*)$/.exec(sysfs) ?? [];
    const found = parseLines(lines.split('\n'));
    return new Map(
      requests.map(({ key }, index) => [
        key,
        letters === undefined
          ? unreadable<ModuleFact>('the host shows nothing of kernel modules (is it a container?)')
          : stateOf(key, letters[index] === 'y', found),
      ]),
    );
  },
};

interface Found {
  readonly loaded: ReadonlyMap<string, Pick<ModuleFact, 'holders' | 'uses'>>;
  readonly files: ReadonlySet<string>;
  readonly builtin: ReadonlySet<string>;
}

function stateOf(key: string, inSysfs: boolean, { loaded, files, builtin }: Found): FactState<ModuleFact> {
  const live = loaded.get(key);
  if (live !== undefined) return known({ state: 'loaded', ...live });
  const state = builtin.has(key) || inSysfs ? 'builtin' : files.has(key) ? 'available' : 'absent';
  return known({ state, holders: [], uses: null });
}

/** Lines `file:text`, the text as /proc/modules, modules.dep and modules.builtin have it. */
function parseLines(lines: readonly string[]): Found {
  const loaded = lines.flatMap((line) => {
    const [, name, uses = '', holders = ''] = /^\/proc\/modules:(\S+) \d+ (\d+|-) (\S+)/.exec(line) ?? [];
    return name === undefined ? [] : [[name, { holders: holdersOf(holders), uses: uses === '-' ? null : Number(uses) }] as const];
  });
  const named = (list: string): Set<string> =>
    new Set(
      lines.flatMap((line) => {
        const [, which, file = ''] = /\/modules\.(dep|builtin):(?:[^\s:]*\/)?([^\s:/]+)\.ko[.a-z0-9]*(?::|$)/.exec(line) ?? [];
        return which === list ? [moduleName(file)] : [];
      }),
    );
  return { loaded: new Map(loaded), files: named('dep'), builtin: named('builtin') };
}

/** `a,b,` or `-`; `[permanent]` stands among them for a module that cannot be unloaded. */
function holdersOf(text: string): string[] {
  return text
    .split(',')
    .filter((each) => each !== '' && each !== '-')
    .sort();
}
