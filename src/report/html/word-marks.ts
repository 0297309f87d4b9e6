import { diffWordsWithSpace } from 'diff';
import type { Range } from './syntax.ts';

/** Lines of a block of changes in which words are compared; in longer ones nobody looks for them. */
const MOST_LINES = 60;

/** Characters of a line in which words are compared. */
const MOST_CHARACTERS = 600;

/** Lines that have less than this share in common are two lines, not one that was changed. */
const LEAST_COMMON = 0.3;

/** A line of a diff without its mark. */
export interface MarkedLine {
  readonly kind: 'hunk' | 'context' | 'added' | 'removed' | 'mark';
  readonly text: string;
}

/** Which words of each line were changed: removed lines are compared with the added ones behind them, one by one. */
export function wordMarks(lines: readonly MarkedLine[]): readonly (readonly Range[])[] {
  const marks: (readonly Range[])[] = lines.map(() => []);
  for (let at = 0; at < lines.length; at += 1) {
    const removed = runOf(lines, at, 'removed');
    if (removed === 0) continue;
    const behind = skipMarks(lines, at + removed);
    const added = runOf(lines, behind, 'added');
    if (added > 0 && removed + added <= MOST_LINES) {
      for (let nth = 0; nth < Math.min(removed, added); nth += 1) {
        const pair = compare(lines[at + nth]?.text ?? '', lines[behind + nth]?.text ?? '');
        marks[at + nth] = pair.removed;
        marks[behind + nth] = pair.added;
      }
    }
    at = behind + added - 1;
  }
  return marks;
}

function runOf(lines: readonly MarkedLine[], from: number, kind: MarkedLine['kind']): number {
  let length = 0;
  while (lines[from + length]?.kind === kind) length += 1;
  return length;
}

/** `\ No newline at end of file` stands between a removed last line and the added one. */
function skipMarks(lines: readonly MarkedLine[], from: number): number {
  return lines[from]?.kind === 'mark' ? from + 1 : from;
}

interface Pair {
  readonly removed: readonly Range[];
  readonly added: readonly Range[];
}

function compare(before: string, after: string): Pair {
  const none: Pair = { removed: [], added: [] };
  if (Math.max(before.length, after.length) > MOST_CHARACTERS) return none;
  const parts = diffWordsWithSpace(before, after);
  const common = parts.filter(({ added, removed }) => !added && !removed).reduce((sum, { value }) => sum + value.trim().length, 0);
  if (common < LEAST_COMMON * Math.max(before.trim().length, after.trim().length)) return none;
  const [removed, added]: [Range[], Range[]] = [[], []];
  let [old, young] = [0, 0];
  for (const part of parts) {
    const { length } = part.value;
    if (part.removed) removed.push({ from: old, to: old + length, sort: 'w' });
    if (part.added) added.push({ from: young, to: young + length, sort: 'w' });
    if (!part.added) old += length;
    if (!part.removed) young += length;
  }
  return { removed, added };
}
