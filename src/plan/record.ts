import type { Decided } from '../model/planned.ts';
import type { StepOutcome, StepRecord } from '../model/run.ts';

/** A planned step as a record: in a plan `changed` means that it would change. */
export function planRecord({ item, decision, notifiedBy }: Decided): StepRecord {
  const common = {
    id: item.id,
    play: item.playName,
    role: item.role,
    kind: item.step.kind,
    subject: item.step.subject,
    handler: item.handler !== null,
    notifiedBy,
    progress: 'planned' as const,
    certainty: 'exact' as const,
    reason: null,
    durationMs: null,
    changes: [],
    failure: null,
    irreversible: null,
    undo: [],
  };
  switch (decision.kind) {
    case 'ok':
      return { ...common, outcome: 'ok', reason: decision.note };
    case 'refused':
      return { ...common, outcome: 'failed', reason: decision.reason };
    case 'idle':
      return { ...common, outcome: 'skipped', reason: 'nothing notified it' };
    case 'unknown':
      return {
        ...common,
        outcome: 'changed',
        certainty: 'after-apply',
        reason: `known after apply: ${decision.because} decides what it finds`,
        changes: item.step.wants.map(({ field, after }) => ({ field, before: null, after })),
      };
    case 'change':
      return {
        ...common,
        outcome: 'changed',
        changes: decision.plan.changes,
        irreversible: decision.plan.irreversible ?? null,
        undo: decision.undo,
      };
  }
}

/** The worst outcome of a host's steps. */
export function hostOutcome(steps: readonly StepRecord[]): StepOutcome {
  const outcomes = new Set(steps.map((step) => step.outcome));
  if (outcomes.has('failed')) return 'failed';
  if (outcomes.has('changed')) return 'changed';
  return outcomes.has('ok') || outcomes.size === 0 || steps.every((step) => step.handler) ? 'ok' : 'skipped';
}
