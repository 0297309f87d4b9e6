import type { HostPhase } from '../../model/event.ts';
import type { BatchRecord, Ending } from '../../model/rollout.ts';
import type { Visit } from '../../model/rollout-task.ts';
import type { HostRun } from '../host-run.ts';
import { INTERRUPTED, type Trouble } from '../pass.ts';
import { MOVED, NOT_AS_PLANNED, type RunContext } from '../prepare.ts';
import type { PlannedRollout } from './planned-rollout.ts';
import type { Closed, RolloutDriver, Undone } from './roll-out.ts';
import type { Visitors } from './visitors.ts';

/** What the turns of a rollout need. */
export interface TurnsOptions {
  readonly rollout: PlannedRollout;
  readonly runs: ReadonlyMap<string, HostRun>;
  readonly visitors: Visitors;
  readonly context: RunContext;
  /** Runs work with as many hosts at once as forks allow. */
  readonly each: RolloutDriver['each'];
  /** Called for hosts that are through with the play. */
  readonly settle: (names: readonly string[]) => Promise<void>;
}

/** A visit that did not succeed, as the host's trouble: which, where and why. */
function troubleAt(part: string, { host }: Visit, forHost: string, { outcome, error }: Trouble): Trouble {
  const where = host.name === forHost ? part : `${part} on ${host.name}`;
  return { outcome: outcome === 'skipped' ? 'skipped' : 'failed', error: { ...error, phase: part, message: `${where}: ${error.message}` } };
}

