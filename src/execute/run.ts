import PQueue from 'p-queue';
import { exitCode } from '../errors/exit-code.ts';
import type { Emit } from '../model/event.ts';
import type { Ports } from '../model/ports.ts';
import type { PlayTask } from '../model/rollout-task.ts';
import type { HostRecord, Run, RunHeader } from '../model/run.ts';
import { HostRun } from './host-run.ts';
import { type HostTask, type Prepared, prepareHost, type RunContext, type StopSignals } from './prepare.ts';

/** How a run is executed. */
export interface ExecuteOptions {
  readonly header: RunHeader;
  /** Who runs drover, and where: `name@machine`. */
  readonly owner: string;
  /** All plays of the playbook, in order. */
  readonly plays: readonly PlayTask[];
  /** Hosts worked on at the same time. */
  readonly forks: number;
  readonly ports: Ports;
  readonly emit: Emit;
  readonly stop: StopSignals;
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
  readonly #hosts = new Map<string, Prepared | HostRecord>();
  #plan: Run | null = null;

  constructor(tasks: readonly HostTask[], options: ExecuteOptions) {
    this.#tasks = tasks;
    this.#options = options;
    this.#context = { run: options.header.id, owner: options.owner, ports: options.ports, emit: options.emit, stop: options.stop };
    this.#queue = new PQueue({ concurrency: options.forks });
    this.#startedMs = options.ports.now();
  }

  get plan(): Run {
    if (this.#plan === null) throw new Error('the run was not prepared');
    return this.#plan;
  }

  async prepare(): Promise<void> {
    const { emit, header } = this.#options;
    emit({ kind: 'hosts-selected', hosts: this.#tasks.map((task) => task.host.name) });
    await this.#queue.addAll(
      this.#tasks.map((task) => async () => {
        const prepared = await prepareHost(task, this.#context);
        this.#hosts.set(task.host.name, prepared);
        if (!isPrepared(prepared)) emit({ kind: 'host-finished', host: prepared });
        else if (header.mode !== 'apply' || !wouldChange(prepared)) {
          // Nothing more will be asked of this host: its connection, facts and steps are let go before the others are done.
          await prepared.connection.close();
          const host = new HostRun(prepared, this.#context).record();
          this.#hosts.set(host.name, host);
          emit({ kind: 'host-finished', host });
        }
      }),
    );
    this.#plan = this.#finish(this.#tasks.map((task) => this.#plannedRecord(task)));
  }

  async apply(): Promise<Run> {
    const runs = new Map<string, HostRun>();
    for (const { host } of this.#tasks) {
      const prepared = this.#hosts.get(host.name);
      if (prepared !== undefined && isPrepared(prepared) && wouldChange(prepared))
        runs.set(host.name, new HostRun(prepared, this.#context));
    }
    for (const { index } of this.#options.plays) {
      await this.#queue.addAll([...runs.values()].map((run) => () => run.carryOut(index)));
    }
    await this.close();
    return this.#finish(this.#tasks.map((task) => runs.get(task.host.name)?.record() ?? this.#plannedRecord(task)));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map(async (host) => (isPrepared(host) ? host.connection.close() : undefined)));
  }

  #plannedRecord({ host }: HostTask): HostRecord {
    const prepared = this.#hosts.get(host.name);
    if (prepared === undefined) throw new Error(`host ${host.name} was not prepared`);
    return isPrepared(prepared) ? new HostRun(prepared, this.#context).record() : prepared;
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
      rollouts: [],
      hosts,
    };
  }
}

/** The signal that an abort reason names. */
function interruption(reason: unknown): 'SIGINT' | 'SIGTERM' {
  return reason === 'SIGTERM' ? 'SIGTERM' : 'SIGINT';
}

function isPrepared(host: Prepared | HostRecord): host is Prepared {
  return 'items' in host;
}

/** True where something is to be carried out on the host. */
function wouldChange(host: Prepared): boolean {
  return host.refused === null && host.planned.some((step) => step.outcome === 'changed');
}
