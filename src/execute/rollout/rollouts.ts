import type { Host } from '../../model/host.ts';
import type { HostPlay } from '../../model/ports.ts';
import type { RolloutRecord } from '../../model/rollout.ts';
import type { PlayTask, Visit } from '../../model/rollout-task.ts';
import type { HostRecord, StepRecord, VisitedHost } from '../../model/run.ts';
import type { HostRun } from '../host-run.ts';
import { isPrepared, MOVED, type Prepared, type RunContext } from '../prepare.ts';
import { notStarted } from '../step-record.ts';
import { type PlannedRollout, planRollout, type Readiness } from './planned-rollout.ts';
import { rollOut } from './roll-out.ts';
import { Turns } from './turns.ts';
import { Visitors } from './visitors.ts';

/** Does something for all, with as many at once as forks allow. */
export type Each = <T>(all: readonly T[], work: (one: T) => Promise<void>) => Promise<void>;

interface RolloutsOptions {
  readonly context: RunContext;
  readonly each: Each;
}

/** Makes the batches of all plays that have a rollout, and plans what is done for their hosts on others. */
export async function prepareRollouts(
  plays: readonly PlayTask[],
  hosts: Map<string, Prepared | HostRecord>,
  { context, each }: RolloutsOptions,
): Promise<Rollouts> {
  const visitors = new Visitors(context);
  const drafts = plays.flatMap((play) => draftOf(play, hosts, context));
  const visits = drafts.flatMap((draft) => visitsOf(draft));
  await each(byHost(visits), async ({ host, plays: own }) => visitors.prepare(host, own));
  for (const draft of drafts) refuseUnservable(draft, hosts, visitors);
  const planned = plays.flatMap((play) => draftOf(play, hosts, context));
  return new Rollouts(planned, visitors, { context, each });
}

function draftOf(play: PlayTask, hosts: ReadonlyMap<string, Prepared | HostRecord>, { ports }: RunContext): PlannedRollout[] {
  if (play.rollout === null) return [];
  const ready: Readiness = { working: new Set(), failed: new Map() };
  for (const { name } of play.rollout.hosts) {
    const found = hosts.get(name);
    const trouble = found === undefined ? null : troubleOf(found);
    if (trouble !== null) ready.failed.set(name, { isReachable: trouble === 'failed' });
    else if (
      found !== undefined &&
      isPrepared(found) &&
      found.refused === null &&
      (isChanging(found, play.index) || play.rollout.owed.has(name))
    )
      ready.working.add(name);
  }
  return [planRollout(play, play.rollout, { ready, plan: ports.plan })];
}

/** Why a host cannot be worked on; null where it can. */
function troubleOf(host: Prepared | HostRecord): 'failed' | 'unreachable' | null {
  // Somebody changed it: that says nothing against the release, and it serves.
  if (hasMoved(host)) return null;
  if (isPrepared(host)) return host.refused === null ? null : 'failed';
  return host.outcome === 'failed' || host.outcome === 'unreachable' ? host.outcome : null;
}

/** True for hosts that are not what a saved plan was made on. */
function hasMoved(host: Prepared | HostRecord): boolean {
  return (isPrepared(host) ? host.refused : host.error)?.phase === MOVED;
}

function isChanging({ items, planned }: Prepared, play: number): boolean {
  return items.some((item, index) => item.play === play && planned[index]?.outcome === 'changed');
}

/** The visits to other hosts in the order of the batches, and what is done once. */
function visitsOf(rollout: PlannedRollout): Visit[] {
  return rollout.batches.flatMap((batch) => {
    // Which batch will be the first that is begun is not known yet.
    const once = batch.flatMap((name) => rollout.visits(name).once);
    const around = batch.flatMap((name) => {
      const { before, after, gate } = rollout.visits(name);
      return [...before, ...after, ...gate].filter(({ host }) => host.name !== name);
    });
    return [...once, ...around];
  });
}

function byHost(visits: readonly Visit[]): { host: Host; plays: HostPlay[] }[] {
  const found = new Map<string, { host: Host; plays: HostPlay[] }>();
  for (const { host, play } of visits) {
    const entry = found.get(host.name) ?? { host, plays: [] };
    entry.plays.push(play);
    found.set(host.name, entry);
  }
  return [...found.values()];
}