/** Takes hosts out of service, works on them, and puts them back. */
export class Turns implements RolloutDriver {
  readonly #options: TurnsOptions;
  readonly #context: RunContext;
  /** For what must be done although the run is being stopped: a host that was taken out is put back. Only a hard stop ends it. */
  readonly #mustDo: RunContext;
  readonly #halt = new AbortController();
  #beganMs = 0;
  #isFirstBatch = true;

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#context = options.context;
    const { hard } = options.context.stop;
    this.#mustDo = { ...options.context, stop: { soft: hard, hard } };
  }

  get each(): RolloutDriver['each'] {
    return this.#options.each;
  }

  isStopped(): boolean {
    return this.#context.stop.soft.aborted;
  }

  halt(reason: string): void {
    if (this.#halt.signal.aborted) return;
    this.#halt.abort();
    this.#context.emit({ kind: 'rollout-halted', play: this.#play, reason });
  }

  begin(index: number, hosts: readonly string[]): void {
    this.#beganMs = this.#context.ports.now();
    const { rollout } = this.#options;
    this.#context.emit({ kind: 'batch-started', play: this.#play, batch: index, size: rollout.size(index), hosts });
  }

  obstacle(name: string): string | null {
    return this.#run(name).trouble === null ? null : 'an earlier play did not come to its end on this host';
  }

  async once(batch: readonly string[]): Promise<Closed | null> {
    const { rollout } = this.#options;
    const isFirst = this.#isFirstBatch;
    this.#isFirstBatch = false;
    const healthy = batch.filter((name) => this.#run(name).trouble === null);
    for (const at of rollout.onceFor(rollout.batches.indexOf(batch), isFirst).keys()) {
      const closed = await this.#onFirstHealthy(healthy, at, isFirst);
      if (closed !== null) return closed;
    }
    return null;
  }

  /** Tries the hosts of the batch in turn while they cannot be reached. */
  async #onFirstHealthy(batch: readonly string[], at: number, isFirst: boolean): Promise<Closed | null> {
    let closed: Closed | null = null;
    for (const name of batch) {
      const visit = this.#options.rollout.onceOf(name, isFirst)[at];
      if (visit === undefined) continue;
      const { records, trouble } = await this.#options.visitors.visit(visit, name, this.#context);
      const run = this.#run(name);
      run.add(records.map((record) => (record.on === name ? { ...record, on: null } : record)));
      if (trouble === null || trouble.outcome === 'skipped') return null;
      const found = troubleAt('once', visit, name, trouble);
      closed = { reason: `what is done once on ${visit.host.name} did not succeed: ${trouble.error.message}`, hosts: [name] };
      if (trouble.outcome !== 'unreachable' || visit.host.name !== name || name === batch.at(-1)) {
        run.end(found);
        return closed;
      }
    }
    return closed;
  }

  async ready(name: string): Promise<Ending | null> {
    const run = this.#run(name);
    await run.resume(this.#context);
    if (run.trouble === null) return null;
    run.leaveOut(this.#play, run.trouble.error.phase === MOVED ? NOT_AS_PLANNED : 'the host could not be read');
    return { failed: hasFailed(run), out: !run.isReachable || this.#options.rollout.task.owed.has(name) };
  }

  async work(name: string): Promise<Ending> {
    const { rollout } = this.#options;
    const run = this.#run(name);
    const changes = run.wouldChange(this.#play);
    const isOwed = rollout.task.owed.has(name);
    if (!changes && !isOwed) {
      await run.carryOut(this.#play);
      return { failed: false, out: false };
    }
    rollout.begin(name);
    this.#context.emit({ kind: 'turn-started', play: this.#play, host: name });
    if (changes) await this.#takeOut(name, run);
    const isComplete = await this.#carryOut(run);
    const out = await this.#putBack(name, run);
    // What is told to be over is not held any more, should the run end here; behind a gate the host may have to be undone.
    if (rollout.visits(name).gate.length === 0) await run.release(this.#context);
    return { failed: hasFailed(run), out, ...(isComplete ? {} : { isUnfinished: true }) };
  }

  async #takeOut(name: string, run: HostRun): Promise<void> {
    const before = this.#options.rollout.visits(name).before;
    if (before.length === 0) return;
    const trouble = await this.#visits(name, { part: 'before', visits: before, context: this.#context });
    if (trouble !== null) run.end(trouble);
    else if (!this.isStopped()) await run.refresh(this.#context);
  }

  async #carryOut(run: HostRun): Promise<boolean> {
    const isComplete = await run.carryOut(this.#play, { ...this.#context, halt: this.#halt.signal });
    if (!isComplete && run.trouble === null && this.#halt.signal.aborted && !this.isStopped())
      await run.runHandlers(this.#play, this.#context);
    return isComplete;
  }

  /** True where the host stays out of service. */
  async #putBack(name: string, run: HostRun): Promise<boolean> {
    const { rollout } = this.#options;
    const { before, after } = rollout.visits(name);
    const isBroken = hasFailed(run) && run.trouble?.error.phase !== 'before';
    if (isBroken && rollout.task.settings.onFailure === 'leaveOut') return before.length > 0 || after.length > 0 || !run.isReachable;
    return (await this.#after(name, run)) !== null || !run.isReachable;
  }

  async #after(name: string, run: HostRun): Promise<Trouble | null> {
    const { after } = this.#options.rollout.visits(name);
    const trouble = await this.#visits(name, { part: 'after', visits: after, context: this.#mustDo });
    if (trouble !== null) run.end(trouble);
    return trouble;
  }

  /** Visits in order, up to the first that does not succeed. */
  async #visits(name: string, { part, visits, context }: Around): Promise<Trouble | null> {
    if (visits.length > 0) this.#context.emit({ kind: 'host-phase', host: name, phase: part });
    for (const visit of visits) {
      const trouble = context.stop.soft.aborted ? INTERRUPTED : await this.#visit(name, visit, context);
      if (trouble !== null) return troubleAt(part, visit, name, trouble);
    }
    return null;
  }

  async #visit(name: string, visit: Visit, context: RunContext): Promise<Trouble | null> {
    const run = this.#run(name);
    if (visit.host.name === name) {
      // After trouble the connection may be gone, and what is known of the host with it.
      const lost = run.isKnown ? null : await run.refresh(context);
      return lost ?? run.visit(visit.play.index, context);
    }
    const { records, trouble } = await this.#options.visitors.visit(visit, name, context);
    run.add(records);
    return trouble;
  }

  worked(name: string, ending: Ending): void {
    const { ledger } = this.#options.rollout;
    const run = this.#run(name);
    const done = run.trouble === null && ending.isUnfinished !== true;
    const { outcome } = run.record();
    this.#context.emit({ kind: 'turn-finished', play: this.#play, host: name, outcome, done, out: ending.out, budget: ledger.budget() });
  }

  leaveOut(name: string, reason: string): void {
    const run = this.#run(name);
    run.leaveOut(this.#play, reason);
    run.end({ outcome: 'skipped', error: { phase: 'halted', message: `not started: ${reason}`, hint: null } });
  }

  async gate(index: number, batch: readonly string[]): Promise<Closed | null> {
    const { rollout } = this.#options;
    const { soakMs } = rollout.task.settings;
    if (soakMs === 0 && batch.every((name) => rollout.visits(name).gate.length === 0)) return null;
    this.#context.emit({ kind: 'gate-started', play: this.#play, batch: index, soakMs });
    await this.#context.ports.pause(soakMs, this.#context.stop.soft);
    const asked = new Set<string>();
    const troubles = new Map<string, Trouble>();
    await this.each(batch, async (name) => {
      const visits = rollout.visits(name).gate.filter((visit) => visit.host.name === name || isFirst(asked, visit));
      const trouble = await this.#visits(name, { part: 'gate', visits, context: this.#context });
      if (trouble !== null) troubles.set(name, trouble);
    });
    const closed = this.#closed(new Map([...troubles].filter(([, { outcome }]) => outcome !== 'skipped')));
    if (closed === null) await this.each(batch, (name) => this.#run(name).release(this.#context));
    this.#context.emit({ kind: 'gate-finished', play: this.#play, batch: index, closed: closed?.reason ?? null });
    return closed;
  }

  #closed(troubles: ReadonlyMap<string, Trouble>): Closed | null {
    const [first] = troubles;
    if (first === undefined) return null;
    for (const [name, trouble] of troubles) this.#run(name).end(trouble);
    const [name, { error }] = first;
    const more = troubles.size === 1 ? '' : ` (and ${troubles.size - 1} more)`;
    return { reason: `${name}: ${error.message}${more}`, hosts: [...troubles.keys()] };
  }

  async undo(batch: readonly string[]): Promise<readonly Undone[]> {
    const undone: Undone[] = [];
    await this.each(batch, async (name) => {
      undone.push(await this.#undo(name));
    });
    return undone;
  }

  /** The same turn backwards: out of service, back to what it was, and in again. */
  async #undo(name: string): Promise<Undone> {
    const { ledger } = this.#options.rollout;
    const run = this.#run(name);
    if (!ledger.isOut(name) && !run.canUndo(this.#play)) return { name, failed: hasFailed(run), out: false, isUndone: true };
    const crowd = ledger.crowd(name);
    if (crowd !== null) {
      run.end({ outcome: 'failed', error: { phase: 'undo', message: `it was not put back to what it was: ${crowd}`, hint: null } });
      return { name, failed: true, out: false, isUndone: false };
    }
    ledger.begin(name);
    this.#context.emit({ kind: 'turn-started', play: this.#play, host: name });
    const { isUndone, out } = await this.#backwards(name, run);
    const { outcome } = run.record();
    this.#context.emit({ kind: 'turn-finished', play: this.#play, host: name, outcome, done: false, out, budget: ledger.budget() });
    return { name, failed: hasFailed(run), out, isUndone };
  }

  async #backwards(name: string, run: HostRun): Promise<Pick<Undone, 'isUndone' | 'out'>> {
    const { rollout } = this.#options;
    const context = this.#mustDo;
    const { before } = rollout.visits(name);
    // Also where it counts as out: one that could not be reached may be in service.
    const untaken = await this.#visits(name, { part: 'before', visits: before, context });
    this.#context.emit({ kind: 'host-phase', host: name, phase: 'undoing' });
    const trouble = untaken ?? (await run.undo(this.#play, context));
    if (trouble !== null) run.end(trouble);
    const isLeft = untaken === null && trouble !== null && rollout.task.settings.onFailure === 'leaveOut';
    return { isUndone: trouble === null, out: isLeft || (await this.#after(name, run)) !== null || !run.isReachable };
  }

  async end(index: number, batch: Omit<BatchRecord, 'startedMs' | 'durationMs'>): Promise<void> {
    const startedMs = Math.round(this.#beganMs - this.#context.beganMs);
    const times =
      batch.state === 'not-started'
        ? { durationMs: null }
        : { startedMs, durationMs: Math.round(this.#context.ports.now() - this.#beganMs) };
    this.#options.rollout.end(index, { ...batch, ...times });
    await this.#options.settle(batch.hosts);
  }

  get #play(): number {
    return this.#options.rollout.play.index;
  }

  #run(name: string): HostRun {
    const run = this.#options.runs.get(name);
    if (run === undefined) throw new Error(`host ${name} is in a batch and was not planned`);
    return run;
  }
}

/** An interrupted host has not failed; nor has one that somebody changed since the plan was made: nothing was begun there. */
function hasFailed({ trouble }: HostRun): boolean {
  return trouble !== null && trouble.outcome !== 'skipped' && trouble.error.phase !== MOVED;
}

interface Around {
  readonly part: HostPhase & ('before' | 'after' | 'gate');
  readonly visits: readonly Visit[];
  readonly context: RunContext;
}

/** The same question to the same host is asked once for a batch. */
function isFirst(asked: Set<string>, { host, play }: Visit): boolean {
  const key = JSON.stringify([host.name, play.become, play.roles.map(({ role, params }) => [role.name, params])]);
  return asked.has(key) ? false : asked.add(key).has(key);
}
