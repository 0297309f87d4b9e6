import { visible } from './visible.ts';

/** Shorter runs of numbers stay as they are. */
const SHORTEST_RANGE = 3;

/** Names as they are shown, and how many hosts they stand for. */
interface NameRange {
  readonly text: string;
  readonly hosts: number;
}

/** A name whose number may be counted on. */
interface Numbered {
  readonly before: string;
  readonly digits: string;
  readonly behind: string;
}

/** Names with ranges as inventories write them, `web[001:198]`; `most` such parts, and how many hosts are left. Harmless on a terminal. */
export function rangedNames(names: readonly string[], most: number = Number.POSITIVE_INFINITY): string {
  const ranges = rangesOf(names);
  const shown = ranges.length <= most + 1 ? ranges : ranges.slice(0, most);
  const left = names.length - shown.reduce((sum, { hosts }) => sum + hosts, 0);
  return shown.map(({ text }) => text).join(', ') + (left === 0 ? '' : ` and ${left} more`);
}

function rangesOf(names: readonly string[]): readonly NameRange[] {
  const runs: string[][] = [];
  for (const name of names) {
    const last = runs.at(-1);
    if (last !== undefined && follows(last.at(-1) ?? '', name)) last.push(name);
    else runs.push([name]);
  }
  return runs.flatMap((run) => (run.length < SHORTEST_RANGE ? run.map((name) => ({ text: visible(name), hosts: 1 })) : [rangeOf(run)]));
}

function rangeOf(run: readonly string[]): NameRange {
  const [first, last] = [numbered(run[0] ?? ''), numbered(run.at(-1) ?? '')];
  const text = `${first?.before ?? ''}[${first?.digits}:${last?.digits}]${first?.behind ?? ''}`;
  return { text: visible(text), hosts: run.length };
}

/** Whether two names are neighbours of a range: all numbers of one width, or none with a leading zero. */
function follows(name: string, next: string): boolean {
  const [one, other] = [numbered(name), numbered(next)];
  if (one === null || other === null || one.before !== other.before || one.behind !== other.behind) return false;
  const isPadded = [one, other].some(({ digits }) => digits.length > 1 && digits.startsWith('0'));
  return Number(other.digits) === Number(one.digits) + 1 && (!isPadded || one.digits.length === other.digits.length);
}

/** The last number before the first dot. */
function numbered(name: string): Numbered | null {
  const match = /^([^.[\]]*?)(\d{1,9})([^.\d[\]]*(?:\.[^[\]]*)?)$/.exec(name);
  return match === null ? null : { before: match[1] ?? '', digits: match[2] ?? '', behind: match[3] ?? '' };
}
