import type { HostOutcome } from '../model/run.ts';
import { cut } from './layout.ts';
import { onWords } from './progress-line.ts';
import type { HostProgress, ProgressState } from './progress-state.ts';
import { rolloutProgressLines } from './rollout-progress-lines.ts';
import type { Style } from './style.ts';
import { count, formatSeconds } from './units.ts';
import { tally } from './view.ts';
import { visible } from './visible.ts';

/** Hosts shown by name at once. */
const MOST_HOSTS = 8;

/** The same below a rollout, which has lines of its own. */
const MOST_ROLLOUT_HOSTS = 6;

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
  const busy = [...state.active]
    .filter(([, { phase }]) => phase !== 'waiting' && phase !== 'planned')
    .sort(([, a], [, b]) => a.since - b.since);
  const isRollout = state.rollouts.current !== null;
  const shown = busy.slice(0, isRollout ? MOST_ROLLOUT_HOSTS : MOST_HOSTS);
  const nameWidth = Math.min(24, Math.max(0, ...shown.map(([name]) => visible(name).length)));
  const lines = shown.map(([name, host]) => cut(`  ${cut(visible(name), nameWidth).padEnd(nameWidth)}  ${doing(host, now)}`, width - 1));
  const more = busy.length - shown.length;
  return [
    headLine(state, options),
    ...rolloutProgressLines(state, options),
    ...lines.map((line) => style.quiet(line)),
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

function headLine(state: ProgressState, { style, now, planned, width, title }: ProgressOptions): string {
  const planning = state.stage === 'plan';
  const planDone = [...state.active.values()].filter(({ phase }) => phase === 'planned').length;
  const done = state.finished.size + (planning ? planDone : 0);
  const outcomes = [...state.finished.values()];
  const counts = OUTCOMES.map((outcome) => [outcome, outcomes.filter((found) => found === outcome).length] as const);
  const tallied = tally(counts, { style, planned });
  const time = formatSeconds(now - state.startedAt);
  const head = `${title ?? (planning ? 'planning' : 'applying')}: ${done} of ${count(state.total, 'host')} done, ${time}`;
  // Colours make a line's width unknown, so on a narrow terminal there are no outcomes.
  return tallied === '' || width < 80 ? style.heading(cut(head, width - 1)) : `${style.heading(head)}  ${tallied}`;
}

function doing({ phase, step, on, since }: HostProgress, now: number): string {
  const what = step === null ? phase : visible(step) + onWords(on);
  return `${what} (${formatSeconds(now - since)})`;
}
