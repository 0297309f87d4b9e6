import type { ProgressState } from './progress-state.ts';
import type { RolloutProgress } from './rollout-progress.ts';

/** Before that nothing is estimated, in milliseconds. */
const LEAST_MS = 10_000;

/** Hosts that must be done before something is estimated, and their share of those that are not. */
const LEAST_DONE = 3;
const LEAST_SHARE = 0.1;

/** Hosts that were gone through, in which time, and how many there are still. */
interface Pace {
  readonly done: number;
  readonly ms: number;
  readonly left: number;
}

/** How long the run will go on if it does as before, in milliseconds; null where that cannot be told honestly. */
export function timeLeft(state: ProgressState, now: number): number | null {
  if (state.stopping !== null) return null;
  const pace = paceOf(state, now);
  if (pace === null || pace.ms < LEAST_MS || pace.left === 0) return null;
  return pace.done < LEAST_DONE || pace.done < pace.left * LEAST_SHARE ? null : (pace.ms / pace.done) * pace.left;
}

/** null also where more is to come than hosts of this stage: another rollout or a play behind one. */
function paceOf({ stage, rollouts, total, active, finished, applying, startedAt }: ProgressState, now: number): Pace | null {
  if (rollouts.current !== null) return rollouts.ahead.length > 0 ? null : paceOfRollout(rollouts.current, now);
  if (stage === 'plan') {
    const planned = [...active.values()].filter(({ phase }) => phase === 'planned').length;
    const done = finished.size + planned;
    return { done, ms: now - startedAt, left: total - done };
  }
  if (applying === null || rollouts.number > 0) return null;
  return { done: finished.size - applying.finished, ms: now - applying.since, left: total - finished.size };
}

/** A batch takes about as long as another one of its size, whatever the size: only those that are as large as what is to come count. */
function paceOfRollout({ record, batch, past, halted }: RolloutProgress, now: number): Pace | null {
  if (record === null || batch === null || halted !== null) return null;
  const sizes = record.batches.slice(batch.index).map(({ hosts }) => hosts.length);
  const largest = Math.max(...sizes);
  const isLike = (hosts: number): boolean => hosts * 2 >= largest;
  const like = past.filter(({ hosts }) => isLike(hosts));
  const own = isLike(batch.hosts.length) ? { done: batch.ended.size, ms: now - batch.since } : { done: 0, ms: 0 };
  return {
    done: like.reduce((sum, { hosts }) => sum + hosts, own.done),
    ms: like.reduce((sum, { durationMs }) => sum + durationMs, own.ms),
    left: sizes.reduce((sum, size) => sum + size, 0) - batch.ended.size,
  };
}
