import type { HostOutcome } from '../model/run.ts';
import { columns, cut } from './layout.ts';
import { onWords } from './progress-line.ts';
import { type HostProgress, isBusy, type ProgressState } from './progress-state.ts';
import { phaseCounts, rolloutProgressLines } from './rollout-progress-lines.ts';
import { createStyle, type Style } from './style.ts';
import { timeLeft } from './time-left.ts';
import { count, formatEstimate, formatSeconds } from './units.ts';
import { tally } from './view.ts';
import { visible } from './visible.ts';

/** Hosts shown by name at once. */
const MOST_HOSTS = 8;

/** The same below a rollout, which has lines of its own. */
const MOST_ROLLOUT_HOSTS = 6;

/** Hosts, the slowest, of which also the last line of output is shown. */
const MOST_OUTPUTS = 3;

/** What a host did before what it does now is left out where it took less, in milliseconds. */
const LONG_MS = 5_000;

const OUTCOMES: readonly HostOutcome[] = ['failed', 'unreachable', 'changed', 'skipped', 'ok'];

/** What is said when a run is being stopped. */
export const STOPPING = 'stopping: finishing the running steps; Ctrl-C again drops the connections';

/** How progress is shown. */
export interface ProgressOptions {
  readonly style: Style;
  readonly width: number;
  /** Milliseconds of the clock that the state's times come from. */
  readonly now: number;
  /** True in plans: changes read `would change`. */
  readonly planned: boolean;
  /** What the run is doing; default `planning` or `applying`. */
  readonly title?: string | undefined;
}

/** The state as a few lines for a terminal, each narrower than it: a line of counts, then the hosts that have been busy longest. */
export function renderProgress(state: ProgressState, options: ProgressOptions): readonly string[] {
  const { style, width, now } = options;
  const busy = [...state.active].filter(([, host]) => isBusy(host)).sort(([, a], [, b]) => a.busySince - b.busySince || a.since - b.since);
  const isRollout = state.rollouts.current !== null;
  const shown = busy.slice(0, isRollout ? MOST_ROLLOUT_HOSTS : MOST_HOSTS);
  const nameWidth = Math.min(24, Math.max(0, ...shown.map(([name]) => columns(visible(name)))));
  const lines = shown.flatMap(([name, host], index) => [
    `  ${fill(cut(visible(name), nameWidth), nameWidth)}  ${doing(host, now, width - 1 - nameWidth - 4)}`,
    ...(host.output === null || index >= MOST_OUTPUTS ? [] : [`    | ${visible(host.output.trim())}`]),
  ]);
  const more = busy.length - shown.length;
  return [
    ...headLines(state, options),
    ...(isRollout || busy.length <= shown.length ? [] : phaseLines(state, options)),
    ...rolloutProgressLines(state, options),
    ...lines.map((line) => style.quiet(cut(line, width - 1))),
    ...(more === 0 ? [] : [style.quiet(`  and ${more} more`)]),
    ...(busy.length === 0 && !isRollout ? waitingLines(state, options) : []),
    ...(state.stopping === null ? [] : [style.change(cut(STOPPING, width - 1))]),
  ];
}

/** Names the last hosts where nothing is known of what they do. */
function waitingLines({ active, finished }: ProgressState, { style, width }: ProgressOptions): readonly string[] {
  const names = [...active].filter(([, { phase }]) => phase === 'waiting').map(([name]) => visible(name));
  return names.length === 0 || names.length > MOST_HOSTS || finished.size === 0
    ? []
    : [style.quiet(cut(`  waiting for ${names.join(', ')}`, width - 1))];
}

/** Hosts done, elapsed and estimated time, and outcomes, which have a line of their own where there is no room. */
function headLines(state: ProgressState, { style, now, planned, width, title }: ProgressOptions): readonly string[] {
  const planning = state.stage === 'plan';
  const planDone = [...state.active.values()].filter(({ phase }) => phase === 'planned').length;
  const done = state.finished.size + (planning ? planDone : 0);
  const outcomes = [...state.finished.values()];
  const counts = OUTCOMES.map((outcome) => [outcome, outcomes.filter((found) => found === outcome).length] as const);
  const left = timeLeft(state, now);
  const times = [formatSeconds(now - state.startedAt), ...(left === null ? [] : [`about ${formatEstimate(left)} left`])].join(', ');
  const head = cut(`${title ?? (planning ? 'planning' : 'applying')}: ${done} of ${count(state.total, 'host')} done, ${times}`, width - 1);
  const plain = tally(counts, { style: createStyle(0), planned });
  if (plain === '') return [style.heading(head)];
  if (columns(head) + 2 + columns(plain) < width) return [`${style.heading(head)}  ${tally(counts, { style, planned })}`];
  // Colours would be cut in two.
  const own = columns(plain) + 2 < width ? tally(counts, { style, planned }) : cut(plain, width - 3);
  return [style.heading(head), `  ${own}`];
}

/** Hosts that are not done, by what they are doing. */
function phaseLines(state: ProgressState, { style, width }: ProgressOptions): readonly string[] {
  const hosts = [...state.active].filter(([, { phase }]) => state.stage === 'apply' || phase !== 'planned').map(([name]) => name);
  const words = phaseCounts({ hosts, ended: new Set() }, state);
  return [style.quiet(cut(`  ${words.join(', ')}`, width - 1))];
}

/** The phase, the step, how long that has taken, and how long the host has been worked on. Of what does not fit, the step is cut: its end is no news. */
function doing({ phase, step, on, since, busySince }: HostProgress, now: number, room: number): string {
  const what = step === null ? phase : `${phase} ${visible(step)}${onWords(on)}`;
  const all = since - busySince < LONG_MS ? '' : `, ${formatSeconds(now - busySince)} in all`;
  const times = ` (${formatSeconds(now - since)})${all}`;
  return cut(what, Math.max(columns(phase), room - columns(times))) + times;
}

function fill(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columns(text)));
}
