import type { StepDifference } from './compare-runs.ts';
import { type DiffLimits, readDiff } from './diff.ts';
import { formatValue } from './field-value.ts';
import type { ReportChange, ReportStep } from './report.ts';
import { isContentChange } from './report-value.ts';
import { shortChange } from './short-change.ts';
import { count } from './units.ts';
import { visible, visibleLine, visibleLines } from './visible.ts';

/** Which of the two runs a line tells of; null: of both. */
export type Side = 'first' | 'second' | null;

/** A line before it is broken to the width: what is told, for which run, and what later lines of it begin with; null: it is not broken. */
export interface DifferenceLine {
  readonly side: Side;
  readonly text: string;
  readonly hang: string | null;
}

/** Columns before what a step did. */
const HANG = ' '.repeat(12);

/** What is shown of contents that both runs wrote; their reports have all of it. */
const FEW_LINES = 12;
const LIMITS: DiffLimits = { maxLines: Number.POSITIVE_INFINITY, maxColumns: 200 };

/** Last lines of outputs where nothing else tells two failures apart. */
const OUTPUT_LINES = 4;

/** A step that went another way: what it did in the first run and in the second. */
export function stepDifferenceLines({ id, first, second }: StepDifference): readonly DifferenceLine[] {
  const { part = 'roles', on = null } = first ?? second ?? {};
  const where = `${part === 'roles' ? '' : `${part} `}${visible(id)}${on === null ? '' : ` on ${visible(on)}`}`;
  return [{ side: null, text: `  ${where}`, hang: HANG }, ...sideLines('first', first, second), ...sideLines('second', second, first)];
}

function sideLines(side: 'first' | 'second', step: ReportStep | null, other: ReportStep | null): readonly DifferenceLine[] {
  const changes = newsOf(step, other);
  const state = [stateOf(step), ...changes.map(({ told }) => told)];
  const line = (text: string): DifferenceLine => ({ side, text: HANG + text, hang: null });
  return [
    { side, text: `    ${side.padEnd(6)}  ${visible(joined(state))}`, hang: HANG },
    ...changes.flatMap(({ change, their }) => (their === null ? [] : contentLines(change, their).map(line))),
    ...outputLines(step, other).map(line),
  ];
}

function joined([state = '', ...told]: readonly string[]): string {
  return told.length === 0 ? state : `${state}${state.includes(': ') ? ', ' : ': '}${told.join(', ')}`;
}

function stateOf(step: ReportStep | null): string {
  if (step === null) return 'not in it';
  const { outcome, progress, reason, failure } = step;
  const state = progress === 'in-doubt' || progress === 'not-started' ? progress.replace('-', ' ') : outcome;
  const why = [
    ...(reason === null ? [] : [reason.replace(/^not started: /, '')]),
    ...(failure === null ? [] : [`${failure.action}: ${failure.exitCode === null ? 'no exit status' : `exit status ${failure.exitCode}`}`]),
  ];
  return [state, ...why].join(': ');
}

/** A change that the other run did not make. */
interface News {
  readonly change: ReportChange;
  readonly told: string;
  /** The other run's change of the same field; then short values might not tell them apart. */
  readonly their: ReportChange | null;
}

function newsOf(step: ReportStep | null, other: ReportStep | null): readonly News[] {
  if (step?.outcome !== 'changed') return [];
  const theirs = new Map(other?.outcome === 'changed' ? other.changes.map((change) => [change.field, change]) : []);
  return step.changes.flatMap((change): readonly News[] => {
    const their = theirs.get(change.field) ?? null;
    if (their !== null && valuesOf(their) === valuesOf(change)) return [];
    return [{ change, their, told: their === null || isContentChange(change) ? shortChange(change) : fullChange(change) }];
  });
}

function valuesOf({ before, after }: ReportChange): string {
  return JSON.stringify([before, after]);
}

function fullChange({ field, before, after }: ReportChange): string {
  return `${field}: ${formatValue(before)} → ${formatValue(after)}`;
}

/** Lines that only this run added or removed. Where it alone wrote the whole of a new file, that is no news. */
function contentLines(change: ReportChange, their: ReportChange): readonly string[] {
  const [isNew, isNewThere] = [change.before === null, their.before === null];
  if (isNew && !isNewThere) return [];
  const known = new Set(isNew === isNewThere ? changedLines(their) : []);
  const own = changedLines(change).filter((line) => !known.has(line));
  const left = own.length - FEW_LINES;
  return [...own.slice(0, FEW_LINES).map(visibleLine), ...(left > 0 ? [`… ${count(left, 'more line')}`] : [])];
}

function changedLines({ diff, diffNote }: ReportChange): readonly string[] {
  const { lines } = readDiff({ text: diff, note: diffNote }, LIMITS);
  return lines.flatMap(({ kind, text }) => (kind === 'added' || kind === 'removed' ? [text] : []));
}

function outputLines(step: ReportStep | null, other: ReportStep | null): readonly string[] {
  const failure = step?.failure ?? null;
  if (failure === null || stateOf(step) !== stateOf(other)) return [];
  return visibleLines(failure.output)
    .slice(-OUTPUT_LINES)
    .map((line) => `| ${line}`);
}
