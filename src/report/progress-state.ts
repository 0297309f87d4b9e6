import type { HostPhase, RunEvent } from '../model/event.ts';
import type { HostOutcome } from '../model/run.ts';

/** What one unfinished host is doing. */
export interface HostProgress {
  readonly phase: HostPhase;
  /** The step that runs now. */
  readonly step: string | null;
  readonly since: number;
}

/** Everything that a progress display needs, made from events alone. Times are milliseconds of the caller's clock. */
export interface ProgressState {
  readonly startedAt: number;
  /** `apply` from the first host that is applying on; before that a planned host counts as done. */
  readonly stage: 'plan' | 'apply';
  readonly total: number;
  /** Unfinished hosts in the order of the inventory. */
  readonly active: ReadonlyMap<string, HostProgress>;
  readonly finished: ReadonlyMap<string, HostOutcome>;
  readonly stopping: 'SIGINT' | 'SIGTERM' | null;
}

/** The state before any event. */
export function startProgress(now: number): ProgressState {
  return { startedAt: now, stage: 'plan', total: 0, active: new Map(), finished: new Map(), stopping: null };
}

/** The state after one more event. Pure. */
export function reduceProgress(state: ProgressState, event: RunEvent, now: number): ProgressState {
  switch (event.kind) {
    case 'hosts-selected': {
      const active = new Map(event.hosts.map((host) => [host, { phase: 'waiting', step: null, since: now }] as const));
      return { ...state, total: event.hosts.length, active, finished: new Map() };
    }
    case 'host-phase': {
      const stage = event.phase === 'applying' || event.phase === 'verifying' || event.phase === 'rebooting' ? 'apply' : state.stage;
      return withHost({ ...state, stage }, event.host, { phase: event.phase, step: null, since: now });
    }
    case 'step-started':
      return withHost(state, event.host, { phase: 'applying', step: event.step, since: now });
    case 'step-finished':
      return withHost(state, event.host, { phase: 'applying', step: null, since: now });
    case 'host-finished': {
      const active = new Map(state.active);
      active.delete(event.host.name);
      return { ...state, active, finished: new Map(state.finished).set(event.host.name, event.host.outcome) };
    }
    case 'rollouts-planned':
    case 'batch-started':
    case 'turn-started':
    case 'turn-finished':
    case 'gate-started':
    case 'gate-finished':
    case 'rollout-halted':
      return state;
    case 'stopping':
      return { ...state, stopping: event.signal };
  }
}

function withHost(state: ProgressState, host: string, progress: HostProgress): ProgressState {
  return { ...state, active: new Map(state.active).set(host, progress) };
}
