import type { HostOutcome, Revision, RunMode } from './run.ts';

/**
 * What a run came to: the worst of its hosts, unless it was interrupted, declined at the question, or has no end: `unfinished` was killed, `running` is
 * still going on.
 */
export const RUN_OUTCOMES = ['ok', 'changed', 'failed', 'unreachable', 'interrupted', 'declined', 'unfinished', 'running'] as const;

export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** Steps by where they stand, as the totals of a report count them. */
export interface StepTotals {
  readonly ok: number;
  readonly changed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly inDoubt: number;
  readonly notStarted: number;
  readonly idle: number;
}

/** A run in the history, without its hosts. */
export interface RunLine {
  readonly id: string;
  /** Of what it was made: its report, as it was then. */
  readonly stamp: string;
  readonly mode: RunMode;
  /** Id of the run that this apply undid; null where it undid none. */
  readonly undoes: string | null;
  /** `name@machine`; null: it was a run of an earlier drover. */
  readonly user: string | null;
  readonly startedAt: string;
  /** null where no end was seen. */
  readonly durationMs: number | null;
  readonly playbook: string;
  readonly limit: string | null;
  readonly revision: Revision | null;
  readonly outcome: RunOutcome;
  /** null where no end was seen. */
  readonly exitCode: number | null;
  /** Set for an apply of which nothing was carried out: its outcomes are those of the plan. */
  readonly isPlan?: true;
  /** Hosts by outcome. */
  readonly hosts: Readonly<Record<HostOutcome, number>>;
  readonly steps: StepTotals;
  /** Roles that had a step on any host, sorted. */
  readonly roles: readonly string[];
}

/** A run on one host. */
export interface HostLine {
  readonly run: string;
  /** null: the host was only visited for others, or no end was seen. */
  readonly outcome: HostOutcome | null;
  /** Where the host's trouble was (`connect`, `action`, …), else null. */
  readonly error: string | null;
  /** Steps that would change something and were not carried out: all of them in plans and checks. */
  readonly pending: number;
  /** What was changed, failed, or was begun and its end not seen. */
  readonly steps: readonly HostStep[];
}

/** A step that did something to a host, or tried. */
export interface HostStep {
  readonly id: string;
  readonly outcome: 'changed' | 'failed' | 'in-doubt';
  /** The host that it was carried out for, where that is another one; else null. */
  readonly for: string | null;
  /** Field by field, each as one short line: `mode: 0644 → 0600`, `content: +3 −1`. */
  readonly changes: readonly string[];
}

/** What is remembered of a step on a host: the last runs that found or did something there. Digests are by the key of the folder. */
export interface StepMark {
  /** Found or made as wanted, and the digest of what was wanted. */
  readonly ok?: { readonly run: string; readonly wanted: string | null };
  /** Changed: also digests of the fields' values afterwards. */
  readonly set?: { readonly run: string; readonly wanted: string | null; readonly after: Readonly<Record<string, string>> };
  /** Failed at it, or was not seen to end. */
  readonly trouble?: { readonly run: string };
}

/** Marks by step id. */
export type Marks = Readonly<Record<string, StepMark>>;

/** A run as the history keeps it. */
export interface RunSummary {
  readonly line: RunLine;
  /** By host, visited ones included. */
  readonly hosts: ReadonlyMap<string, { readonly line: HostLine; readonly marks: Marks }>;
}
