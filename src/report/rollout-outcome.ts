import type { RolloutRecord } from '../model/rollout.ts';
import type { HostRecord, Run, StepRecord } from '../model/run.ts';

/** What became of the hosts of a rollout, as far as the records of a run tell. Names in the order of the batches. */
export interface RolloutOutcome {
  /** Hosts of batches that were not begun. */
  readonly notStarted: readonly string[];
  /** Hosts that were begun, and told to stop before their end; no failures. */
  readonly unfinished: readonly string[];
  /** Hosts that were taken out of service and not put back. */
  readonly out: readonly string[];
}

/** Phases of trouble that leave the work on a host itself complete or unbegun. */
const AROUND: ReadonlySet<string> = new Set(['before', 'gate', 'halted']);

/** Finds the hosts of a rollout that were not begun, and those that stayed out of service. */
export function outcomeOf(rollout: RolloutRecord, hosts: readonly HostRecord[]): RolloutOutcome {
  const records = new Map(hosts.map((host) => [host.name, host]));
  const unbegun = rollout.batches.filter(({ state }) => state === 'not-started' || state === 'planned').flatMap((batch) => batch.hosts);
  const notStarted = new Set([...unbegun, ...[...records.values()].filter((host) => isLeft(host, rollout.play)).map(({ name }) => name)]);
  const names = rollout.batches.flatMap((batch) => batch.hosts);
  const begun = names.flatMap((name) => (notStarted.has(name) ? [] : (records.get(name) ?? [])));
  return {
    notStarted: names.filter((name) => notStarted.has(name)),
    unfinished: begun.filter((record) => isUnfinished(record, rollout.play)).map(({ name }) => name),
    out: begun.filter((record) => isOut(record, rollout)).map(({ name }) => name),
  };
}

/** A host that a halted rollout left as it was. */
export function isLeftAlone({ error, steps }: HostRecord): boolean {
  return error?.phase === 'halted' && !steps.some(wasBegun);
}

/** Whether an apply has hosts left that are no failures: a later run goes on with them. */
export function hasHostsLeft({ rollouts, hosts, interrupted }: Run): boolean {
  if (interrupted !== null) return true;
  return rollouts.some((rollout) => {
    const { notStarted, unfinished } = outcomeOf(rollout, hosts);
    const undone = rollout.batches.filter((batch) => batch.undone).flatMap((batch) => batch.hosts);
    return [...notStarted, ...unfinished, ...undone].some((name) => !rollout.failed.includes(name));
  });
}

function isLeft({ error, steps }: HostRecord, play: string): boolean {
  return error?.phase === 'halted' && !steps.some((step) => step.play === play && wasBegun(step));
}

function isUnfinished({ outcome, steps }: HostRecord, play: string): boolean {
  if (outcome === 'failed' || outcome === 'unreachable') return false;
  return steps.some((step) => step.play === play && step.part === 'roles' && step.progress === 'not-started');
}

function wasBegun({ outcome, progress }: StepRecord): boolean {
  return progress === 'done' || progress === 'in-doubt' || outcome === 'failed';
}

function isComplete({ outcome, progress }: StepRecord): boolean {
  return outcome !== 'failed' && progress !== 'in-doubt' && progress !== 'not-started';
}

/** Its `before` was begun, and its `after` did not come to its end, or was not begun for its work had failed. What was done again counts as it was the last time. */
function isOut({ error, steps }: HostRecord, { play, onFailure, around }: RolloutRecord): boolean {
  if (error?.phase === 'after') return true;
  const last = new Map(steps.filter((step) => step.play === play).map((step) => [`${step.part} ${step.on ?? ''} ${step.id}`, step]));
  const own = [...last.values()];
  const after = own.filter(({ part }) => part === 'after');
  const wasTaken = own.some((step) => (step.part === 'before' ? step.progress !== 'not-started' : step.part === 'roles' && wasBegun(step)));
  if (!wasTaken || after.length > 0) return wasTaken && !after.every(isComplete);
  const isBroken = error !== null && !AROUND.has(error.phase) && !own.filter(({ part }) => part === 'roles').every(isComplete);
  return isBroken && (around.after.length > 0 || (onFailure === 'leaveOut' && around.before.length > 0));
}
