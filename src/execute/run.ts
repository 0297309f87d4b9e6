import PQueue from 'p-queue';
import { exitCode } from '../errors/exit-code.ts';
import type { Emit } from '../model/event.ts';
import type { Inspect } from '../model/planned.ts';
import type { Ports } from '../model/ports.ts';
import type { PlayTask } from '../model/rollout-task.ts';
import type { HostRecord, Run, RunHeader } from '../model/run.ts';
import { HostRun } from './host-run.ts';
import {
  type HostTask,
  isPrepared,
  type Prepared,
  prepareHost,
  type RunContext,
  type StopSignals,
  type Turns,
  wouldChange,
} from './prepare.ts';
import { prepareRollouts, type Rollouts } from './rollout/rollouts.ts';

/** How a run is executed. */
export interface ExecuteOptions {
  readonly header: RunHeader;
  /** Who runs drover, and where: `name@machine`. */
  readonly owner: string;
  /** Runs that have ended and that this one goes on with. Default: none. */
  readonly instead?: readonly string[];
  /** All plays of the playbook, in order. */
  readonly plays: readonly PlayTask[];
  /** Hosts worked on at the same time. */
  readonly forks: number;
  readonly ports: Ports;
  readonly emit: Emit;
  readonly stop: StopSignals;
  /** Looks at every host that was planned, and may refuse it. Default: refuses none. */
  readonly inspect?: Inspect | undefined;
}

/** A run whose hosts were read and planned; nothing is written until `apply`. */
export interface PlannedRun {
  readonly plan: Run;
  /** Carries out the plan, play by play. Call it at most once. */
  apply(): Promise<Run>;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Connects to, reads and plans all hosts, at most `forks` at a time. */
export async function startRun(tasks: readonly HostTask[], options: ExecuteOptions): Promise<PlannedRun> {
  const run = new RunState(tasks, options);
  await run.prepare();
  return run;
}

class RunState implements PlannedRun {
  readonly #tasks: readonly HostTask[];
  readonly #options: ExecuteOptions;
  readonly #context: RunContext;
  readonly #queue: PQueue;
  readonly #startedMs: number;
  /** The plays that each host takes part in. */
  readonly #plays: ReadonlyMap<string, readonly number[]>;
  readonly #hosts = new Map<string, Prepared | HostRecord>();
  #rollouts: Rollouts | null = null;
  #plan: Run | null = null;

  constructor(tasks: readonly HostTask[], options: ExecuteOptions) {
    this.#tasks = tasks;
    this.#options = options;
    const { header, owner, instead = [], ports, emit, stop, inspect } = options;
    this.#startedMs = ports.now();
    this.#context = { run: header.id, owner, instead, ports, beganMs: this.#startedMs, emit, stop, inspect };
    this.#queue = new PQueue({ concurrency: options.forks });
    this.#plays = new Map(
      tasks.map(({ host, plays }) => [host.name, plays.filter(({ part }) => part === 'roles').map(({ index }) => index)]),
    );
  }

