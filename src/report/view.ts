import type { HostOutcome } from '../model/run.ts';
import type { DiffLimits } from './diff.ts';
import type { StepState } from './step-state.ts';
import type { Style } from './style.ts';

/** Which words and colours a report uses. */
export interface Wording {
  readonly style: Style;
  /** True where nothing was carried out: changes read `would change`. */
  readonly planned: boolean;
}

/** How a run is shown. */
export interface View extends Wording {
  /** Columns, 80 or more. */
  readonly width: number;
  /** Also ok steps, idle handlers, durations, and diffs in full. */
  readonly verbose: boolean;
  readonly limits: DiffLimits;
}

/** The word for a state of steps or an outcome of hosts. */
export function wordOf(state: StepState | HostOutcome, { planned }: Pick<Wording, 'planned'>): string {
  switch (state) {
    case 'changed':
      return planned ? 'would change' : 'changed';
    case 'not-started':
      return 'not started';
    case 'in-doubt':
      return 'in doubt';
    default:
      return state;
  }
}

/** The colour for a state of steps or an outcome of hosts. */
export function paintOf(state: StepState | HostOutcome, { style }: Wording): (text: string) => string {
  switch (state) {
    case 'ok':
      return style.good;
    case 'changed':
      return style.change;
    case 'idle':
    case 'skipped':
    case 'not-started':
      return style.quiet;
    case 'in-doubt':
    case 'failed':
    case 'unreachable':
      return style.bad;
  }
}

/** Numbers with their words, zeros left out, coloured: `2 would change, 11 ok`. */
export function tally<S extends StepState | HostOutcome>(counts: readonly (readonly [S, number])[], view: Wording): string {
  return counts
    .filter(([, number]) => number > 0)
    .map(([state, number]) => paintOf(state, view)(`${number} ${wordOf(state, view)}`))
    .join(', ');
}
