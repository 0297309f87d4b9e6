import type { BaseFacts } from '../model/fact.ts';
import type { Become, Host } from '../model/host.ts';
import type { ActionEvent, CompiledAction, LockClaim } from '../model/ports.ts';
import type { ActionFailure } from '../model/run.ts';
import { type Connection, type ExecResult, TransportError, type TroublePhase } from '../model/transport.ts';
import type { RunContext } from './prepare.ts';
import { OutputTeller } from './tell-output.ts';
import { messageOf } from './trouble.ts';
import type { Unit } from './units.ts';

/** What became of one unit. `reason` explains everything but `done`. */
export interface UnitResult {
  readonly progress: 'done' | 'failed' | 'in-doubt' | 'not-started';
  readonly reason: string | null;
  readonly durationMs: number | null;
  readonly failure: ActionFailure | null;
  /** In doubt: what kept its end from being seen; `action` where its deadline passed. */
  readonly lost?: TroublePhase | 'action' | 'lock';
}

/** Where and how units are written. */
export interface Writing {
  readonly host: Host;
  readonly connection: Connection;
  readonly become: Become | null;
  readonly base: BaseFacts;
  readonly context: RunContext;
  /** No later script of the run will write on this host. */
  readonly isLast: boolean;
  /** Called when an action begins and when it ends. */
  readonly onStart: (unit: Unit) => void;
  readonly onEnd: (unit: Unit, result: UnitResult) => void;
  /** Called with the last whole lines of the output of an action that runs for long. */
  readonly onOutput: (unit: Unit, tail: string) => void;
}

/** Carries out units in one script, in order, up to the first that fails. One round trip. Never rejects. */
export async function writeUnits(units: readonly Unit[], writing: Writing): Promise<readonly UnitResult[]> {
  return new UnitWrite(units, writing).run();
}

/** The claim that a script of this run makes on the host. */
export function claimOf({ run, owner, instead = [] }: RunContext, base: BaseFacts, isLast: boolean): LockClaim {
  return { run, owner, base, isLast, instead };
}

/** Time that a script may take between two of its actions, in milliseconds. */
const BETWEEN_ACTIONS_MS = 30_000;
/** Longest wait for the removal of a stop file, in milliseconds. */
const CLEAR_MS = 2_000;

class UnitWrite {
  readonly #units: readonly Unit[];
  readonly #writing: Writing;
  readonly #compiled: readonly CompiledAction[];
  readonly #results: UnitResult[] = [];
  readonly #end = new AbortController();
  #running: number | null = null;
  #sinceMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #expired: string | null = null;
  #teller: OutputTeller | null = null;

