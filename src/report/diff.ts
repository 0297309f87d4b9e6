import { structuredPatch } from 'diff';
import type { Content } from '../model/content.ts';
import { formatBytes } from './units.ts';

/** A line of a unified diff. `text` begins with its mark: `@@`, blank, `+`, `-` or `\`. */
export interface DiffLine {
  readonly kind: 'hunk' | 'context' | 'added' | 'removed' | 'mark';
  readonly text: string;
}

/** The difference of two contents. */
export interface ContentDiff {
  /** Hunks of a unified diff with three lines of context; empty where lines cannot be compared. Raw: a host's bytes as they are. */
  readonly lines: readonly DiffLine[];
  /** What the lines leave out, or why there are none; null when they say all. */
  readonly note: string | null;
}

/** How much of a diff is kept. */
export interface DiffLimits {
  /** Longest diff in lines; what is past it is counted in the note. */
  readonly maxLines: number;
  /** Longest line in characters; what is past it is counted at its end. */
  readonly maxColumns: number;
}

/** Past this number of differing lines the whole text counts as replaced: comparing costs its square. */
const MAX_EDITS = 1000;

/** The difference of two contents, without the contents. */
export interface KeptDiff {
  /** Hunks of a unified diff, each line with its end; null where lines cannot be compared. */
  readonly text: string | null;
  /** What the hunks leave out, or why there are none; null when they say all. */
  readonly note: string | null;
}

/** `diffContents` for one report: equal pairs of contents, as they occur on many hosts, are compared once. */
export type Differ = (before: Content | null, after: Content | null) => ContentDiff;

/** Makes a differ. It goes by digests, so it must not see a content before and after secrets were taken out. */
export function createDiffer(limits: DiffLimits): Differ {
  const known = new Map<string, ContentDiff>();
  return (before, after) => {
    const key = [before, after]
      .map((content) => (content === null ? '' : `${content.digest} ${content.size} ${content.bytes === null}`))
      .join(' ');
    const diff = known.get(key) ?? diffContents(before, after, limits);
    known.set(key, diff);
    return diff;
  };
}

/** The hunks of a report as lines again. */
export function readDiff({ text, note }: KeptDiff, limits: DiffLimits): ContentDiff {
  const lines = text === null ? [] : text.replace(/\n$/, '').split('\n').map(lineOf);
  const short = shorten(lines, limits);
  return { lines: short.lines, note: short.note ?? note };
}

/** Compares two contents line by line; null stands for a file that does not exist. Binary and unread contents are compared by size and digest. */
export function diffContents(before: Content | null, after: Content | null, limits: DiffLimits): ContentDiff {
  if (before?.isSecret === true || after?.isSecret === true)
    return { lines: [], note: `differs, not shown: it holds secrets; ${bytesOf(before, after)}` };
  if (before?.bytes === null || after?.bytes === null) return { lines: [], note: `not read, ${sizes(before, after)}` };
  const [old, young] = [textOf(before), textOf(after)];
  if (old === null || young === null) return { lines: [], note: `binary, ${sizes(before, after)}` };
  return shorten(compare(old, young), limits);
}

function textOf(content: Content | null): string | null {
  return content === null ? '' : decode(content.bytes ?? new Uint8Array());
}

function decode(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function sizes(before: Content | null, after: Content | null): string {
  if (before === null) return after === null ? 'absent' : `new, ${formatBytes(after.size)}, sha256 ${short(after)}`;
  if (after === null) return `removed, was ${formatBytes(before.size)}, sha256 ${short(before)}`;
  return `${before.size} → ${after.size} bytes, sha256 ${short(before)} → ${short(after)}`;
}

function bytesOf(before: Content | null, after: Content | null): string {
  if (before === null) return `new, ${formatBytes(after?.size ?? 0)}`;
  return after === null ? `removed, was ${formatBytes(before.size)}` : `${before.size} → ${after.size} bytes`;
}

function short(content: Content): string {
  return content.digest.slice(0, 12);
}

function compare(before: string, after: string): readonly DiffLine[] {
  const patch = structuredPatch('', '', before, after, '', '', { context: 3, maxEditLength: MAX_EDITS });
  if (patch === undefined) return replaced(before, after);
  return patch.hunks.flatMap((hunk) => [
    hunkLine([hunk.oldStart, hunk.oldLines], [hunk.newStart, hunk.newLines]),
    ...hunk.lines.map(lineOf),
  ]);
}

function replaced(before: string, after: string): readonly DiffLine[] {
  const [removed, added] = [marked(before, '-'), marked(after, '+')];
  const lineCount = (lines: readonly DiffLine[]): number => lines.filter(({ kind }) => kind !== 'mark').length;
  const [olds, news] = [lineCount(removed), lineCount(added)];
  return [hunkLine([1, olds], [1, news]), ...removed, ...added];
}

function marked(text: string, mark: '+' | '-'): readonly DiffLine[] {
  if (text === '') return [];
  const lines = text.split('\n');
  const isEnded = lines.at(-1) === '';
  if (isEnded) lines.pop();
  return [...lines.map((line) => lineOf(mark + line)), ...(isEnded ? [] : [lineOf('\\ No newline at end of file')])];
}

function hunkLine(old: readonly [number, number], young: readonly [number, number]): DiffLine {
  const range = ([start, length]: readonly [number, number]): string =>
    length === 1 ? `${start}` : `${length === 0 ? Math.max(0, start - 1) : start},${length}`;
  return { kind: 'hunk', text: `@@ -${range(old)} +${range(young)} @@` };
}

const KINDS: { readonly [mark: string]: DiffLine['kind'] } = { '@': 'hunk', '+': 'added', '-': 'removed', '\\': 'mark' };

function lineOf(text: string): DiffLine {
  return { kind: KINDS[text.charAt(0)] ?? 'context', text };
}

function shorten(lines: readonly DiffLine[], { maxLines, maxColumns }: DiffLimits): ContentDiff {
  const kept = lines.slice(0, maxLines).map(({ kind, text }) => {
    if (text.length <= maxColumns) return { kind, text };
    return { kind, text: `${text.slice(0, maxColumns)}… (${text.length - maxColumns} more characters)` };
  });
  const left = lines.slice(maxLines);
  if (left.length === 0) return { lines: kept, note: null };
  const changing = left.filter(({ kind }) => kind === 'added' || kind === 'removed').length;
  return { lines: kept, note: `${left.length} more lines of this diff are not shown, ${changing} of them changes` };
}
