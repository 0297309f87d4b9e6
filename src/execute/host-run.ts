import { type FactState, factId } from '../model/fact.ts';
import type { Become } from '../model/host.ts';
import { type Decided, levelOf, type Segment } from '../model/planned.ts';
import type { HostError, HostRecord, StepRecord } from '../model/run.ts';
import type { Connection, ConnectionStats } from '../model/transport.ts';
import type { Prepared, RunContext } from './prepare.ts';
import { addRequest, groupByLevel, readBases, readFacts } from './read-facts.ts';
import { awaitReboot, orderOf, rebootsOrdered } from './reboot.ts';
import { carriedOut, notStarted, resultsOf } from './step-record.ts';
import { messageOf, troubleOutcome } from './trouble.ts';
import { type Unit, unitsOf } from './units.ts';
import { claimOf, type UnitResult, writeUnits } from './write-units.ts';

/** Longest wait for the host to be given back, in milliseconds; while the operator waits for the end of an interrupted run, a shorter one. */
const RELEASE_MS = 30_000;
const HASTY_RELEASE_MS = 2_000;

/** Carries out the planned plays of one host, one after the other, and keeps its records. */
export class HostRun {
  readonly #prepared: Prepared;
  readonly #context: RunContext;
  readonly #records: StepRecord[] = [];
  #error: HostError | null;
  #durationMs: number | null = null;
  #connection: Connection;
  /** Figures of the connections that reboots have ended. */
  readonly #ended: ConnectionStats[] = [];
  /** Privilege levels whose lock this run may still have. */
  readonly #taken = new Map<string, Become | null>();

  constructor(prepared: Prepared, context: RunContext) {
    this.#prepared = prepared;
    this.#context = context;
    this.#error = prepared.refused;
    this.#connection = prepared.connection;
  }

  /** Carries out one play. Never rejects: trouble becomes the host's outcome, and later plays are not begun. */
  async carryOut(play: number): Promise<void> {
    const { items } = this.#prepared;
    const first = items.findIndex((item) => item.play === play);
    if (first === -1) return;
    const end = items.findLastIndex((item) => item.play === play) + 1;
    let next = first;
    try {
      while (next < end && this.#mayGoOn()) next = await this.#segment(next, end);
    } catch (error) {
      // Trouble on this host, or a defect met while driving it, must not touch the others.
      this.#error ??= troubleOutcome(error).error;
    }
    this.#leaveOut(next, end);
    if (end === items.length) await this.#end();
  }

  /** Nothing more will be asked of the host: its connection is free before the others are done. */
  async #end(): Promise<void> {
    await this.#giveBack();
    await this.#connection.close();
    this.#durationMs = this.#elapsedMs();
    this.#context.emit({ kind: 'host-finished', host: this.record() });
  }

