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
  /** Since when it has been worked on without a pause. */
  readonly busySince: number;
  /** The last line of what the running step has printed. */
  readonly output: string | null;
}

/** Everything that a progress display needs, made from events alone. Times are milliseconds of the caller's clock. */
export interface ProgressState {
  readonly startedAt: number;
  /** `apply` from the first host that is worked on; before that a planned host counts as done. */
  readonly stage: 'plan' | 'apply';
  readonly total: number;
  /** When the first host was worked on, and how many were finished then; null before. */
  readonly applying: { readonly since: number; readonly finished: number } | null;
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
  return {
    startedAt: now,
    stage: 'plan',
    total: 0,
    applying: null,
    active: new Map(),
    finished: new Map(),
    rollouts: NO_ROLLOUTS,
    stopping: null,
  };
}

/** The state after one more event. Pure. */
export function reduceProgress(before: ProgressState, event: RunEvent, now: number): ProgressState {
  const state = { ...before, rollouts: reduceRollouts(before.rollouts, event, now) };
  switch (event.kind) {
    case 'hosts-selected': {
      const active = new Map(event.hosts.map((host) => [host, resting(now)] as const));
      return { ...state, total: event.hosts.length, active, finished: new Map() };
    }
    case 'host-phase': {
      const stage = PLANNING.has(event.phase) ? state : atWork(state, now);
      return withHost(stage, event.host, { phase: event.phase, step: null, on: null, since: now });
    }
    case 'step-started':
      return withHost(state, event.host, { phase: PHASE_OF[event.part], step: event.step, on: event.on, since: now });
    case 'step-finished':
      return withHost(state, event.host, { phase: PHASE_OF[event.part], step: null, on: null, since: now });
    case 'action-output':
      return withOutput(state, event);
    case 'host-finished': {
      const active = new Map(state.active);
      active.delete(event.host.name);
      return { ...state, active, finished: new Map(state.finished).set(event.host.name, event.host.outcome) };
    }
    case 'batch-started':
      return atWork(state, now);
    case 'turn-finished':
      return state.rollouts.current?.play === event.play ? atRest(state, [event.host], now) : state;
    case 'gate-finished':
      return atRest(state, state.rollouts.current?.batch?.hosts ?? [], now);
    case 'changing':
    case 'rollouts-planned':
    case 'turn-started':
    case 'gate-started':
    case 'rollout-halted':
      return state;
    case 'stopping':
      return { ...state, stopping: event.signal };
  }
}

/** From now on hosts are worked on. */
function atWork(state: ProgressState, now: number): ProgressState {
  return { ...state, stage: 'apply', applying: state.applying ?? { since: now, finished: state.finished.size } };
}

function resting(now: number): HostProgress {
  return { phase: 'waiting', step: null, on: null, since: now, busySince: now, output: null };
}

/** Whether something is being done on or for the host. */
export function isBusy({ phase }: HostProgress): boolean {
  return phase !== 'waiting' && phase !== 'planned';
}

function withHost(state: ProgressState, host: string, progress: Omit<HostProgress, 'busySince' | 'output'>): ProgressState {
  const before = state.active.get(host);
  const busySince = before !== undefined && isBusy(before) ? before.busySince : progress.since;
  return { ...state, active: new Map(state.active).set(host, { ...progress, busySince, output: null }) };
}

/** What comes late, of a step that has ended, is left out. */
function withOutput(state: ProgressState, { host, step, tail }: Extract<RunEvent, { kind: 'action-output' }>): ProgressState {
  const running = state.active.get(host);
  if (running?.step !== step) return state;
  return { ...state, active: new Map(state.active).set(host, { ...running, output: tail.split('\n').at(-1) ?? null }) };
}

/** Hosts of which nothing is wanted for now: they wait for their gate or for a later play. */
function atRest(state: ProgressState, hosts: readonly string[], now: number): ProgressState {
  const active = new Map(state.active);
  for (const host of hosts) if (active.has(host)) active.set(host, resting(now));
  return { ...state, active };
}
