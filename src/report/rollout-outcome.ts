import type { BatchRecord, RolloutRecord } from '../model/rollout.ts';
import type { HostRecord, StepRecord } from '../model/run.ts';

/** What became of the hosts of a rollout, as far as the records of a run tell. Names in the order of the batches. */
export interface RolloutOutcome {
  /** Hosts of batches that were not begun. */
  readonly notStarted: readonly string[];
  /** Hosts that were taken out of service and not put back. */
  readonly out: readonly string[];
}

/** Finds the hosts of a rollout that were not begun, and those that stayed out of service. */
export function outcomeOf(rollout: RolloutRecord, hosts: readonly HostRecord[]): RolloutOutcome {
  const records = new Map(hosts.map((host) => [host.name, host]));
  const names = (holds: (record: HostRecord | undefined, batch: BatchRecord) => boolean): readonly string[] =>
    rollout.batches.flatMap((batch) => batch.hosts.filter((name) => holds(records.get(name), batch)));
  const isOpen = (record: HostRecord | undefined, batch: BatchRecord): boolean =>
    isUnbegun(batch) || (batch.state === 'halted' && (record === undefined || !hasBegun(record, rollout.play)));
  return {
    notStarted: names(isOpen),
    out: names((record, batch) => record !== undefined && !isOpen(record, batch) && isOut(record, rollout.play)),
  };
}

/** A host that a halted rollout left as it was. */
export function isLeftAlone({ error, steps }: HostRecord): boolean {
  return error?.phase === 'halted' && !steps.some(wasBegun);
}

function isUnbegun({ state }: BatchRecord): boolean {
  return state === 'not-started' || state === 'planned';
}

function hasBegun({ error, steps }: HostRecord, play: string): boolean {
  if (error?.phase === 'halted') return false;
  return error !== null || steps.some((step) => step.play === play && wasBegun(step));
}

function wasBegun({ outcome, progress }: StepRecord): boolean {
  return progress === 'done' || progress === 'in-doubt' || outcome === 'failed';
}

/** Its `before` was begun and its `after` did not come to its end. What was carried out again counts as it was the last time. */
function isOut({ error, steps }: HostRecord, play: string): boolean {
  if (error?.phase === 'after') return true;
  const last = new Map(steps.filter((step) => step.play === play).map((step) => [`${step.part} ${step.on ?? ''} ${step.id}`, step]));
  const before = [...last.values()].filter(({ part }) => part === 'before');
  const after = [...last.values()].filter(({ part }) => part === 'after');
  const wasTaken = before.length === 0 || before.some(({ progress }) => progress !== 'not-started');
  return wasTaken && after.some((step) => step.outcome === 'failed' || step.progress === 'in-doubt' || step.progress === 'not-started');
}