  /** Also on a hard stop. What cannot be given back is free when its lease ends. */
  async #giveBack(): Promise<void> {
    const { ports, stop } = this.#context;
    const deadlineMs = stop.soft.aborted ? HASTY_RELEASE_MS : RELEASE_MS;
    for (const [level, become] of this.#taken) {
      const base = this.#prepared.world.bases.get(level);
      if (base === undefined) continue;
      const script = ports.actions.releaseScript(claimOf(this.#context, base, true), ports.nonce());
      await this.#connection.write(script, { become, deadlineMs, signal: AbortSignal.timeout(deadlineMs) }).catch(() => null);
    }
    this.#taken.clear();
  }

  /** What became of the host. */
  record(): HostRecord {
    const { host } = this.#prepared;
    const steps = this.#records.length > 0 ? this.#records : this.#prepared.planned;
    return {
      name: host.name,
      outcome: this.#error === null ? this.#context.ports.plan.hostOutcome(steps) : 'failed',
      error: this.#error,
      connection: sumOf([...this.#ended, this.#connection.stats()]),
      durationMs: this.#durationMs ?? this.#elapsedMs(),
      steps,
    };
  }

  #elapsedMs(): number {
    return Math.round(this.#context.ports.now() - this.#prepared.startedMs);
  }

  #mayGoOn(): boolean {
    return this.#error === null && !this.#context.stop.soft.aborted;
  }

  /** Decides as many steps as possible, carries them out, and reads back what they touched. Returns where to go on. */
  async #segment(from: number, end: number): Promise<number> {
    const { items, world } = this.#prepared;
    const { ports } = this.#context;
    const segment = ports.plan.foldSegment(items.slice(0, end), from, world);
    if (segment.decided.length === 0) throw new Error(`step ${items[from]?.id} cannot be decided: facts that it needs are still unknown`);
    const units = unitsOf(segment.decided, this.#context.run);
    const isLast = segment.next === items.length;
    const results = rebootsOrdered(units, await this.#write(units, segment, isLast));
    this.#keep(segment, units, results);
    const refusal = segment.decided.find((each) => each.decision.kind === 'refused');
    if (refusal?.decision.kind === 'refused')
      this.#error ??= { phase: 'plan', message: `${refusal.item.id}: ${refusal.decision.reason}`, hint: null };
    const order = orderOf(units);
    if (this.#error === null && order !== null) await this.#reboot(segment, order.deadlineMs);
    if (this.#error === null && segment.decided.some(({ decision }) => decision.kind === 'change')) await this.#readBack(segment, results);
    return segment.next;
  }

  async #write(units: readonly Unit[], { decided }: Segment, isLast: boolean): Promise<readonly UnitResult[]> {
    const { host, world } = this.#prepared;
    const { emit } = this.#context;
    const become = decided[0]?.item.become ?? null;
    const base = world.bases.get(levelOf(become));
    if (units.length === 0 || base === undefined) return [];
    emit({ kind: 'host-phase', host: host.name, phase: 'applying' });
    this.#taken.set(levelOf(become), become);
    const results = await writeUnits(units, {
      host,
      connection: this.#connection,
      become,
      base,
      context: this.#context,
      isLast,
      onStart: ({ steps }) => {
        for (const step of steps) emit({ kind: 'step-started', host: host.name, step, part: 'roles', on: null });
      },
      onEnd: ({ steps }, { progress, durationMs }) => {
        const outcome = progress === 'done' ? 'changed' : 'failed';
        for (const step of steps) emit({ kind: 'step-finished', host: host.name, step, part: 'roles', on: null, outcome, durationMs });
      },
    });
    // A script that ends early gives the host back itself.
    if (isLast || results.some(({ progress }) => progress !== 'done')) this.#taken.delete(levelOf(become));
    return results;
  }

  #keep({ decided }: Segment, units: readonly Unit[], results: readonly UnitResult[]): void {
    for (const each of decided) {
      const own = resultsOf(each, units, results);
      const record = carriedOut(this.#context.ports.plan.planRecord(each), own);
      this.#records.push(record);
      if (record.outcome === 'failed') this.#error ??= errorOf(record, own);
    }
    if (this.#error !== null) return;
    const stopped = results.find((result) => result.progress !== 'done');
    if (stopped !== undefined && !this.#context.stop.soft.aborted)
      this.#error = { phase: stopped.lost ?? 'become', message: stopped.reason ?? '', hint: null };
  }

  /** Reads what was touched, and in the same script what the remaining steps still need to know. */
  async #readBack({ decided }: Segment, results: readonly UnitResult[]): Promise<void> {
    const { host, items, world } = this.#prepared;
    const { emit, ports, stop } = this.#context;
    const complete = results.every((result) => result.progress === 'done');
    if (!complete) return;
    emit({ kind: 'host-phase', host: host.name, phase: 'verifying' });
    const promised = ports.plan.promises(decided);
    const groups = groupByLevel(items, (request) => world.facts.get(factId(request))?.state === 'unknown');
    for (const request of ports.plan.verifyRequests(promised)) addRequest(groups, decided[0]?.item.become ?? null, request);
    // What was begun is read back even when the run is being stopped; only a dropped link ends it.
    const facts = await readFacts(groups, world.bases, { host, reader: this.#connection, ports, signal: stop.hard });
    this.#judge(decided, ports.plan.broken(promised, facts));
    this.#learn(facts);
  }

  /** Waits for the host to come back, and knows it anew. */
  async #reboot({ decided }: Segment, deadlineMs: number): Promise<void> {
    const { host, items, world } = this.#prepared;
    const { emit, ports, stop } = this.#context;
    const by = decided.at(-1)?.item.id ?? '';
    emit({ kind: 'host-phase', host: host.name, phase: 'rebooting' });
    const bootId = [...world.bases.values()][0]?.bootId ?? '';
    await this.#connection.close();
    this.#ended.push(this.#connection.stats());
    try {
      this.#connection = await awaitReboot({ host, bootId, deadlineMs }, this.#context);
      const bases = await readBases(items, { host, reader: this.#connection, ports, signal: stop.soft });
      for (const [level, base] of bases) world.bases.set(level, base);
    } catch (error) {
      this.#judge(decided, [{ by, reason: messageOf(error) }]);
    }
  }

  #judge(decided: readonly Decided[], broken: readonly { readonly by: string; readonly reason: string }[]): void {
    for (const { by, reason } of broken) {
      const index = this.#records.findLastIndex((record) => record.id === by && decided.some(({ item }) => item.id === by));
      const record = this.#records[index];
      if (record !== undefined) this.#records[index] = { ...record, outcome: 'failed', reason };
      this.#error ??= { phase: 'verify', message: `${by}: ${reason}`, hint: null };
    }
  }

  #learn(facts: ReadonlyMap<string, FactState>): void {
    this.#prepared.world.pending = null;
    for (const [id, state] of facts) this.#prepared.world.facts.set(id, state);
  }

  /** Records the steps that were not begun as they were planned. */
  #leaveOut(from: number, end: number): void {
    const { items, planned } = this.#prepared;
    const why = this.#error === null ? 'the run was interrupted' : 'an earlier step failed on this host';
    for (let index = from; index < end; index += 1) {
      const record = planned[index];
      if (record !== undefined && items[index] !== undefined) this.#records.push(notStarted(record, why));
    }
  }
}

function errorOf(record: StepRecord, results: readonly UnitResult[]): HostError {
  return {
    phase: results.find((result) => result.lost !== undefined)?.lost ?? 'action',
    message: `${record.id}: ${record.reason ?? messageOf(record.failure)}`,
    hint: null,
  };
}

function sumOf(all: readonly ConnectionStats[]): ConnectionStats {
  const sum = (field: keyof ConnectionStats): number => all.reduce((total, each) => total + each[field], 0);
  return {
    connectMs: sum('connectMs'),
    roundTrips: sum('roundTrips'),
    bytesSent: sum('bytesSent'),
    bytesReceived: sum('bytesReceived'),
  };
}
