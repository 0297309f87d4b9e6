import { isContent, withoutBytes } from '../model/content.ts';
import type { Decided, Decision, HostStep } from '../model/planned.ts';
import type { StepOutcome, StepRecord } from '../model/run.ts';
import type { Change } from '../model/step.ts';

/** Shared by all records that have none: a run of many hosts makes one for every step of each. */
const NONE: readonly never[] = [];

/**
 * A planned step as a record: in a plan `changed` means that it would change. `digest` makes digests that cannot be guessed; without it the record
 * has none of what is wanted.
 */
export function planRecord({ item, decision, notifiedBy }: Decided, digest: ((text: string) => string) | null = null): StepRecord {
  const unknown = decision.kind === 'unknown';
  const { wants } = item.step;
  return {
    id: item.id,
    play: item.playName,
    part: item.part,
    on: null,
    role: item.role,
    kind: item.step.kind,
    subject: item.step.subject,
    handler: item.handler !== null,
    notifiedBy,
    outcome: OUTCOMES[decision.kind],
    progress: 'planned',
    certainty: unknown ? 'after-apply' : 'exact',
    reason: reasonOf(decision),
    durationMs: null,
    changes: changesOf(item, decision),
    failure: null,
    irreversible: decision.kind === 'change' ? (decision.plan.irreversible ?? null) : null,
    undo: decision.kind === 'change' ? decision.undo : NONE,
    ...(digest === null || wants.length === 0 ? {} : { wanted: digest(textOf(wants)) }),
  };
}

/** Equal for equal wishes. */
function textOf(wants: HostStep['step']['wants']): string {
  return JSON.stringify(wants.map(({ field, after }) => [field, isContent(after) ? { size: after.size, digest: after.digest } : after]));
}

const OUTCOMES: { readonly [K in Decision['kind']]: StepOutcome } = {
  ok: 'ok',
  change: 'changed',
  unknown: 'changed',
  refused: 'failed',
  skipped: 'skipped',
  idle: 'skipped',
};

function reasonOf(decision: Decision): string | null {
  switch (decision.kind) {
    case 'ok':
      return decision.note;
    case 'refused':
    case 'skipped':
      return decision.reason;
    case 'idle':
      return 'nothing notified it';
    case 'unknown':
      return `known after apply: ${decision.because} decides what it finds`;
    case 'change':
      return null;
  }
}

function changesOf(item: HostStep, decision: Decision): StepRecord['changes'] {
  const changes = decision.kind === 'change' ? decision.plan.changes : decision.kind === 'unknown' ? wishesOf(item) : NONE;
  return item.step.secret === true ? changes.map(hidden) : changes;
}

function wishesOf({ step }: HostStep): readonly Change[] {
  return step.wants.map(({ field, after }) => ({ field, before: null, after }));
}

/** What is reported of a change of secret contents; what is compared and written is the step's plan. */
function hidden({ field, before, after }: Change): Change {
  return { field, before: isContent(before) ? withoutBytes(before) : before, after: isContent(after) ? withoutBytes(after) : after };
}

/** The worst outcome of a host's steps. */
export function hostOutcome(steps: readonly StepRecord[]): StepOutcome {
  const outcomes = new Set(steps.map((step) => step.outcome));
  if (outcomes.has('failed')) return 'failed';
  if (outcomes.has('changed')) return 'changed';
  return outcomes.has('ok') || outcomes.size === 0 || steps.every((step) => step.handler) ? 'ok' : 'skipped';
}
