import type { HostStep } from '../model/planned.ts';
import type { Undoable } from '../model/ports.ts';
import type { HostError, HostRecord, StepRecord } from '../model/run.ts';
import { HostSession } from './host-session.ts';
import { carryOut, INTERRUPTED, type PassResult, type Trouble } from './pass.ts';
import type { Prepared, RunContext } from './prepare.ts';
import { notStarted } from './step-record.ts';
import { troubleOutcome } from './trouble.ts';

/** Carries out the planned plays of one host, one after the other, and keeps its records. */
export class HostRun {
  readonly #prepared: Prepared;
  readonly #context: RunContext;
  readonly #session: HostSession;
  readonly #records: StepRecord[] = [];
  /** What was carried out by index of its play: what an undo puts back. */
  readonly #done = new Map<number, Undoable[]>();
  #trouble: Trouble | null;
  #isSuspended = false;
  #isReachable = true;
  #isKnown = true;
  #durationMs: number | null = null;
  #work: { readonly from: number; readonly to: number } | null = null;

  constructor(prepared: Prepared, context: RunContext) {
    this.#prepared = prepared;
    this.#context = context;
    this.#session = new HostSession(prepared.host, prepared.connection);
    this.#session.inherit(prepared.items, prepared.world.bases, context);
    this.#trouble = prepared.refused === null ? null : { outcome: 'failed', error: prepared.refused };
  }

  /** What ended the host's part in the run; null while nothing has. */
  get trouble(): Trouble | null {
    return this.#trouble;
  }

  /** False where the link to the host was lost, or could not be made, and nothing was heard of it since. */
  get isReachable(): boolean {
    return this.#isReachable;
  }

  /** False where it is not known what the host is like: what was begun last there did not come to its end. */
  get isKnown(): boolean {
    return this.#isKnown && this.#trouble === null;
  }

