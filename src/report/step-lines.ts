import type { ActionFailure } from '../model/run.ts';
import { changeLines, changeMark } from './change-lines.ts';
import { driftSentence } from './drift-sentence.ts';
import type { GroupStep, Range } from './fold/fold.ts';
import { nameList, wrap } from './layout.ts';
import type { ReportStep } from './report.ts';
import { type StepState, stepState } from './step-state.ts';
import { formatDurations } from './units.ts';
import { paintOf, type View } from './view.ts';
import { visible, visibleLines } from './visible.ts';

/** Last lines of a failed action's output that a reader at a terminal sees. */
const TAIL_LINES = 20;

/** Columns of `before`, the longest part. */
const PART_WIDTH = 6;

const INDENT = ' '.repeat(6);

/** A step of one or more hosts, with its durations on them. */
export type ShownStep = Pick<GroupStep, 'step' | 'durations'>;

/**
 * A step with its changes, reason and failure, indented below its host. Ok steps and idle handlers have no lines unless `verbose`.
 * What is done around the roles has one line where it goes well.
 */
export function stepLines({ step, durations }: ShownStep, view: View): readonly string[] {
  const state = stepState(step);
  if ((state === 'ok' || state === 'idle') && !view.verbose) return [];
  const rest = state === 'changed' && step.part !== 'roles' && !view.verbose ? [] : detailLines({ step, durations }, state, view);
  return [headLine({ step, durations }, state, view), ...rest];
}

/** The ids of undone steps begin with the word that stands before them already. */
export function nameInPart({ id, part }: Pick<ReportStep, 'id' | 'part'>): string {
  return part === 'undo' ? id.replace(/^undo /, '') : id;
}

/** The line of a step that tells what and where it is. */
function headLine({ step, durations }: ShownStep, state: StepState, view: View): string {
  const { style } = view;
  const part = step.part === 'roles' ? '' : style.quiet(`${step.part.padEnd(PART_WIDTH)}  `);
  const on = step.on === null ? '' : ` on ${visible(step.on)}`;
  const time = view.verbose && durations.step !== null ? style.quiet(`  ${formatDurations(durations.step)}`) : '';
  const word = wordFor(step, state);
  const suffix = `${word === null ? '' : `  ${paintOf(state, view)(word)}`}${time}`;
  return `  ${paintOf(state, view)(markOf(step, state))} ${part}${style.heading(visible(nameInPart(step)))}${on}${suffix}`;
}

function detailLines({ step, durations }: ShownStep, state: StepState, view: View): readonly string[] {
  const shows = state === 'changed' || state === 'in-doubt' || (state === 'failed' && step.progress === 'done');
  return [
    ...notifiers(step, view),
    ...reasonLines(step, state, view),
    ...(shows ? changeLines(step, view) : []),
    ...(step.drift === undefined ? [] : prose(visible(driftSentence(step.drift, { full: view.verbose })), view)),
    ...(step.failure === null ? [] : failureLines(step.failure, durations.failure, view)),
    ...(state === 'changed' && view.planned ? irreversible(step, view) : []),
  ];
}

/** The mark before a step, by where it stands. */
export function markOf(step: ReportStep, state: StepState): string {
  switch (state) {
    case 'ok':
      return '=';
    case 'changed':
      return changeMark(step);
    case 'idle':
    case 'skipped':
      return '-';
    case 'not-started':
      return '·';
    case 'in-doubt':
      return '?';
    case 'failed':
      return '✗';
  }
}

function wordFor(step: ReportStep, state: StepState): string | null {
  switch (state) {
    case 'skipped':
      return 'skipped';
    case 'not-started':
      return 'not started';
    case 'in-doubt':
      return step.outcome === 'failed' ? 'failed, in doubt: its end was not seen' : 'in doubt: its end was not seen';
    case 'failed':
      return 'failed';
    default:
      return null;
  }
}

function notifiers({ handler, notifiedBy }: ReportStep, view: View): readonly string[] {
  if (!handler || notifiedBy.length === 0) return [];
  return prose(`notified by ${nameList(notifiedBy.map(visible), 5)}`, view);
}

/** The engine's reasons may begin with the word that stands beside the step already. */
function reasonLines({ reason }: ReportStep, state: StepState, view: View): readonly string[] {
  const { bad, quiet } = view.style;
  const paint = state === 'failed' || state === 'in-doubt' ? bad : quiet;
  return reason === null ? [] : prose(visible(reason.replace(/^not started: /, '')), view, paint);
}

function irreversible({ irreversible: why }: ReportStep, view: View): readonly string[] {
  return why === null ? [] : prose(`cannot be undone: ${visible(why)}`, view);
}

function failureLines({ action, exitCode, output }: ActionFailure, durations: Range | null, view: View): readonly string[] {
  const ended = exitCode === null ? 'no exit status' : `exit status ${exitCode}`;
  const after = durations === null ? '' : ` after ${formatDurations(durations)}`;
  const head = wrap(`${INDENT}${visible(action)}: ${ended}${after}`, {
    width: view.width,
    hang: `${INDENT}  `,
  });
  return [...head.map((line) => view.style.bad(line)), ...outputTail(output, view)];
}

function outputTail(output: string, { style, verbose }: View): readonly string[] {
  const lines = visibleLines(output);
  const left = verbose ? 0 : Math.max(0, lines.length - TAIL_LINES);
  const note = left === 0 ? [] : [`${INDENT}${style.quiet(`| … ${left} lines above, in report.json`)}`];
  return [...note, ...lines.slice(left).map((line) => `${INDENT}${style.quiet('|')} ${line}`.trimEnd())];
}

function prose(text: string, { width, style }: View, paint: (text: string) => string = style.quiet): readonly string[] {
  return wrap(INDENT + text, { width, hang: INDENT }).map((line) => INDENT + paint(line.trimStart()));
}
