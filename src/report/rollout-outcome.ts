import type { RolloutRecord } from '../model/rollout.ts';
import type { HostRecord, Run, StepRecord } from '../model/run.ts';

/** What tells how far a step of a host got. */
type StepEnd = Pick<StepRecord, 'play' | 'part' | 'outcome' | 'progress'>;

/** What tells how far a host got. */
interface HostEnd extends Pick<HostRecord, 'name' | 'outcome' | 'error'> {
  readonly steps: readonly StepEnd[];
}

/** What became of the hosts of a rollout, as far as the records of a run tell. Names in the order of the batches. */
export interface RolloutOutcome {
  /** Hosts of batches that were not begun. */
  readonly notStarted: readonly string[];
  /** Hosts that were begun, and told to stop before their end; no failures. */
  readonly unfinished: readonly string[];
  /** Hosts that were taken out of service and not put back. */
  readonly out: readonly string[];
}

/** Finds the hosts of a rollout that were not begun or not brought to their end, and those that stayed out of service. */
export function outcomeOf(rollout: RolloutRecord, hosts: readonly HostEnd[]): RolloutOutcome {
  const records = new Map(hosts.map((host) => [host.name, host]));
  const unbegun = rollout.batches.filter(({ state }) => state === 'not-started' || state === 'planned').flatMap((batch) => batch.hosts);
  const notStarted = new Set([...unbegun, ...[...records.values()].filter((host) => isLeft(host, rollout.play)).map(({ name }) => name)]);
  const names = rollout.batches.flatMap((batch) => batch.hosts);
  const begun = names.flatMap((name) => (notStarted.has(name) ? [] : (records.get(name) ?? [])));
  return {
    notStarted: names.filter((name) => notStarted.has(name)),
    unfinished: begun.filter((record) => isUnfinished(record, rollout.play)).map(({ name }) => name),
    out: rollout.out,
  };
}

/** A host that a halted rollout left as it was. */
export function isLeftAlone({ error, steps }: Pick<HostEnd, 'error' | 'steps'>): boolean {
  return error?.phase === 'halted' && !steps.some(wasBegun);
}

/** A run, as far as it tells what is left of it. */
interface Left extends Pick<Run, 'rollouts' | 'interrupted'> {
  readonly hosts: readonly HostEnd[];
}

/** Whether an apply has hosts left that are no failures: a later run goes on with them. */
export function hasHostsLeft({ rollouts, hosts, interrupted }: Left): boolean {
  if (interrupted !== null) return true;
  return rollouts.some((rollout) => {
    const { notStarted, unfinished } = outcomeOf(rollout, hosts);
    const undone = rollout.batches.filter((batch) => batch.undone).flatMap((batch) => batch.hosts);
    return [...notStarted, ...unfinished, ...undone].some((name) => !rollout.failed.includes(name));
  });
}

function isLeft({ error, steps }: HostEnd, play: string): boolean {
  return error?.phase === 'halted' && !steps.some((step) => step.play === play && wasBegun(step));
}

function isUnfinished({ outcome, steps }: HostEnd, play: string): boolean {
  if (outcome === 'failed' || outcome === 'unreachable') return false;
  return steps.some((step) => step.play === play && step.part === 'roles' && step.progress === 'not-started');
}

function wasBegun({ outcome, progress }: StepEnd): boolean {
  return progress === 'done' || progress === 'in-doubt' || outcome === 'failed';
}
