import { generationOf, type Release } from './kickstart-grammar.ts';
import { type Kickstart, type Line, splitWords } from './kickstart-parse.ts';

/** What is installed, and on what. */
export interface Target {
  readonly release: Release;
  readonly firmware: 'bios' | 'uefi';
}

interface Problem {
  readonly line: number;
  readonly message: string;
}

const ERASING = ['--all', '--linux', '--list', '--initlabel'];

/** What would undo the label that `%pre` made. */
function labelRules(commands: readonly Line[], release: Release): Problem[] {
  return commands.flatMap((line) => {
    const [name = '', ...words] = splitWords(line.text) ?? [];
    if (name === 'clearpart') return clearpart(words, release).map((message) => ({ line: line.number, message }));
    if (name === 'zerombr') {
      return [
        {
          line: line.number,
          message: 'zerombr labels every disk whose label it does not know, as the installer likes; %pre has labelled the one disk',
        },
      ];
    }
    return [];
  });
}

function clearpart(words: readonly string[], release: Release): string[] {
  if (generationOf(release) === 6) return ['no clearpart on el6: its installer then writes an MBR label in place of the GPT of %pre'];
  const option = words.map((word) => word.split('=')[0] ?? '').find((word) => ERASING.includes(word));
  if (option !== undefined)
    return [`clearpart ${option} would erase what %pre has not looked at; the disk is blank and labelled when it comes to it`];
  const at = words.findIndex((word) => word === '--disklabel' || word.startsWith('--disklabel='));
  const label = words[at]?.split('=')[1] ?? words[at + 1];
  return at >= 0 && label !== 'gpt' ? [`clearpart --disklabel=${label ?? ''} is not gpt`] : [];
}

const ROLES_OWN: ReadonlyMap<string, string> = new Map([
  ['part', 'use the parameter partitions'],
  ['partition', 'use the parameter partitions'],
  ['autopart', 'use the parameter partitions'],
  ['reqpart', 'use the parameter firmware'],
  ['bootloader', 'the role writes it for the disk'],
  ['ignoredisk', 'the role ignores every disk but one'],
  ['clearpart', 'the role writes it where the release can have it'],
  ['url', 'use the parameter source'],
  ['rootpw', 'use the parameter rootPassword'],
]);

/** Rules for the lines that a user adds. */
export function bodyRules({ commands, sections }: Kickstart, { release }: Target): Problem[] {
  const own = commands.flatMap((line) => {
    const [name = ''] = splitWords(line.text) ?? [];
    const why = ROLES_OWN.get(name);
    return why === undefined || (name === 'clearpart' && clearpart(splitWords(line.text)?.slice(1) ?? [], release).length > 0)
      ? []
      : [{ line: line.number, message: `${name} does not belong into body: ${why}` }];
  });
  const packages = sections.filter(({ name }) => name === '%packages');
  const second = packages.map(({ line }) => ({
    line: line.number,
    message: '%packages does not belong into body: use the parameter packages',
  }));
  return [...labelRules(commands, release), ...own, ...second, ...includeRules({ commands, sections })];
}

/** Rules for the whole file; `included` are the lines that `%pre` writes for it. */
export function fileRules(file: Kickstart, included: readonly Line[], target: Target): Problem[] {
  return [
    ...labelRules(file.commands, target.release),
    ...labelRules(included, target.release).map(({ message }) => ({ line: 1, message })),
    ...packageRules(file),
    ...includeRules(file),
    ...partitionRules([...file.commands, ...included], target),
  ];
}

function packageRules({ sections }: Kickstart): Problem[] {
  const packages = sections.filter(({ name }) => name === '%packages');
  const [first, second] = packages;
  if (first === undefined) return [{ line: 1, message: 'there is no %packages section, so parted is not installed' }];
  const names = first.body.map(({ text }) => text.trim());
  const isIn = names.includes('parted') && !names.includes('-parted');
  return [
    ...(isIn ? [] : [{ line: first.line.number, message: '%packages lacks parted: a minimal installation has no partitioner for GPT' }]),
    ...(second === undefined ? [] : [{ line: second.line.number, message: 'a second %packages section' }]),
  ];
}

/** A file below /tmp exists only if `%pre` writes it. */
function includeRules({ commands, sections }: Pick<Kickstart, 'commands' | 'sections'>): Problem[] {
  const scripts = sections.filter(({ name }) => name === '%pre').flatMap(({ body }) => body.map(({ text }) => text));
  return commands.flatMap((line) => {
    const [name, path = ''] = splitWords(line.text) ?? [];
    if (name !== '%include' || !path.startsWith('/tmp/') || scripts.some((text) => text.includes(path))) return [];
    return [{ line: line.number, message: `no %pre section writes ${path}` }];
  });
}

function partitionRules(lines: readonly Line[], { release, firmware }: Target): Problem[] {
  const parts = lines.map(({ text }) => splitWords(text) ?? []).filter(([name]) => name === 'part' || name === 'partition');
  const has = (mount: string): boolean => parts.some((words) => words.includes(mount));
  if (firmware === 'uefi') return has('/boot/efi') ? [] : [{ line: 1, message: 'UEFI boots from /boot/efi, and no part line makes it' }];
  if (generationOf(release) === 6)
    return has('biosboot') ? [{ line: 1, message: 'el6 boots GPT by its patched GRUB and knows no biosboot' }] : [];
  return has('biosboot') ? [] : [{ line: 1, message: 'BIOS, GPT and GRUB 2 need a biosboot partition, and no part line makes it' }];
}
