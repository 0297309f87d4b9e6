import type { Expected, FactRef, FactValues } from './fact.ts';
import type { Part, RolloutRecord } from './rollout.ts';
import type { Change } from './step.ts';
import type { ConnectionStats } from './transport.ts';

export type RunMode = 'plan' | 'check' | 'apply';

/** What became of a step. In plans `changed` means that it would change. */
export type StepOutcome = 'ok' | 'changed' | 'failed' | 'skipped';

export type HostOutcome = StepOutcome | 'unreachable';

/** How far a step got. `planned`: only planned (plans, and steps without actions); `in-doubt`: begun, its end was not seen. */
export type StepProgress = 'planned' | 'done' | 'in-doubt' | 'not-started';

/** What went wrong while an action ran. */
export interface ActionFailure {
  /** One line: what was being done. */
  readonly action: string;
  /** null where no exit status was seen (deadline, dropped link). */
  readonly exitCode: number | null;
  /** Standard output and standard error together, the last 16 KiB. */
  readonly output: string;
  readonly durationMs: number;
}

/** One step on one host: what was planned and what became of it. */
export interface StepRecord {
  /** `role/kind[subject]`; a repeated one gets `#2`, `#3`, …; handlers are `role/handler[name]`. */
  readonly id: string;
  readonly play: string;
  /** What it is to the host's turn; `roles` where the play has no rollout. */
  readonly part: Part;
  /** Name of the host that it is carried out on, where that is another one; else null. */
  readonly on: string | null;
  readonly role: string;
  readonly kind: string;
  readonly subject: string;
  readonly handler: boolean;
  /** For handlers: ids of the steps that notified it. */
  readonly notifiedBy: readonly string[];
  readonly outcome: StepOutcome;
  readonly progress: StepProgress;
  /** `after-apply`: earlier actions decide what this step finds; `changes` then show only what is wanted (before = null). */
  readonly certainty: 'exact' | 'after-apply';
  /** Why it failed or was skipped, or what the plan could not know; null for plain outcomes. */
  readonly reason: string | null;
  readonly durationMs: number | null;
  readonly changes: readonly Change[];
  readonly failure: ActionFailure | null;
  /** Why the change cannot be undone; null when its before-values are enough. */
  readonly irreversible: string | null;
  /** Digest of what the step wants, by the key of the run's `varsDigest`. Absent where it cannot be told apart, or there is no key. */
  readonly wanted?: string;
  /** Checks: what the history says of a step that is not as wanted. */
  readonly drift?: Drift;
  /** The touched facts as they were before: the desired state of an undo. */
  readonly undo: readonly UndoFact[];
}

/** A run that a drift refers to. */
export interface DriftRun {
  readonly run: string;
  readonly mode: RunMode;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** `name@machine`; null: it was a run of an earlier drover. */
  readonly user: string | null;
}

/** Since when a step is not as wanted, and who wrote what is there now. */
export interface Drift {
  /** The last run that found the step as wanted or made it so; null: none on record. */
  readonly asWanted: DriftRun | null;
  /** `drover`: it set what is there now, and something else is wanted since; `someone-else`: drover did not; `unknown`: the history does not tell. */
  readonly writer: 'drover' | 'someone-else' | 'unknown';
  /** The run in which drover wrote it, or, where the writer is unknown, may have: it failed or was not seen to end. Else null. */
  readonly by: DriftRun | null;
}

/** A fact as it was before a step changed it. */
export interface UndoFact extends FactRef {
  readonly before: FactValues[keyof FactValues];
  /** The step made it go: what needs it to be there went before it, and comes back behind it. */
  readonly isGone?: true;
  /** Several steps replaced it, and in between it was gone: what is there now was made anew, and may be something else. */
  readonly isRemade?: true;
  /** Values that the run found or gave it. One that it has besides is somebody else's, and stays. Default: any is put back. */
  readonly known?: readonly Expected<FactValues[keyof FactValues]>[];
}

/** Why a host failed, was unreachable or was skipped. */
export interface HostError {
  /** `connect`, `host-key`, `authenticate`, `become`, `read`, `plan`, `action`, `verify`, `link`, `aborted`, `lock`, `before`, `after`, `gate`, `halted`, … */
  readonly phase: string;
  readonly message: string;
  readonly hint: string | null;
}

/** A stretch of time in a run. */
export interface Span {
  /** From the run's start. */
  readonly startedMs: number;
  readonly durationMs: number;
}

/** One host in a run. */
export interface HostRecord {
  readonly name: string;
  readonly outcome: HostOutcome;
  readonly error: HostError | null;
  /** null when no connection was made. */
  readonly connection: ConnectionStats | null;
  /** From the run's start to the host's first connection. Absent where it is not known. */
  readonly startedMs?: number;
  readonly durationMs: number;
  /** From the first step that was begun on it to the last one's end. Absent where none was begun. */
  readonly work?: Span;
  readonly steps: readonly StepRecord[];
}

/** The connection to a host on which something was done for others: one for all its visits. */
export interface VisitedHost {
  readonly name: string;
  readonly connection: ConnectionStats;
}

/** State of a repository. */
export interface Revision {
  /** The commit that is checked out, in full. */
  readonly commit: string;
  /** True where something is not as committed: changed, deleted, or unknown to the repository and not ignored. */
  readonly dirty: boolean;
}

/** What is known of a run from its start. Fields that may be absent are so in records of earlier drovers. */
export interface RunHeader {
  /** Sortable: UTC time and a random part, such as `20261121T101500.123Z-3f9a`. */
  readonly id: string;
  readonly mode: RunMode;
  readonly argv: readonly string[];
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Who ran drover, and where: `name@machine`. */
  readonly user?: string;
  readonly drover: string;
  /** Node's version. */
  readonly node?: string;
  readonly playbook: string;
  /** State of the repository that the playbook is in; null: it is in none, or git did not tell. */
  readonly revision?: Revision | null;
  readonly inventory: readonly string[];
  readonly limit: string | null;
  readonly tags: readonly string[];
  readonly skipTags?: readonly string[];
  /** Id of the run that this one undoes. Absent where it undoes none. */
  readonly undoes?: string;
  /** `KEY-DIGEST` of the hosts' vars and their roles' parameters; comparable where KEY is the same. null: the key cannot be kept. */
  readonly varsDigest?: string | null;
}

/** One execution: the record that every report is made from. */
export interface Run {
  readonly header: RunHeader;
  readonly finishedAt: string;
  readonly durationMs: number;
  /** Signal that interrupted the run, or null. */
  readonly interrupted: 'SIGINT' | 'SIGTERM' | null;
  readonly exitCode: number;
  /** Rollouts of the plays that have one, in order. */
  readonly rollouts: readonly RolloutRecord[];
  /** Hosts on which something was done for others, by name. */
  readonly visited: readonly VisitedHost[];
  /** In the inventory's order. */
  readonly hosts: readonly HostRecord[];
}
