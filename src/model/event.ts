import type { Expected, FactRef, FactValues } from './fact.ts';
import type { Undoable } from './ports.ts';
import type { Part, RolloutRecord } from './rollout.ts';
import type { HostOutcome, HostRecord, StepOutcome } from './run.ts';

/** What a host is busy with. */
export type HostPhase =
  | 'waiting'
  | 'connecting'
  | 'reading'
  | 'planned'
  | 'before'
  | 'applying'
  | 'verifying'
  | 'rebooting'
  | 'after'
  | 'gate'
  | 'undoing';

/** A step that is about to be carried out: the facts that it replaces, and what they will be. */
export interface ChangingStep extends Undoable {
  readonly after: readonly (FactRef & { readonly value: Expected<FactValues[keyof FactValues]> })[];
}

/** Everything that happens in a run, in order. Progress displays only read these. */
export type RunEvent =
  | { readonly kind: 'hosts-selected'; readonly hosts: readonly string[] }
  | { readonly kind: 'host-phase'; readonly host: string; readonly phase: HostPhase }
  /** Told before the script is sent that carries these steps out. `on`: the host of the facts, where that is another one. */
  | { readonly kind: 'changing'; readonly host: string; readonly on: string | null; readonly steps: readonly ChangingStep[] }
  | { readonly kind: 'step-started'; readonly host: string; readonly step: string; readonly part: Part; readonly on: string | null }
  | {
      readonly kind: 'step-finished';
      readonly host: string;
      readonly step: string;
      readonly part: Part;
      /** The host that it was carried out on, where that is another one. */
      readonly on: string | null;
      readonly outcome: StepOutcome;
      readonly durationMs: number | null;
    }
  /** The last whole lines that an action has printed which has been running for long; may hold secrets, and is in no journal. */
  | { readonly kind: 'action-output'; readonly host: string; readonly step: string; readonly tail: string }
  | { readonly kind: 'host-finished'; readonly host: HostRecord }
  /** The rollouts of the run as planned, before anything is begun. */
  | { readonly kind: 'rollouts-planned'; readonly rollouts: readonly RolloutRecord[] }
  /** `batch` and `play` count from 0; `size` is the index into the play's `serial`. */
  | {
      readonly kind: 'batch-started';
      readonly play: number;
      readonly batch: number;
      readonly size: number;
      readonly hosts: readonly string[];
    }
  /** From here on the host is out of service, until its turn is finished with `out: false`. */
  | { readonly kind: 'turn-started'; readonly play: number; readonly host: string }
  /** `done`: the play came to its end on this host. `budget`: failures still borne. */
  | {
      readonly kind: 'turn-finished';
      readonly play: number;
      readonly host: string;
      readonly outcome: HostOutcome;
      readonly done: boolean;
      readonly out: boolean;
      readonly budget: { readonly total: number | null; readonly batch: number | null };
    }
  | { readonly kind: 'gate-started'; readonly play: number; readonly batch: number; readonly soakMs: number }
  /** `closed`: why it did not open. */
  | { readonly kind: 'gate-finished'; readonly play: number; readonly batch: number; readonly closed: string | null }
  | { readonly kind: 'rollout-halted'; readonly play: number; readonly reason: string }
  | { readonly kind: 'stopping'; readonly signal: 'SIGINT' | 'SIGTERM'; readonly running: readonly string[] };

export type Emit = (event: RunEvent) => void;
