import type { RunEvent } from '../model/event.ts';
import type { RolloutRecord } from '../model/rollout.ts';

/** How far the rollout is that is carried out now. Times are milliseconds of the caller's clock. */
export interface RolloutProgress {
  /** Index of its play. */
  readonly play: number;
  /** The rollout as planned; null where the plan has none that fits. */
  readonly record: RolloutRecord | null;
  readonly batch: BatchProgress | null;
  /** The batches before it. */
  readonly past: readonly PastBatch[];
  /** Failures that are still borne; `batch` is null also as long as nothing is known of it. */
  readonly budget: { readonly total: number | null; readonly batch: number | null };
  readonly halted: string | null;
}

/** A batch that was gone through. */
export interface PastBatch {
  readonly hosts: number;
  /** From its begin to the next one's. */
  readonly durationMs: number;
}

/** How far a batch is. */
export interface BatchProgress {
  readonly index: number;
  readonly since: number;
  readonly hosts: readonly string[];
  /** Hosts whose turn has ended. */
  readonly ended: ReadonlySet<string>;
  readonly gate: GateProgress | null;
}

/** A gate, from its soak time on. `closed`: why it did not open. */
export type GateProgress =
  | { readonly state: 'waiting'; readonly since: number; readonly soakMs: number }
  | { readonly state: 'opened' }
  | { readonly state: 'closed'; readonly closed: string };

/** Rollouts as planned, and the one that is carried out now. */
export interface RolloutsState {
  /** Those that were not begun yet. */
  readonly ahead: readonly RolloutRecord[];
  /** All there are. */
  readonly number: number;
  readonly current: RolloutProgress | null;
}

/** Before any event. */
export const NO_ROLLOUTS: RolloutsState = { ahead: [], number: 0, current: null };

/** The state after one more event. Pure. */
export function reduceRollouts(state: RolloutsState, event: RunEvent, now: number): RolloutsState {
  switch (event.kind) {
    case 'rollouts-planned':
      return { ahead: event.rollouts, number: event.rollouts.length, current: null };
    case 'batch-started': {
      const begun = atPlay(state, event.play);
      const batch = { index: event.batch, since: now, hosts: event.hosts, ended: new Set<string>(), gate: null };
      return within(begun, event.play, ({ past, ...current }) => {
        const last = current.batch === null ? [] : [{ hosts: current.batch.hosts.length, durationMs: now - current.batch.since }];
        return { ...current, batch, past: [...past, ...last], budget: { ...current.budget, batch: null } };
      });
    }
    case 'turn-started':
      // A play without a rollout has begun: what the one before it came to is told in the end, unless it was halted.
      return state.current === null || state.current.play === event.play || state.current.halted !== null
        ? state
        : { ...state, current: null };
    case 'turn-finished':
      return within(state, event.play, (current) => ({
        ...current,
        budget: event.budget,
        batch: current.batch === null ? null : { ...current.batch, ended: new Set(current.batch.ended).add(event.host) },
      }));
    case 'gate-started':
      return withGate(state, event.play, { state: 'waiting', since: now, soakMs: event.soakMs });
    case 'gate-finished':
      return withGate(state, event.play, event.closed === null ? { state: 'opened' } : { state: 'closed', closed: event.closed });
    case 'rollout-halted': {
      const begun = atPlay(state, event.play);
      return within(begun, event.play, (current) => ({ ...current, halted: event.reason }));
    }
    default:
      return state;
  }
}

/** Begins the rollout of a play, unless it is the current one. */
function atPlay(state: RolloutsState, play: number): RolloutsState {
  if (state.current?.play === play) return state;
  const record = state.ahead.find(({ index }) => index === play) ?? null;
  const ahead = state.ahead.filter(({ index }) => index > play);
  const total = record === null || record.maxFailures.total === null ? null : record.maxFailures.total - record.failed.length;
  return { ...state, ahead, current: { play, record, batch: null, past: [], budget: { total, batch: null }, halted: null } };
}

function within(state: RolloutsState, play: number, change: (current: RolloutProgress) => RolloutProgress): RolloutsState {
  return state.current?.play === play ? { ...state, current: change(state.current) } : state;
}

function withGate(state: RolloutsState, play: number, gate: GateProgress): RolloutsState {
  return within(state, play, (current) => ({ ...current, batch: current.batch === null ? null : { ...current.batch, gate } }));
}
