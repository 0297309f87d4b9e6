import { type Decided, type HostStep, levelOf, type Segment, type World } from '../model/planned.ts';
import type { HostError, HostOutcome, StepRecord } from '../model/run.ts';
import { changingSteps } from './changing.ts';
import { forgetChecks, isUnknown, isVisit } from './fresh.ts';
import type { HostSession } from './host-session.ts';
import type { RunContext } from './prepare.ts';
import { addRequest, groupByLevel, readBases, readFacts } from './read-facts.ts';
import { awaitReboot, orderOf, rebootsOrdered } from './reboot.ts';
import { carriedOut, notStarted, resultsOf } from './step-record.ts';
import { messageOf, troubleOutcome } from './trouble.ts';
import { type Unit, unitsOf } from './units.ts';
import { type UnitResult, writeUnits } from './write-units.ts';

/** What ended a host's part in a run. */
export interface Trouble {
  readonly outcome: Exclude<HostOutcome, 'ok' | 'changed'>;
  readonly error: HostError;
}

/** The operator stopped the run before the end of what was asked for. */
export const INTERRUPTED: Trouble = {
  outcome: 'skipped',
  error: { phase: 'aborted', message: 'the run was interrupted', hint: null },
};

/** Steps to be carried out on a host, one after the other. */
export interface PassOptions {
  readonly session: HostSession;
  /** What is known of the host; kept up to date. */
  readonly world: World;
  readonly items: readonly HostStep[];
  /** What was planned for each of them: the record of those that are not begun. */
  readonly planned: readonly StepRecord[];
  /** The steps whose facts are to stay known: these and later ones. */
  readonly known: readonly HostStep[];
  readonly context: RunContext;
  /** The host that it is done for, and the one that it is done on where that is another. */
  readonly about: { readonly host: string; readonly on: string | null };
  /** The host is given back with the last script. */
  readonly isLast: boolean;
  /** Called before what is decided is written; decides again where it resolves to true. */
  readonly beforeWrite?: (units: readonly Unit[]) => Promise<boolean>;
}

/** What became of the steps. */
export interface PassResult {
  /** One for each step. */
  readonly records: readonly StepRecord[];
  /** What stopped it; null where it came to its end or was told to stop. */
  readonly trouble: Trouble | null;
  /** All steps were decided and carried out. */
  readonly isComplete: boolean;
}

/** Carries out steps, barrier by barrier. Never rejects: trouble ends it, and what comes behind is not begun. */
export async function carryOut(options: PassOptions): Promise<PassResult> {
  return new Pass(options).run();
}

class Pass {
  readonly #options: PassOptions;
  readonly #records: StepRecord[] = [];
  #trouble: Trouble | null = null;
  /** A script was told to stop before its end. */
  #isCut = false;

  constructor(options: PassOptions) {
    this.#options = options;
  }

  async run(): Promise<PassResult> {
    const { items } = this.#options;
    let next = 0;
    try {
      if (this.#mayGoOn()) await this.#lookAgain();
      while (next < items.length && this.#mayGoOn()) next = await this.#segment(next);
    } catch (error) {
      // Trouble on this host, or a defect met while driving it, must not touch the others.
      const { outcome, error: found } = troubleOutcome(error);
      this.#fail(found, outcome === 'unreachable' || outcome === 'skipped' ? outcome : 'failed');
    }
    this.#leaveOut(next);
    return { records: this.#records, trouble: this.#trouble, isComplete: next === items.length && !this.#isCut && this.#trouble === null };
  }

  #mayGoOn(): boolean {
    const { stop, halt } = this.#options.context;
    return this.#trouble === null && !stop.soft.aborted && halt?.aborted !== true;
  }

  /** Once something was carried out, trouble is a failure: the host was there. */
  #fail(error: HostError, outcome: Trouble['outcome'] = 'failed'): void {
    const begun = this.#records.some(({ progress }) => progress === 'done' || progress === 'in-doubt');
    this.#trouble ??= { outcome: begun ? 'failed' : outcome, error };
  }

  /** Reads what earlier plays and visits left unknown; what a visit to the host itself checks is looked at now, whatever it was before. */
  async #lookAgain(): Promise<void> {
    const { session, world, items, context, about } = this.#options;
    if (about.on === null && isVisit(items)) forgetChecks(items, world);
    const groups = groupByLevel(items, isUnknown(world));
    if (groups.size === 0) return;
    const reading = { host: session.host, reader: await session.connection(context), ports: context.ports, signal: context.stop.soft };
    for (const [id, state] of await readFacts(groups, world.bases, reading)) world.facts.set(id, state);
  }

