import type { StepRecord } from '../model/run.ts';

/** Where a step stands for the reader: its outcome, that the run ended before it could have one, or `idle`: a handler that nothing notified. */
export type StepState = 'idle' | 'ok' | 'changed' | 'skipped' | 'not-started' | 'in-doubt' | 'failed';

/** The states that totals show, the ones that matter most last. Idle handlers are no news. */
export const STEP_STATES: readonly StepState[] = ['ok', 'skipped', 'changed', 'not-started', 'in-doubt', 'failed'];

/** True for steps that are no news: ok, and handlers that nothing notified. */
export function isQuiet(state: StepState): boolean {
  return state === 'ok' || state === 'idle';
}

/** How many steps stand where. */
export type StepCounts = Readonly<Record<StepState, number>>;

/** What of a step says where it stands. */
type Standing = Pick<StepRecord, 'outcome' | 'progress' | 'handler' | 'notifiedBy'>;

/** Where a step stands. One whose end was not seen is in doubt, whether it counts as failed or not. */
export function stepState({ outcome, progress, handler, notifiedBy }: Standing): StepState {
  if (progress === 'in-doubt') return progress;
  if (outcome === 'failed' || outcome === 'ok') return outcome;
  if (progress === 'not-started') return progress;
  return outcome === 'skipped' && handler && notifiedBy.length === 0 ? 'idle' : outcome;
}

/** Counts the steps of one or more hosts by where they stand. */
export function countSteps(hosts: readonly { readonly steps: readonly Standing[] }[]): StepCounts {
  const counts: Record<StepState, number> = { idle: 0, ok: 0, skipped: 0, changed: 0, 'not-started': 0, 'in-doubt': 0, failed: 0 };
  for (const host of hosts) for (const step of host.steps) counts[stepState(step)]++;
  return counts;
}