/** Hosts that cannot be taken out or put back are not begun. */
function refuseUnservable(rollout: PlannedRollout, hosts: Map<string, Prepared | HostRecord>, visitors: Visitors): void {
  for (const name of rollout.batches.flat()) {
    const { before, after, gate } = rollout.visits(name);
    for (const visit of [...before, ...after, ...gate].filter(({ host }) => host.name !== name)) {
      const { trouble } = visitors.planned(visit);
      const prepared = hosts.get(name);
      if (trouble === null || prepared === undefined || !isPrepared(prepared) || prepared.refused !== null) continue;
      const message = `${visit.play.part} on ${visit.host.name}: ${trouble.error.message}`;
      const planned = prepared.planned.map((record) => notStarted(record, message));
      hosts.set(name, {
        ...prepared,
        planned,
        refused: { phase: trouble.error.phase === MOVED ? MOVED : visit.play.part, message, hint: trouble.error.hint },
      });
    }
  }
}

/** The rollouts of a run, and the hosts that are visited for them. */
export class Rollouts {
  readonly #rollouts: readonly PlannedRollout[];
  readonly #visitors: Visitors;
  readonly #options: RolloutsOptions;

  constructor(rollouts: readonly PlannedRollout[], visitors: Visitors, options: RolloutsOptions) {
    this.#rollouts = rollouts;
    this.#visitors = visitors;
    this.#options = options;
  }

  /** Host names by batch of a play. */
  batchesOf(play: number): readonly (readonly string[])[] {
    return this.#rollouts.find((rollout) => rollout.play.index === play)?.batches ?? [];
  }

  records(): readonly RolloutRecord[] {
    return this.#rollouts.map((rollout) => rollout.record());
  }

  /** Hosts on which something was done for others. */
  visited(): readonly VisitedHost[] {
    return this.#visitors.visited();
  }

  /** What is planned for a host, on itself and on others, in the order in which it is carried out. */
  planned({ host, items, planned }: Prepared): readonly StepRecord[] {
    const own = (index: number): StepRecord[] => planned.filter((_, at) => items[at]?.play === index);
    const around = new Map(this.#rollouts.map((rollout) => [rollout.play.index, this.#around(rollout, host.name)]));
    const plays = [...new Set(items.filter(({ part }) => part === 'roles').map(({ play }) => play))];
    return plays.flatMap((play) => {
      const visits = around.get(play) ?? { before: [], behind: [] };
      const of = (all: readonly Visit[]): StepRecord[] =>
        all.flatMap((visit) => {
          if (visit.host.name === host.name && visit.play.part !== 'once') return own(visit.play.index);
          return this.#visitors.planned(visit).records.map((record) => (record.on === host.name ? { ...record, on: null } : record));
        });
      return [...of(visits.before), ...own(play), ...of(visits.behind)];
    });
  }

  #around(rollout: PlannedRollout, name: string): { readonly before: readonly Visit[]; readonly behind: readonly Visit[] } {
    const batch = rollout.batches.findIndex((hosts) => hosts.includes(name));
    if (batch === -1) return { before: [], behind: [] };
    const { before, after, gate } = rollout.visits(name);
    const once = rollout.batches[batch]?.[0] === name ? rollout.onceFor(batch) : [];
    return { before: [...once, ...before], behind: [...after, ...gate] };
  }

  /** Carries out the rollout of a play. `settle` is called with hosts that are through with it. */
  async carryOut(play: number, runs: ReadonlyMap<string, HostRun>, settle: (names: readonly string[]) => Promise<void>): Promise<void> {
    const rollout = this.#rollouts.find((each) => each.play.index === play);
    if (rollout === undefined) return;
    const { context, each } = this.#options;
    const inBatches = new Set(rollout.batches.flat());
    for (const { name } of rollout.task.hosts) if (!inBatches.has(name)) runs.get(name)?.leaveOut(play, 'it has nothing to do here');
    this.#carryOver(rollout, runs);
    const halted = rollout.ledger.halted();
    if (halted !== null) context.emit({ kind: 'rollout-halted', play, reason: halted });
    const turns = new Turns({ rollout, runs, visitors: this.#visitors, context, each, settle });
    await rollOut(rollout.batches, rollout.ledger, turns, rollout.task.settings.onGateFailure === 'undo');
  }

  /** What earlier plays of this run did to hosts counts here too. */
  #carryOver({ play, task, ledger }: PlannedRollout, runs: ReadonlyMap<string, HostRun>): void {
    const earlier = this.#rollouts.filter((each) => each.play.index < play.index);
    for (const { name } of task.hosts) {
      const run = runs.get(name);
      const out = run?.isReachable === false || [...earlier, { ledger }].some((each) => each.ledger.isOut(name));
      if (out) ledger.begin(name);
      const hasFailed = run !== undefined && run.trouble !== null && run.trouble.outcome !== 'skipped' && run.trouble.error.phase !== MOVED;
      if (hasFailed && !ledger.failed.includes(name)) ledger.end(name, { failed: true, out });
    }
  }

  /** Gives the visited hosts back and ends the connections to them. */
  async close(): Promise<void> {
    await this.#visitors.end();
  }
}