  /** Decides as many steps as possible, carries them out, and reads back what they touched. Returns where to go on. */
  async #segment(from: number): Promise<number> {
    const { items, world, context, isLast, beforeWrite } = this.#options;
    const { ports, run } = context;
    const segment = ports.plan.foldSegment(items, from, world);
    if (segment.decided.length === 0) throw new Error(`step ${items[from]?.id} cannot be decided: facts that it needs are still unknown`);
    const units = unitsOf(segment.decided, run);
    if (units.length > 0 && (await beforeWrite?.(units)) === true) return from;
    const isEnd = isLast && segment.next === items.length;
    const results = rebootsOrdered(units, await this.#write(units, segment, isEnd));
    this.#keep(segment, units, results);
    const refusal = segment.decided.find((each) => each.decision.kind === 'refused');
    if (refusal?.decision.kind === 'refused')
      this.#fail({ phase: 'plan', message: `${refusal.item.id}: ${refusal.decision.reason}`, hint: null });
    const order = orderOf(units);
    if (this.#trouble === null && order !== null) await this.#reboot(segment, order.deadlineMs);
    if (this.#trouble === null && segment.decided.some(({ decision }) => decision.kind === 'change'))
      await this.#readBack(segment, results);
    return segment.next;
  }

  async #write(units: readonly Unit[], { decided }: Segment, isEnd: boolean): Promise<readonly UnitResult[]> {
    const { session, world, context, about } = this.#options;
    const become = decided[0]?.item.become ?? null;
    const part = decided[0]?.item.part ?? 'roles';
    const base = world.bases.get(levelOf(become));
    if (units.length === 0 || base === undefined) return [];
    if (part === 'roles') context.emit({ kind: 'host-phase', host: about.host, phase: 'applying' });
    session.take(become, base);
    const connection = await session.connection(context);
    const steps = changingSteps(decided);
    if (steps.length > 0) context.emit({ kind: 'changing', ...about, steps });
    const results = await writeUnits(units, {
      host: session.host,
      connection,
      become,
      base,
      context,
      isLast: isEnd,
      onStart: ({ steps }) => {
        for (const step of steps) context.emit({ kind: 'step-started', ...about, step, part });
      },
      onOutput: ({ steps: [step] }, tail) => {
        if (step !== undefined) context.emit({ kind: 'action-output', host: about.host, step, tail });
      },
      onEnd: ({ steps }, { progress, durationMs }) => {
        const outcome = progress === 'done' ? 'changed' : 'failed';
        for (const step of steps) context.emit({ kind: 'step-finished', ...about, step, part, outcome, durationMs });
      },
    });
    // A script that ends early gives the host back itself.
    if (isEnd || results.some(({ progress }) => progress !== 'done')) session.given(become);
    return results;
  }

  #keep({ decided }: Segment, units: readonly Unit[], results: readonly UnitResult[]): void {
    const { context, about } = this.#options;
    for (const each of decided) {
      const own = resultsOf(each, units, results);
      const record = { ...carriedOut(context.ports.plan.planRecord(each), own), on: about.on };
      this.#records.push(record);
      if (record.outcome === 'failed') this.#fail(errorOf(record, own));
    }
    const stopped = results.find((result) => result.progress !== 'done');
    if (stopped === undefined) return;
    this.#isCut = true;
    if (this.#mayGoOn()) this.#fail({ phase: stopped.lost ?? 'become', message: stopped.reason ?? '', hint: null });
  }

  /** Reads what was touched, and in the same script what the steps behind still need to know. */
  async #readBack({ decided, next }: Segment, results: readonly UnitResult[]): Promise<void> {
    const { session, world, items, known, context, about } = this.#options;
    const { emit, ports, stop } = context;
    if (!results.every((result) => result.progress === 'done')) return;
    if (decided[0]?.item.part === 'roles') emit({ kind: 'host-phase', host: about.host, phase: 'verifying' });
    const promised = ports.plan.promises(decided);
    const behind = items.slice(next);
    forgetChecks(behind, world);
    const groups = groupByLevel(known, isUnknown(world));
    for (const request of ports.plan.verifyRequests(promised)) addRequest(groups, decided[0]?.item.become ?? null, request);
    // What was begun is read back even when the run is being stopped; only a dropped link ends it.
    const reading = { host: session.host, reader: await session.connection(context), ports, signal: stop.hard };
    const facts = await readFacts(groups, world.bases, reading);
    this.#judge(decided, ports.plan.broken(promised, facts));
    world.pending = null;
    for (const [id, state] of facts) world.facts.set(id, state);
    // Those of later plays and visits are read when they are begun.
    forgetChecks(
      known.filter((item) => !items.includes(item)),
      world,
      behind,
    );
  }

  /** Waits for the host to come back, and knows it anew. */
  async #reboot({ decided }: Segment, deadlineMs: number): Promise<void> {
    const { session, world, known, context, about } = this.#options;
    const by = decided.at(-1)?.item.id ?? '';
    context.emit({ kind: 'host-phase', host: about.host, phase: 'rebooting' });
    const bootId = [...world.bases.values()][0]?.bootId ?? '';
    await session.drop();
    try {
      const connection = await awaitReboot({ host: session.host, bootId, deadlineMs }, context);
      session.adopt(connection);
      const reading = { host: session.host, reader: connection, ports: context.ports, signal: context.stop.soft };
      for (const [level, base] of await readBases(known, reading)) world.bases.set(level, base);
    } catch (error) {
      this.#judge(decided, [{ by, reason: messageOf(error) }]);
    }
  }

  #judge(decided: readonly Decided[], broken: readonly { readonly by: string; readonly reason: string }[]): void {
    for (const { by, reason } of broken) {
      const index = this.#records.findLastIndex((record) => record.id === by && decided.some(({ item }) => item.id === by));
      const record = this.#records[index];
      if (record !== undefined) this.#records[index] = { ...record, outcome: 'failed', reason };
      this.#fail({ phase: 'verify', message: `${by}: ${reason}`, hint: null });
    }
  }

  /** Records the steps that were not begun as they were planned. */
  #leaveOut(from: number): void {
    const { planned, items, context, about } = this.#options;
    const stopped = context.stop.soft.aborted ? 'the run was interrupted' : 'the rollout was halted';
    const why = this.#trouble === null ? stopped : 'an earlier step failed on this host';
    for (const record of planned.slice(from, items.length)) this.#records.push({ ...notStarted(record, why), on: about.on });
  }
}

function errorOf(record: StepRecord, results: readonly UnitResult[]): HostError {
  return {
    phase: results.find((result) => result.lost !== undefined)?.lost ?? 'action',
    message: `${record.id}: ${record.reason ?? messageOf(record.failure)}`,
    hint: null,
  };
}
