import { type ExecOptions, TransportError, type WriteScript } from '../../src/model/transport.ts';
import { ModelHost, type Script } from './rig.ts';
import type { Schedule } from './simulation-schedule.ts';

/** Trouble with one machine: when so many connections, reads or actions of it have gone well. */
export interface Fault {
  /** Index of the machine. */
  readonly machine: number;
  readonly at: 'connect' | 'read' | 'action';
  readonly nth: number;
  /** `fails`: this once. `lost`: the link is gone, the next one holds. `down`: the machine is not to be reached from here on. `hangs`: until a deadline. */
  readonly effect: 'fails' | 'hangs' | 'lost' | 'lost-when-done' | 'down';
}

/** What machines have in common. */
export interface MachineWorld {
  readonly faults: readonly Fault[];
  /** Values that cannot be set, as `key=value`. */
  readonly refused: readonly string[];
  readonly schedule: Schedule;
  readonly witness: Witness;
}

/** Something that a machine saw. */
export type Seen =
  | { readonly kind: 'set'; readonly machine: string; readonly key: string; readonly value: string }
  /** Something went wrong; `keys`: what was being asked or done, none for connections. */
  | { readonly kind: 'trouble'; readonly machine: string; readonly keys: readonly string[]; readonly what: string };

/** What machines tell, as it happens. */
export interface Witness {
  see(seen: Seen): void;
  /** A connection was made, or refused. */
  reached(machine: string, isUp: boolean): void;
  /** Two scripts that write are on the machine at once. */
  collided(machine: string): void;
}

/** A machine that fails when it is told to, and lets nothing happen at once that cannot. */
export class SimulatedMachine extends ModelHost {
  readonly #name: string;
  readonly #faults: readonly Fault[];
  readonly #refused: readonly string[];
  readonly #schedule: Schedule;
  readonly #witness: Witness;
  readonly #counts = { connect: 0, read: 0, action: 0 };
  readonly #stopped = new Set<string>();
  #isDown = false;
  #isCut = false;
  #writing = 0;

  constructor(name: string, values: Readonly<Record<string, string>>, world: MachineWorld) {
    super(values);
    this.#name = name;
    this.#faults = world.faults;
    this.#refused = world.refused;
    this.#schedule = world.schedule;
    this.#witness = world.witness;
  }

  async connect(): Promise<void> {
    await this.#schedule.turn();
    const fault = this.#next('connect');
    if (fault !== null && fault !== 'fails') this.#isDown = true;
    this.#witness.reached(this.#name, !this.#isDown && fault === null);
    if (this.#isDown || fault !== null) throw this.#trouble('connect', [], 'refused');
    this.#isCut = false;
  }

  /** Called before a script of any kind. */
  async reach(text: string, isRead: boolean): Promise<void> {
    await this.#schedule.turn();
    const keys: string[] = text.startsWith('[') ? JSON.parse(text) : [];
    if (this.#isCut || this.#isDown) throw this.#trouble('link', keys, 'the link is gone');
    const fault = isRead ? this.#next('read') : null;
    if (fault === null) return;
    if (fault === 'fails') throw this.#trouble('exec', keys, 'the read failed');
    throw this.#cut(fault, keys);
  }

  override async write({ text }: WriteScript, options: ExecOptions): Promise<string> {
    const [, nonce = ''] = /drover-stop-(\w+)/.exec(text) ?? [];
    if (text.startsWith('umask')) this.#stopped.add(nonce);
    if (text === 'release' && this.lockedBy === 'r') this.lockedBy = null;
    if (!text.startsWith('{')) return '';
    const script: Script = JSON.parse(text);
    if (options.signal?.aborted === true) throw this.#trouble('aborted', script.actions.map(keyOf), 'ended before it began');
    const isWait = script.actions.every(({ kind }) => kind === 'waitFor');
    if (this.#writing > 0 && !isWait) this.#witness.collided(this.#name);
    this.#writing += isWait ? 0 : 1;
    try {
      return await this.#run(script, options);
    } finally {
      this.#writing -= isWait ? 0 : 1;
    }
  }

  async #run({ nonce, actions, claim }: Script, options: ExecOptions): Promise<string> {
    const say = (line: string): void => options.onStdout?.(Buffer.from(`\n${nonce} ${line}\n`));
    const keys = actions.map(keyOf);
    if (this.lockedBy !== null && this.lockedBy !== claim.run) {
      this.#witness.see({ kind: 'trouble', machine: this.#name, keys, what: 'locked' });
      say(`locked ${this.lockedBy} 90 somebody@example.com`);
      return '';
    }
    this.lockedBy = claim.run;
    let isEarly = true;
    try {
      for (const [index, action] of actions.entries()) {
        if (this.#stopped.has(nonce)) {
          say(`stopped ${index}`);
          return '';
        }
        say(`start ${index}`);
        const code = await this.#act(action, options.signal);
        say(`end ${index} ${code}`);
        if (code !== 0) return '';
      }
      isEarly = false;
      return '';
    } finally {
      if (isEarly || claim.isLast) this.lockedBy = null;
    }
  }

  async #act(action: Script['actions'][number], signal: AbortSignal | undefined): Promise<number> {
    const key = keyOf(action);
    for (const notice of action.keep) this.values.set(notice.key, `${notice.run} ${notice.by}`);
    const fault = this.#refused.includes(`${key}=${action.value}`) ? 'fails' : this.#next('action');
    await Promise.race([fault === 'hangs' ? new Promise(() => {}) : this.#schedule.turn(), aborted(signal)]);
    if (signal?.aborted === true) throw this.#trouble('aborted', [key], 'ended');
    if (fault === 'fails') {
      this.#trouble('exec', [key], 'exit status 1');
      return 1;
    }
    if (fault === 'lost' || fault === 'down') throw this.#cut(fault, [key]);
    if (action.kind !== 'waitFor') this.#set(key, action.value);
    for (const notice of action.forget) this.values.delete(notice);
    if (fault !== null) throw this.#cut(fault, [key]);
    return 0;
  }

  #set(key: string, value: string): void {
    this.values.set(key, value);
    this.written.push(key);
    this.#witness.see({ kind: 'set', machine: this.#name, key, value });
  }

  #cut(effect: Fault['effect'], keys: readonly string[]): TransportError {
    this.#isCut = true;
    if (effect === 'down') this.#isDown = true;
    return this.#trouble('link', keys, 'the link was lost');
  }

  #trouble(phase: TransportError['phase'], keys: readonly string[], what: string): TransportError {
    this.#witness.see({ kind: 'trouble', machine: this.#name, keys, what });
    return new TransportError(phase, `${this.#name}: ${what}`);
  }

  #next(at: Fault['at']): Fault['effect'] | null {
    const nth = this.#counts[at];
    this.#counts[at] += 1;
    return this.#faults.find((fault) => fault.at === at && fault.nth === nth)?.effect ?? null;
  }
}

/** What an action is about; waits name it in words. */
function keyOf(action: Script['actions'][number]): string {
  return action.key ?? action.what ?? '';
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
