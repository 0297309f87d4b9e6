import type { Hole, HostGroup } from './fold/fold.ts';
import { rangedNames } from './host-names.ts';
import { columns, wrap } from './layout.ts';
import { count } from './units.ts';
import type { View } from './view.ts';
import { visible } from './visible.ts';

const INDENT = ' '.repeat(6);

/** Hosts named beside a value that several have. */
const MOST_NAMES = 2;

/** How holes are shown: with `verbose` all values. */
export type HoleView = Pick<View, 'style' | 'width' | 'verbose'>;

/** What stands in the holes of the given lines, a line for each hole; names of hosts are told by their labels. With `verbose` all values. */
export function holeLines(
  { hosts, holes }: Pick<HostGroup, 'hosts' | 'holes'>,
  lines: readonly string[],
  view: HoleView,
): readonly string[] {
  const text = lines.join('\n');
  return holes
    .filter(({ label }) => /\d/.test(label) && text.includes(`‹${label}›`))
    .flatMap((hole) => valueLines(hole, { hosts, head: '', view }));
}

/** How the values of a hole are told. */
interface Telling {
  /** In the order of the values. */
  readonly hosts: readonly string[];
  /** Before the hole. */
  readonly head: string;
  readonly view: HoleView;
}

/** What the hosts have in a hole, values of few hosts first. */
export function valueLines({ label, values }: Hole, { hosts, head, view }: Telling): readonly string[] {
  const byValue = new Map<string, string[]>();
  for (const [index, value] of values.entries()) byValue.set(value, [...(byValue.get(value) ?? []), hosts[index] ?? '']);
  const entries = [...byValue].sort(([, a], [, b]) => a.length - b.length);
  const start = `${INDENT}${head}‹${label}› is `;
  const told = entries.map(([value, names]) => visible(value) + (byValue.size === 1 ? '' : ` on ${rangedNames(names, MOST_NAMES)}`));
  const shown = view.verbose ? told.length : fitting(told, view.width - columns(start) - '; 9999 more values'.length);
  const left = told.length - shown;
  const text = start + told.slice(0, shown).join('; ') + (left === 0 ? '' : `; ${count(left, 'more value')}`);
  return wrap(text, { width: view.width, hang: `${INDENT}  ` }).map((line) => view.style.quiet(line));
}

/** How many of the texts fit, one at least. */
function fitting(texts: readonly string[], room: number): number {
  let used = 0;
  const over = texts.findIndex((text) => {
    used += columns(text) + 2;
    return used > room;
  });
  return over === -1 ? texts.length : Math.max(1, over);
}
