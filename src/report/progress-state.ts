import type { HostPhase, RunEvent } from '../model/event.ts';
import type { Part } from '../model/rollout.ts';
import type { HostOutcome } from '../model/run.ts';
import { NO_ROLLOUTS, type RolloutsState, reduceRollouts } from './rollout-progress.ts';

/** What one unfinished host is doing. */
export interface HostProgress {
  readonly phase: HostPhase;
  /** The step that runs now. */
  readonly step: string | null;
  /** The host that it runs on, where that is another one. */
  readonly on: string | null;
  readonly since: number;
}

/** Everything that a progress display needs, made from events alone. Times are milliseconds of the caller's clock. */
export interface ProgressState {
  readonly startedAt: number;
  /** `apply` from the first host that is worked on; before that a planned host counts as done. */
  readonly stage: 'plan' | 'apply';
  readonly total: number;
  /** Unfinished hosts in the order of the inventory. */
  readonly active: ReadonlyMap<string, HostProgress>;
  readonly finished: ReadonlyMap<string, HostOutcome>;
  readonly rollouts: RolloutsState;
  readonly stopping: 'SIGINT' | 'SIGTERM' | null;
}

/** Phases before a host is worked on. */
const PLANNING: ReadonlySet<HostPhase> = new Set<HostPhase>(['waiting', 'connecting', 'reading', 'planned']);

/** What a host is busy with while a step of this part runs. */
const PHASE_OF: Readonly<Record<Part, HostPhase>> = {
  once: 'before',
  before: 'before',
  roles: 'applying',
  after: 'after',
  gate: 'gate',
  undo: 'undoing',
};

/** The state before any event. */
export function startProgress(now: number): ProgressState {
  return { startedAt: now, stage: 'plan', total: 0, active: new Map(), finished: new Map(), rollouts: NO_ROLLOUTS, stopping: null };
}

/** The state after one more event. Pure. */
export function reduceProgress(before: ProgressState, event: RunEvent, now: number): ProgressState {
  const state = { ...before, rollouts: reduceRollouts(before.rollouts, event, now) };
  switch (event.kind) {
    case 'hosts-selected': {
      const active = new Map(event.hosts.map((host) => [host, { phase: 'waiting', step: null, on: null, since: now }] as const));
      return { ...state, total: event.hosts.length, active, finished: new Map() };
    }
    case 'host-phase': {
      const stage = PLANNING.has(event.phase) ? state.stage : 'apply';
      return withHost({ ...state, stage }, event.host, { phase: event.phase, step: null, on: null, since: now });
    }
    case 'step-started':
      return withHost(state, event.host, { phase: PHASE_OF[event.part], step: event.step, on: event.on, since: now });
    case 'step-finished':
      return withHost(state, event.host, { phase: PHASE_OF[event.part], step: null, on: null, since: now });
    case 'host-finished': {
      const active = new Map(state.active);
      active.delete(event.host.name);
      return { ...state, active, finished: new Map(state.finished).set(event.host.name, event.host.outcome) };
    }
    case 'batch-started':
      return { ...state, stage: 'apply' };
    case 'turn-finished':
      return state.rollouts.current?.play === event.play ? atRest(state, [event.host], now) : state;
    case 'gate-finished':
      return atRest(state, state.rollouts.current?.batch?.hosts ?? [], now);
    case 'rollouts-planned':
    case 'turn-started':
    case 'gate-started':
    case 'rollout-halted':
      return state;
    case 'stopping':
      return { ...state, stopping: event.signal };
  }
}

function withHost(state: ProgressState, host: string, progress: HostProgress): ProgressState {
  return { ...state, active: new Map(state.active).set(host, progress) };
}

/** Hosts of which nothing is wanted for now: they wait for their gate or for a later play. */
function atRest(state: ProgressState, hosts: readonly string[], now: number): ProgressState {
  const active = new Map(state.active);
  for (const host of hosts) if (active.has(host)) active.set(host, { phase: 'waiting', step: null, on: null, since: now });
  return { ...state, active };
}