  /** The host's part in the run ends here, for the first reason that is given; that it failed counts more than that it was stopped. */
  end(trouble: Trouble): void {
    if (this.#trouble === null || (this.#trouble.outcome === 'skipped' && trouble.outcome !== 'skipped')) this.#trouble = trouble;
  }

  /** Carries out one play; true where it came to its end. Never rejects: trouble becomes the host's outcome, and later plays are not begun. */
  async carryOut(play: number, context: RunContext = this.#context): Promise<boolean> {
    if (this.#trouble !== null) {
      const why = this.#trouble.outcome === 'skipped' ? this.#trouble.error.message : 'an earlier step failed on this host';
      this.leaveOut(play, why);
      return false;
    }
    const { trouble, isComplete } = await this.#pass(play, context);
    this.#trouble = trouble;
    return isComplete;
  }

  /** Carries out a visit to this host, also after trouble: what becomes of it is for the caller to judge. */
  async visit(play: number, context: RunContext): Promise<Trouble | null> {
    const { trouble, isComplete } = await this.#pass(play, context);
    return trouble ?? (isComplete ? null : INTERRUPTED);
  }

  /** Records a play that is not begun. */
  leaveOut(play: number, why: string): void {
    this.#records.push(...this.#plannedFor(play).map((record) => notStarted(record, why)));
  }

  /** Adds what was done for this host on another. */
  add(records: readonly StepRecord[]): void {
    this.#records.push(...records);
  }

  /** Lets the connection go until the host's turn. */
  async suspend(): Promise<void> {
    this.#isSuspended = true;
    await this.#session.drop();
  }

  /** Reads the host anew where time has passed since it was read, and looks at it again before it is begun. Trouble ends the host's part in the run. */
  async resume(context: RunContext): Promise<void> {
    if (!this.#isSuspended || (await this.refresh(context)) !== null || this.#records.length > 0) return;
    const error = this.#inspect(context);
    if (error !== null) this.#trouble ??= { outcome: 'failed', error };
  }

  #inspect({ inspect, ports: { plan } }: RunContext): HostError | null {
    if (inspect === undefined) return null;
    const { host, items, made, world } = this.#prepared;
    const { bases, facts } = world;
    return inspect({
      host: host.name,
      isVisited: false,
      bases,
      facts,
      items: made,
      decided: plan.foldAll(items, plan.makeWorld(bases, facts)),
    });
  }

  /** Reads the host anew. Trouble ends the host's part in the run, and is returned. */
  async refresh(context: RunContext): Promise<Trouble | null> {
    this.#isSuspended = false;
    context.emit({ kind: 'host-phase', host: this.#prepared.host.name, phase: 'reading' });
    try {
      await this.#session.reread(this.#prepared.items, this.#prepared.world, context);
      this.#isReachable = true;
      this.#isKnown = true;
      return null;
    } catch (error) {
      const { outcome, error: found } = troubleOutcome(error);
      const trouble: Trouble = { outcome: outcome === 'ok' || outcome === 'changed' ? 'failed' : outcome, error: found };
      this.#noteLoss(trouble);
      this.#trouble ??= trouble;
      return trouble;
    }
  }

  /** True where the play would change something, as the host is known now. */
  wouldChange(play: number): boolean {
    const { world } = this.#prepared;
    const { plan } = this.#context.ports;
    const decided = plan.foldAll(this.#itemsOf(play), plan.makeWorld(world.bases, world.facts));
    return decided.some((each) => plan.planRecord(each).outcome === 'changed');
  }

  /** Runs the handlers of a play that was told to stop, where the host keeps a notification for them. */
  async runHandlers(play: number, context: RunContext): Promise<void> {
    const handlers = this.#itemsOf(play).filter(({ handler }) => handler !== null);
    if (handlers.length === 0 || this.#trouble !== null || (await this.refresh(context)) !== null) return;
    const result = await this.#carryOut(handlers, context);
    for (const record of result.records) {
      const at = this.#records.findLastIndex(({ id, part }) => id === record.id && part === 'roles');
      if (at === -1) this.#records.push(record);
      else this.#records[at] = record;
    }
    this.#trouble ??= result.trouble;
  }

  /** True where a play changed something here that can be looked at again. */
  canUndo(play: number): boolean {
    return (this.#done.get(play) ?? []).length > 0;
  }

  /** Puts back what a play changed here. Returns why that did not come to its end, or null. */
  async undo(play: number, context: RunContext): Promise<Trouble | null> {
    const items = context.ports.plan.undoSteps(this.#done.get(play) ?? [], { items: this.#itemsOf(play), index: play });
    if (items.length === 0) return null;
    try {
      await this.#session.reread([...this.#prepared.items, ...items], this.#prepared.world, context);
    } catch (error) {
      const { outcome, error: found } = troubleOutcome(error);
      this.#noteLoss({ outcome: outcome === 'unreachable' ? outcome : 'failed', error: found });
      return { outcome: 'failed', error: found };
    }
    const result = await this.#carryOut(items, context);
    this.#records.push(...result.records);
    return result.trouble;
  }

  /** Nothing more will be asked of the host: it is given back, and its connection is free before the others are done. */
  async finish(): Promise<void> {
    if (this.#durationMs !== null) return;
    await this.#session.end(this.#context);
    this.#durationMs = this.#elapsedMs();
    this.#context.emit({ kind: 'host-finished', host: this.record() });
  }

  /** Gives the host back between two plays. */
  async release(context: RunContext): Promise<void> {
    await this.#session.release(context);
  }

  /** What became of the host; what was planned where nothing was begun. */
  record(planned: readonly StepRecord[] = this.#prepared.planned): HostRecord {
    const { host } = this.#prepared;
    const steps = this.#records.length > 0 ? this.#records : planned;
    const outcome = this.#context.ports.plan.hostOutcome(steps);
    // A host that was not begun to the end is no failure, and what was changed on it is.
    const isLeft = this.#trouble?.outcome === 'skipped' && outcome === 'changed' && this.#records.length > 0;
    return {
      name: host.name,
      outcome: this.#trouble === null || isLeft ? outcome : this.#trouble.outcome,
      error: this.#trouble?.error ?? null,
      connection: this.#session.stats(),
      startedMs: Math.round(this.#prepared.startedMs - this.#context.beganMs),
      durationMs: this.#durationMs ?? this.#elapsedMs(),
      ...this.#workSpan(),
      steps,
    };
  }

  async #pass(play: number, context: RunContext): Promise<PassResult> {
    const items = this.#itemsOf(play);
    const result = await this.#carryOut(items, context, this.#plannedFor(play));
    this.#records.push(...result.records);
    this.#done.set(play, undoables(items, result.records));
    return result;
  }

  async #carryOut(items: readonly HostStep[], context: RunContext, planned?: readonly StepRecord[]): Promise<PassResult> {
    const all = this.#prepared.items;
    const from = this.#context.ports.now();
    const result = await carryOut({
      session: this.#session,
      world: this.#prepared.world,
      items,
      planned: planned ?? this.#plan(items),
      known: all,
      context,
      about: { host: this.#prepared.host.name, on: null },
      isLast: items.at(-1) === all.at(-1),
    });
    this.#work = { from: this.#work?.from ?? from, to: this.#context.ports.now() };
    this.#isKnown &&= result.isComplete;
    if (result.trouble !== null) this.#noteLoss(result.trouble);
    return result;
  }

  #noteLoss({ outcome, error }: Trouble): void {
    if (outcome === 'unreachable' || error.phase === 'link') this.#isReachable = false;
  }

  #plan(items: readonly HostStep[]): StepRecord[] {
    const { plan } = this.#context.ports;
    const { bases, facts } = this.#prepared.world;
    return plan.foldAll(items, plan.makeWorld(bases, facts)).map((each) => plan.planRecord(each));
  }

  #itemsOf(play: number): readonly HostStep[] {
    return this.#prepared.items.filter((item) => item.play === play);
  }

  #plannedFor(play: number): readonly StepRecord[] {
    const { items, planned } = this.#prepared;
    return planned.filter((_, index) => items[index]?.play === play);
  }

  #workSpan(): Pick<HostRecord, 'work'> {
    if (this.#work === null) return {};
    const { from, to } = this.#work;
    return { work: { startedMs: Math.round(from - this.#context.beganMs), durationMs: Math.round(to - from) } };
  }

  #elapsedMs(): number {
    return Math.round(this.#context.ports.now() - this.#prepared.startedMs);
  }
}

/** What was begun and replaced facts, whether or not its end was seen. */
function undoables(items: readonly HostStep[], records: readonly StepRecord[]): Undoable[] {
  return records.flatMap(({ progress, undo, irreversible }, index) => {
    const item = items[index];
    const isBegun = progress === 'done' || progress === 'in-doubt';
    return item !== undefined && isBegun && (undo.length > 0 || irreversible !== null) ? [{ item, undo, irreversible }] : [];
  });
}