  get plan(): Run {
    if (this.#plan === null) throw new Error('the run was not prepared');
    return this.#plan;
  }

  async prepare(): Promise<void> {
    const { emit, plays } = this.#options;
    emit({ kind: 'hosts-selected', hosts: this.#tasks.map((task) => task.host.name) });
    const turns = turnsOf(plays);
    await this.#each(this.#tasks, async (task) => {
      const prepared = await prepareHost(task, this.#context, turns);
      this.#hosts.set(task.host.name, prepared);
      if (!isPrepared(prepared)) emit({ kind: 'host-finished', host: prepared });
      else await this.#retireEarly(prepared, turns);
    });
    this.#rollouts = await prepareRollouts(plays, this.#hosts, { context: this.#context, each: (all, work) => this.#each(all, work) });
    if (this.#options.header.mode !== 'apply') await this.#rollouts.close();
    const rollouts = this.#rollouts.records();
    if (rollouts.length > 0) emit({ kind: 'rollouts-planned', rollouts });
    // Rollouts may have found that more hosts cannot be worked on.
    for (const host of this.#hosts.values()) if (isPrepared(host) && !this.#mayWork(host, turns)) await this.#retire(host);
    this.#plan = this.#finish(this.#tasks.map((task) => this.#plannedRecord(task)));
  }

  #mayWork(prepared: Prepared, turns: Turns): boolean {
    if (this.#options.header.mode !== 'apply') return false;
    return (
      wouldChange(prepared) || this.#options.plays.some(({ index }) => prepared.refused === null && turns.isOwed(index, prepared.host.name))
    );
  }

  /** Hosts that no rollout looks at are over before the others are planned. */
  async #retireEarly(prepared: Prepared, turns: Turns): Promise<void> {
    const isRolled = this.#options.plays.some(({ rollout }) => rollout !== null);
    if (!isRolled && !this.#mayWork(prepared, turns)) await this.#retire(prepared);
    else if (this.#options.header.mode !== 'apply') await prepared.connection.close();
  }

  /** Nothing more will be asked of this host: its connection, facts and steps are let go. */
  async #retire(prepared: Prepared): Promise<void> {
    await prepared.connection.close();
    const host = new HostRun(prepared, this.#context).record(this.#rollouts?.planned(prepared));
    this.#hosts.set(host.name, host);
    this.#options.emit({ kind: 'host-finished', host });
  }

  async apply(): Promise<Run> {
    const runs = new Map<string, HostRun>();
    for (const [name, prepared] of this.#hosts) if (isPrepared(prepared)) runs.set(name, new HostRun(prepared, this.#context));
    await this.#suspend(runs);
    for (const play of this.#options.plays) {
      const own = [...runs].filter(([name]) => this.#takesPart(name, play.index));
      const settle = async (names: readonly string[]): Promise<void> => {
        await this.#each(names, async (name) =>
          this.#isLast(name, play.index) ? runs.get(name)?.finish() : runs.get(name)?.release(this.#context),
        );
      };
      if (play.rollout === null) await this.#each(own, ([name, run]) => this.#carryOut(play.index, name, run));
      else await this.#rollouts?.carryOut(play.index, runs, settle);
      if (play.rollout !== null) await settle(own.map(([name]) => name));
    }
    await this.#each([...runs.values()], (run) => run.finish());
    await this.close();
    return this.#finish(this.#tasks.map((task) => runs.get(task.host.name)?.record() ?? this.#plannedRecord(task)));
  }

  /** A play without a rollout, on one host. */
  async #carryOut(play: number, host: string, run: HostRun): Promise<void> {
    const { emit } = this.#options;
    emit({ kind: 'turn-started', play, host });
    const done = await run.carryOut(play);
    // What is told to be over is not held any more, should the run end here.
    if (this.#isLast(host, play)) await run.release(this.#context);
    emit({ kind: 'turn-finished', play, host, outcome: run.record().outcome, done, out: false, budget: { total: null, batch: null } });
    if (this.#isLast(host, play)) await run.finish();
  }

  /** Hosts whose turn is still to come need no connection until then. */
  async #suspend(runs: ReadonlyMap<string, HostRun>): Promise<void> {
    const first = this.#options.plays[0];
    if (first === undefined || first.rollout === null) return;
    const now = new Set(this.#rollouts?.batchesOf(first.index)[0] ?? []);
    await this.#each(
      [...runs].filter(([name]) => !now.has(name)),
      ([, run]) => run.suspend(),
    );
  }

  #takesPart(host: string, play: number): boolean {
    return this.#playsOf(host).includes(play);
  }

  #isLast(host: string, play: number): boolean {
    return this.#playsOf(host).at(-1) === play;
  }

  #playsOf(host: string): readonly number[] {
    return this.#plays.get(host) ?? [];
  }

  async close(): Promise<void> {
    await this.#rollouts?.close();
    await Promise.all([...this.#hosts.values()].map(async (host) => (isPrepared(host) ? host.connection.close() : undefined)));
  }

  async #each<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
    await this.#queue.addAll(all.map((one) => () => work(one)));
  }

  #plannedRecord({ host }: HostTask): HostRecord {
    const prepared = this.#hosts.get(host.name);
    if (prepared === undefined) throw new Error(`host ${host.name} was not prepared`);
    if (!isPrepared(prepared)) return prepared;
    const run = new HostRun(prepared, this.#context);
    return run.record(this.#rollouts?.planned(prepared) ?? prepared.planned);
  }

  #finish(hosts: readonly HostRecord[]): Run {
    const { header, stop, ports } = this.#options;
    const interrupted = stop.soft.aborted ? interruption(stop.soft.reason) : null;
    const count = (outcome: string): number => hosts.filter((host) => host.outcome === outcome).length;
    return {
      header,
      finishedAt: new Date().toISOString(),
      durationMs: Math.round(ports.now() - this.#startedMs),
      interrupted,
      exitCode: exitCode({
        interrupted,
        failed: count('failed'),
        unreachable: count('unreachable'),
        pending: header.mode === 'check' && count('changed') > 0,
      }),
      rollouts: this.#rollouts?.records() ?? [],
      visited: this.#rollouts?.visited() ?? [],
      hosts,
    };
  }
}

/** The signal that an abort reason names. */
function interruption(reason: unknown): 'SIGINT' | 'SIGTERM' {
  return reason === 'SIGTERM' ? 'SIGTERM' : 'SIGINT';
}

/** Which play each visit belongs to, and who is to be put back into service. */
function turnsOf(plays: readonly PlayTask[]): Turns {
  const owners = new Map<number, number>();
  for (const { index, rollout } of plays) {
    for (const { once, before, after, gate } of rollout?.visits.values() ?? [])
      for (const { play } of [...once, ...before, ...after, ...gate]) owners.set(play.index, index);
  }
  return {
    playOf: (visit) => owners.get(visit) ?? null,
    isOwed: (play, host) => plays.find(({ index }) => index === play)?.rollout?.owed.has(host) === true,
  };
}
