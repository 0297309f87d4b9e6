import type { Vars } from './host.ts';

/** A number of hosts, or a share of the hosts of the play. */
export type Amount = { readonly kind: 'count'; readonly count: number } | { readonly kind: 'percent'; readonly percent: number };

/** In which order hosts are put into batches. */
export type Order = { readonly kind: 'inventory' | 'reverse' } | { readonly kind: 'shuffle'; readonly seed: string };

/** A failure domain: of the hosts with the same value of the var `by`, never more than `max` are out at once. */
export interface Spread {
  readonly by: string;
  readonly max: number;
}

/** How a play goes through its hosts; what needs no roles. */
export interface RolloutSettings {
  /** Sizes of the first batches; the last one repeats. Empty: all hosts at once. */
  readonly serial: readonly Amount[];
  /** Default `inventory`. */
  readonly order: Order;
  readonly spread: readonly Spread[];
  /** More failed and unreachable hosts than this halt the rollout; null: any number is borne. Default: none is, in total. */
  readonly maxFailures: { readonly batch: Amount | null; readonly total: Amount | null };
  /** What becomes of a host whose work failed: `putBack` (default) carries out its `after`, `leaveOut` does not. */
  readonly onFailure: 'putBack' | 'leaveOut';
  /** Time between a batch and its gate, in milliseconds. Default 0. */
  readonly soakMs: number;
  /** What a gate that does not open does besides halting: `undo` puts the batch back to what it was. Default `halt`. */
  readonly onGateFailure: 'halt' | 'undo';
}

/** What the roles of a play are to a host's turn. `undo`: putting back what the turn changed. */
export type Part = 'once' | 'before' | 'roles' | 'after' | 'gate' | 'undo';

/** A host as batches see it. */
export interface RolloutHost {
  readonly name: string;
  readonly vars: Vars;
}

/** Host names by batch, in order; or why there can be no batches. */
export interface Batches {
  readonly batches: readonly (readonly string[])[];
  readonly problems: readonly string[];
}

/** How a host's turn ended. */
export interface Ending {
  readonly failed: boolean;
  /** The host stayed out of service: its `before` was begun and its `after` was not completed, or it cannot be reached. */
  readonly out: boolean;
  /** It was told to stop before its end. */
  readonly isUnfinished?: true;
}

/** The account of one rollout: who is out of service, how many failed, and whether anything new may begin. Pure bookkeeping. */
export interface Ledger {
  /** Hosts that failed or were unreachable, in the order in which they did. */
  readonly failed: readonly string[];
  beginBatch(size: number): void;
  /** The host is out of service from here on. */
  begin(name: string): void;
  end(name: string, ending: Ending): void;
  /** Ends the rollout: nothing new begins. The first reason stays. */
  halt(reason: string): void;
  /** Why nothing new may begin; null while it may. */
  halted(): string | null;
  /** Why this host may not begin now; null where it may. */
  obstacle(name: string): string | null;
  /** Why this host may not be taken out of service, whatever else is allowed: others of a failure domain are out. null where it may, or is out. */
  crowd(name: string): string | null;
  /** True while the host is out of service, as far as this rollout knows. */
  isOut(name: string): boolean;
  /** Failures that are borne, as numbers of hosts, in total and in a batch of this size; null: any number. */
  borne(batch: number): { readonly total: number | null; readonly batch: number | null };
  /** Failures that are still borne, in total and in the current batch; null where any number is. */
  budget(): { readonly total: number | null; readonly batch: number | null };
}

/** One batch in the record of a run. */
export interface BatchRecord {
  readonly hosts: readonly string[];
  readonly state: 'planned' | 'done' | 'gate-failed' | 'halted' | 'not-started';
  /** Why its gate did not open; null otherwise. */
  readonly reason: string | null;
  /** From the run's start to its first host. Absent where it was not begun. */
  readonly startedMs?: number;
  /** From its first host to its gate; null where it was not begun. */
  readonly durationMs: number | null;
  /** True where the batch was put back to what it was. */
  readonly undone: boolean;
}

/** A failure domain in the record: of the hosts with the same value of `by` at most `most` are out at once, where `max` may be. */
export interface DomainRecord {
  readonly by: string;
  readonly max: number;
  readonly most: number;
}

/** A play's rollout in the record of a run: what is planned, and in the end what became of it. */
export interface RolloutRecord {
  /** Number of the play in the playbook, from 0. */
  readonly index: number;
  readonly play: string;
  /** Hosts of the play. */
  readonly hosts: number;
  /** Hosts without anything to do are in no batch. */
  readonly batches: readonly BatchRecord[];
  /** The most hosts that are out at once when none fails. */
  readonly mostOut: number;
  readonly domains: readonly DomainRecord[];
  /** Failures that are borne, as numbers of hosts; null: any number. `batch` holds for the largest batch. */
  readonly maxFailures: { readonly total: number | null; readonly batch: number | null };
  readonly failed: readonly string[];
  /** Hosts that were taken out of service, by this run or the one that it goes on with, and not put back. */
  readonly out: readonly string[];
  readonly soakMs: number;
  readonly onFailure: RolloutSettings['onFailure'];
  readonly onGateFailure: RolloutSettings['onGateFailure'];
  /** What is done around each host and behind each batch, in words: `balancer on lb1, lb2`. */
  readonly around: {
    readonly once: readonly string[];
    readonly before: readonly string[];
    readonly after: readonly string[];
    readonly gate: readonly string[];
  };
  /** Why it was halted; null where it was not. */
  readonly halted: string | null;
}
