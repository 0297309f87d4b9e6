import type { PlanPort } from '../../model/ports.ts';
import type { Batches, BatchRecord, Ledger, RolloutRecord } from '../../model/rollout.ts';
import type { HostVisits, PlayTask, RolloutTask, Visit } from '../../model/rollout-task.ts';

/** What became of hosts in planning: those with something to do, and those that cannot be worked on. */
export interface Readiness {
  /** Hosts that can be worked on, and on which the play would change something or that are to be put back into service. */
  readonly working: Set<string>;
  /** Hosts that cannot be worked on, and whether they cannot even be reached. */
  readonly failed: Map<string, { readonly isReachable: boolean }>;
}

const NO_VISITS: HostVisits = { once: [], before: [], after: [], gate: [] };

interface Parts {
  readonly batches: readonly (readonly string[])[];
  readonly sizes: readonly number[];
  readonly ledger: Ledger;
}

/** A play's rollout from its plan to its end: batches, account, and what became of them. */
export class PlannedRollout {
  readonly play: PlayTask;
  readonly task: RolloutTask;
  readonly batches: readonly (readonly string[])[];
  readonly ledger: Ledger;
  readonly #ended = new Map<number, BatchRecord>();
  /** Hosts whose turn was begun, by this run or by the one that it goes on with. */
  readonly #begun: Set<string>;

  /** Indexes into `serial`, by batch. */
  readonly #sizes: readonly number[];

  constructor(play: PlayTask, task: RolloutTask, { batches, sizes, ledger }: Parts) {
    this.play = play;
    this.task = task;
    this.batches = batches;
    this.#sizes = sizes;
    this.ledger = ledger;
    this.#begun = new Set(task.owed);
  }

  /** What is done around a host. */
  visits(host: string): HostVisits {
    return this.task.visits.get(host) ?? NO_VISITS;
  }

  /** What is done once before a batch: on its first host, or for it. `isFirst`: no batch was begun before it. */
  onceFor(batch: number, isFirst: boolean = batch === 0): HostVisits['once'] {
    const [first] = this.batches[batch] ?? [];
    return first === undefined ? [] : this.onceOf(first, isFirst);
  }

  /** What is done once before the batch that a host is in, on this host or for it. */
  onceOf(host: string, isFirst: boolean): HostVisits['once'] {
    return this.visits(host).once.filter(({ per }) => per === 'batch' || isFirst);
  }

  /** Index into `serial` of a batch. */
  size(batch: number): number {
    return this.#sizes[batch] ?? this.task.firstBatch;
  }

  /** The host is being taken out of service. */
  begin(host: string): void {
    this.#begun.add(host);
  }

  end(batch: number, record: BatchRecord): void {
    this.#ended.set(batch, record);
  }

  record(): RolloutRecord {
    const { settings, hosts } = this.task;
    const largest = this.batches.reduce((most, { length }) => Math.max(most, length), 0);
    return {
      index: this.play.index,
      play: this.play.name,
      hosts: hosts.length,
      batches: this.batches.map((batch, index) => this.#ended.get(index) ?? planned(batch)),
      mostOut: largest,
      domains: settings.spread.map(({ by, max }) => ({ by, max, most: this.#mostOf(by) })),
      maxFailures: this.ledger.borne(largest),
      failed: [...this.ledger.failed],
      out: [...this.#begun].filter((name) => this.ledger.isOut(name)),
      soakMs: settings.soakMs,
      onFailure: settings.onFailure,
      onGateFailure: settings.onGateFailure,
      around: {
        once: this.#words(({ once }) => once.filter(({ per }) => per === 'run'))
          .map((words) => `${words}, once`)
          .concat(this.#words(({ once }) => once.filter(({ per }) => per === 'batch')).map((words) => `${words}, once per batch`)),
        before: this.#words((visits) => visits.before),
        after: this.#words((visits) => visits.after),
        gate: this.#words((visits) => visits.gate),
      },
      halted: this.ledger.halted(),
    };
  }

  /** The most hosts of one value of a var in one batch. */
  #mostOf(by: string): number {
    const values = new Map(this.task.hosts.map(({ name, vars }) => [name, JSON.stringify(vars[by])]));
    const counts = this.batches.map((batch) => {
      const tally = new Map<string | undefined, number>();
      for (const name of batch) tally.set(values.get(name), (tally.get(values.get(name)) ?? 0) + 1);
      return Math.max(0, ...tally.values());
    });
    return Math.max(0, ...counts);
  }

  /** Roles with the hosts on which they are carried out, in order, each once. */
  #words(of: (visits: HostVisits) => readonly Visit[]): readonly string[] {
    const found = new Map<string, Set<string>>();
    for (const name of this.batches.flat()) {
      for (const { host, play } of of(this.visits(name))) {
        for (const { role } of play.roles) {
          const on = found.get(role.name) ?? new Set();
          found.set(role.name, on.add(host.name === name ? '' : host.name));
        }
      }
    }
    return [...found].map(([role, on]) => {
      const others = [...on].filter((name) => name !== '');
      return others.length === 0 ? role : `${role} on ${[...(on.has('') ? ['the host itself'] : []), ...others].join(', ')}`;
    });
  }
}

function planned(hosts: readonly string[]): BatchRecord {
  return { hosts, state: 'planned', reason: null, durationMs: null, undone: false };
}

/** Makes the batches of a play from the hosts that have something to do: first those that an earlier run left out of service. */
export function planRollout(play: PlayTask, task: RolloutTask, { ready, plan }: { ready: Readiness; plan: PlanPort }): PlannedRollout {
  const { settings, hosts, owed } = task;
  const working = hosts.filter(({ name }) => ready.working.has(name));
  const batchSettings = { ...settings, total: hosts.length, first: task.firstBatch };
  const parts: Batches[] = [working.filter(({ name }) => owed.has(name)), working.filter(({ name }) => !owed.has(name))].map((part) =>
    plan.planBatches(part, batchSettings),
  );
  const problem = parts.flatMap(({ problems }) => problems)[0];
  // What is wrong with the settings was refused before any host was contacted.
  if (problem !== undefined) throw new Error(problem);
  const ledger = plan.openLedger(hosts, settings);
  for (const [name, { isReachable }] of ready.failed) ledger.end(name, { failed: true, out: !isReachable || owed.has(name) });
  for (const name of owed) if (!ready.failed.has(name)) ledger.begin(name);
  for (const name of task.out ?? []) ledger.begin(name);
  // What is put back first takes no canary's place.
  const sizes = parts.flatMap(({ batches }) => batches.map((_, index) => task.firstBatch + index));
  return new PlannedRollout(play, task, { batches: parts.flatMap(({ batches }) => batches), sizes, ledger });
}
