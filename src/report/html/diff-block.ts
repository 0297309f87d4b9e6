import { count } from '../units.ts';
import { type FirstValues, type Holed, holeMark, piecesOf } from './holes.ts';
import { type Child, escapeHtml, html, Markup } from './markup.ts';
import { type Highlight, highlighterFor, type Range } from './syntax.ts';
import { type MarkedLine, wordMarks } from './word-marks.ts';

/** Lines of a diff that are coloured; the others stand as they are, for a page of many long files must stay small. */
const COLOURED_LINES = 600;

/** A diff to show. */
export interface Diff extends Holed {
  /** The path that it is of: what it is written in. */
  readonly path: string;
  readonly values: FirstValues;
}

const KINDS: { readonly [mark: string]: MarkedLine['kind'] } = { '@': 'hunk', '+': 'added', '-': 'removed', '\\': 'mark' };

/** Class of a line by its kind. */
const CLASSES: Readonly<Record<MarkedLine['kind'], string>> = { hunk: 'h', context: '', added: 'i', removed: 'd', mark: 'm' };

/** A unified diff: a line is a line of text, with its mark; added and removed ones, changed words, holes and what the file is made of have colours too. */
export function diffBlock({ shown, own, path, values }: Diff): Markup {
  const [lines, owns] = [linesOf(shown), linesOf(own)];
  const marked = owns
    .slice(0, COLOURED_LINES)
    .map((line): MarkedLine => ({ kind: KINDS[line.charAt(0)] ?? 'context', text: line.slice(1) }));
  const words = wordMarks(marked);
  const highlight = highlighterFor(path);
  const rows = marked.map((line, index) => {
    const text = { shown: lines[index] ?? '', own: owns[index] ?? '' };
    return rowOf(text, { line, values, words: words[index] ?? [], highlight });
  });
  const rest = lines
    .slice(COLOURED_LINES)
    .map((shownLine, index) => plainRow({ shown: shownLine, own: owns[COLOURED_LINES + index] ?? '' }, values));
  return html`<pre class="diff" tabindex="0" role="group" aria-label="${`Diff of ${path}, ${count(lines.length, 'line')}`}">${rows}${rest}</pre>`;
}

function linesOf(diff: string): readonly string[] {
  return diff.replace(/\n$/, '').split('\n');
}

interface Row {
  readonly line: MarkedLine;
  readonly values: FirstValues;
  readonly words: readonly Range[];
  readonly highlight: Highlight;
}

function rowOf(text: Holed, { line, values, words, highlight }: Row): Child {
  const isCode = line.kind !== 'hunk' && line.kind !== 'mark';
  const pieces = holeRanges(text, values);
  const ranges = isCode ? [...highlight(line.text), ...words].map((range) => ({ ...range, from: range.from + 1, to: range.to + 1 })) : [];
  return html`<span class="${CLASSES[line.kind]}">${segments(text.own, pieces, ranges)}
</span>`;
}

function plainRow(text: Holed, values: FirstValues): Child {
  const kind = KINDS[text.own.charAt(0)] ?? 'context';
  const inner = segments(text.own, holeRanges(text, values), []);
  return kind === 'context' ? [inner, '\n'] : html`<span class="${CLASSES[kind]}">${inner}\n</span>`;
}

function holeRanges(text: Holed, values: FirstValues): readonly Range[] {
  let at = 0;
  return piecesOf(text, values).flatMap(({ text: piece, hole }) => {
    const from = at;
    at += piece.length;
    return hole === null ? [] : [{ from, to: at, sort: hole }];
  });
}

/** A line cut where anything begins or ends, but not inside of a hole: that is one thing whatever stands in it. */
function segments(line: string, holes: readonly Range[], ranges: readonly Range[]): Child {
  const inHole = (at: number): boolean => holes.some(({ from, to }) => from < at && at < to);
  const cuts = new Set([0, line.length, ...[...holes, ...ranges].flatMap(({ from, to }) => [from, to])]);
  const sorted = [...cuts].filter((at) => !inHole(at)).sort((a, b) => a - b);
  return sorted.slice(0, -1).map((from, index) => {
    const hole = holes.find((range) => range.from === from && range.to > from);
    const here = ranges.filter((range) => range.from <= from && from < range.to).map(({ sort }) => sort);
    const inner = hole === undefined ? new Markup(escapeHtml(line.slice(from, sorted[index + 1]))) : holeMark(hole.sort);
    return here.length === 0 ? inner : html`<i class="${here.join(' ')}">${inner}</i>`;
  });
}