  constructor(units: readonly Unit[], writing: Writing) {
    this.#units = units;
    this.#writing = writing;
    const { actions } = writing.context.ports;
    const { actionMs } = writing.host.connection.deadlines;
    this.#compiled = units.map(({ action, notices }) => {
      return actions.withNotices(actions.compileAction(action, writing.base, actionMs), notices, writing.base);
    });
  }

  async run(): Promise<readonly UnitResult[]> {
    const { connection, become, base, context, host, isLast } = this.#writing;
    const { actions } = context.ports;
    const nonce = context.ports.nonce();
    const tracker = actions.trackProgress(nonce, (event) => this.#on(event));
    const stopping = this.#onStop(nonce);
    this.#teller = new OutputTeller(
      () => tracker.output(),
      (tail) => this.#tell(tail),
    );
    const drop = (): void => this.#end.abort();
    context.stop.hard.addEventListener('abort', drop, { once: true });
    try {
      const result = await connection.write(actions.compileWrite(this.#compiled, nonce, claimOf(context, base, isLast)), {
        become,
        deadlineMs: this.#longestMs(host),
        signal: this.#end.signal,
        onStdout: (chunk) => tracker.feed(chunk),
      });
      this.#fillIn(result);
    } catch (error) {
      this.#interrupted(error, tracker.output().toString('utf8'));
    } finally {
      clearTimeout(this.#timer);
      this.#teller?.end();
      context.stop.hard.removeEventListener('abort', drop);
      await stopping.settle();
    }
    return this.#results;
  }

  /** Backstop only: each action has its own deadline. */
  #longestMs(host: Host): number {
    const all = this.#compiled.map((action) => (action.deadlineMs ?? host.connection.deadlines.actionMs) + BETWEEN_ACTIONS_MS);
    return all.reduce((sum, each) => sum + each, BETWEEN_ACTIONS_MS);
  }

  #on(event: ActionEvent): void {
    if (event.kind === 'locked') {
      this.#locked(event);
      return;
    }
    const unit = this.#units[event.index];
    const { context, host, onStart } = this.#writing;
    if (unit === undefined) return;
    clearTimeout(this.#timer);
    this.#teller?.end();
    if (event.kind === 'start') {
      this.#teller?.begin();
      this.#running = event.index;
      this.#sinceMs = context.ports.now();
      this.#expireAfter(this.#compiled[event.index]?.deadlineMs ?? host.connection.deadlines.actionMs);
      onStart(unit);
    } else if (event.kind === 'end') {
      this.#running = null;
      this.#expireAfter(BETWEEN_ACTIONS_MS);
      this.#finish(event.index, event.exitCode === 0 ? this.#done() : this.#failed(event.index, event));
    } else this.#rest(event.index, this.#writing.context.stop.soft.aborted ? 'the run was interrupted' : 'the rollout was halted');
  }

  #tell(tail: string): void {
    const unit = this.#running === null ? undefined : this.#units[this.#running];
    if (unit !== undefined) this.#writing.onOutput(unit, tail);
  }

  #locked({ run, leaseSec, owner }: Extract<ActionEvent, { kind: 'locked' }>): void {
    const reason = `run ${run} of ${owner} works on this host; if it has died, the host is free in ${Math.max(0, leaseSec)} s`;
    for (let index = 0; index < this.#units.length; index += 1) {
      this.#results[index] = { progress: 'not-started', reason, durationMs: null, failure: null, lost: 'lock' };
    }
  }

  #expireAfter(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#expired = `the deadline of ${Math.round(ms / 1000)} s passed`;
      this.#end.abort();
    }, ms);
  }

  #elapsed(): number {
    return Math.round(this.#writing.context.ports.now() - this.#sinceMs);
  }

  #done(): UnitResult {
    return { progress: 'done', reason: null, durationMs: this.#elapsed(), failure: null };
  }

  #failed(index: number, { exitCode, output }: { exitCode: number; output: Buffer }): UnitResult {
    const failure = this.#failure(index, { exitCode, output: output.toString('utf8') });
    const said = failure.output.trim().split('\n').at(-1);
    return {
      progress: 'failed',
      reason: said === undefined || said === '' ? `exit status ${exitCode}` : said,
      durationMs: failure.durationMs,
      failure,
    };
  }

  #failure(index: number, { exitCode, output }: { exitCode: number | null; output: string }): ActionFailure {
    return { action: this.#compiled[index]?.summary ?? '', exitCode, output, durationMs: this.#elapsed() };
  }

  #finish(index: number, result: UnitResult): void {
    const unit = this.#units[index];
    this.#results[index] = result;
    if (unit !== undefined) this.#writing.onEnd(unit, result);
  }

  /** Marks everything from an index on as not started. */
  #rest(from: number, why: string): void {
    for (let index = from; index < this.#units.length; index += 1) {
      this.#results[index] ??= { progress: 'not-started', reason: `not started: ${why}`, durationMs: null, failure: null };
    }
  }

  /** After the script ended by itself: behind a failure nothing was begun. */
  #fillIn(result: ExecResult): void {
    const failed = this.#results.findIndex((each) => each?.progress === 'failed');
    const from = this.#results.length;
    if (failed !== -1) this.#rest(failed + 1, `${this.#units[failed]?.steps.join(', ')} failed`);
    else if (from < this.#units.length) {
      const said = result.stderr.toString('utf8').trim().split('\n').at(-1) ?? '';
      this.#interrupted(new TransportError('link', said === '' ? 'the script ended early' : `the script ended early: ${said}`), '');
    }
  }

  /** The end was not seen: the first unfinished action is in doubt; those behind it too, unless drover itself stopped the script. */
  #interrupted(error: unknown, output: string): void {
    const first = this.#results.length;
    const reason = this.#expired ?? messageOf(error);
    const begun = this.#running !== null || (error instanceof TransportError && error.phase !== 'become' && error.phase !== 'channel');
    const { stop, halt } = this.#writing.context;
    const stopped = stop.soft.aborted || halt?.aborted === true || this.#expired !== null;
    if (begun && first < this.#units.length) {
      const failure = this.#failure(first, { exitCode: null, output });
      this.#finish(first, {
        progress: 'in-doubt',
        reason: `${reason}; it may have been carried out, or still be running`,
        durationMs: failure.durationMs,
        failure,
        lost: this.#lostBy(error),
      });
    }
    for (let index = this.#results.length; index < this.#units.length; index += 1) {
      if (begun && !stopped)
        this.#results[index] = { progress: 'in-doubt', reason: `${reason}; it may have been begun`, durationMs: null, failure: null };
      else this.#rest(index, reason);
    }
  }

  #lostBy(error: unknown): TroublePhase | 'action' {
    if (this.#expired !== null) return 'action';
    return error instanceof TransportError ? error.phase : 'link';
  }

  /** On a soft stop, and when the rollout is halted, a second script tells the first one to stop before its next action. */
  #onStop(nonce: string): { settle(): Promise<void> } {
    const { connection, context } = this.#writing;
    const { stop, halt } = context;
    const soft = halt === undefined ? stop.soft : AbortSignal.any([stop.soft, halt]);
    let sent: Promise<unknown> | null = null;
    const send = (): void => {
      sent = connection
        .write(context.ports.actions.stopScript(nonce), { become: null, deadlineMs: 5_000, signal: stop.hard })
        .catch(() => null);
    };
    if (soft.aborted) send();
    else soft.addEventListener('abort', send, { once: true });
    return {
      settle: async () => {
        soft.removeEventListener('abort', send);
        if (sent === null) return;
        await sent;
        // Also on a hard stop; a link that is gone cannot be cleaned up after, and the empty file in /tmp does no harm.
        const signal = AbortSignal.timeout(CLEAR_MS);
        await connection
          .write(context.ports.actions.clearStopScript(nonce), { become: null, deadlineMs: CLEAR_MS, signal })
          .catch(() => null);
      },
    };
  }
}
