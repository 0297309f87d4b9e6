import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TransportError } from '../../model/transport.ts';
import { commandLine } from '../../shell/quote.ts';
import { CLIENT } from './command-line.ts';
import type { SshSurroundings } from './effective-config.ts';
import { explain, type Failed, late } from './explain.ts';
import { Progress, type Stage } from './progress.ts';
import { makeSocketFolder, SOCKET_NAME } from './socket-folder.ts';
import { lastOf } from './words.ts';

/** What one master is started with. */
export interface MasterPlan {
  /** Arguments of ssh, without the host and those about the control socket. */
  readonly args: readonly string[];
  readonly host: string;
  /** As ssh settled it, for messages. */
  readonly target: Pick<Failed, 'address' | 'port' | 'user'>;
  readonly surroundings: SshSurroundings;
  /** Longest wait for the connection, handshake and host key check, in milliseconds. */
  readonly connectMs: number;
  /** Longest authentication, in milliseconds. */
  readonly authenticateMs: number;
  /** What the connection goes through; null: nothing that drover holds. */
  readonly carrier: Pick<Master, 'ended'> | null;
  /** Is told what somebody has to do meanwhile. */
  say(sentence: string): void;
}

/**
 * The `sh` program that a master is started by: `$1` is the folder of its control socket, the rest the command. It becomes the command; a child of its
 * own waits for the end of standard input, which comes also when drover is killed, and then ends the process group and removes the folder.
 */
const START = [
  'd=$1; shift; exec 3<&0 </dev/null',
  '(trap "" TERM; exec 2>/dev/null; read -r x; kill -TERM 0; rm -rf "$d"; sleep 1; kill -KILL 0) <&3 3<&- &',
  'exec 3<&-; exec "$@"',
].join('\n');

/** How long a master may take to end. */
const END_MS = 1_000;
/** How long what a master said may take to arrive behind its end: a proxy may hold the pipe. */
const LAST_WORDS_MS = 200;
/** How long the end of what carried a connection may take to be seen behind the connection's own. */
const CARRIER_MS = 500;
/** The control socket is looked for with each line of ssh and, as lines may change, this often. */
const LOOK_MS = 100;

/** One ssh(1) that holds the authenticated connection to a host, and the control socket over which others use it. */
export class Master {
  readonly #plan: MasterPlan;
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #progress: Progress;
  /** How ssh ended; its last words have arrived then. */
  readonly #end: Promise<string>;
  #ending: string | null = null;
  #isClosed = false;

  private constructor(plan: MasterPlan, folder: string) {
    const { args, host, surroundings, say } = plan;
    this.#plan = plan;
    this.#folder = folder;
    this.#progress = new Progress(say);
    const ssh = ['ssh', '-M', '-N', '-T', '-S', join(folder, SOCKET_NAME), '-o', 'LogLevel=DEBUG1', ...args, '--', host];
    // A session of its own: Ctrl-C is drover's alone, and there is no terminal that ssh could ask at.
    this.#child = spawn('/bin/sh', ['-c', START, 'drover', folder, ...ssh], {
      ...surroundings,
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.#child.stdin?.on('error', () => {});
    this.#child.stderr?.setEncoding('utf8').on('data', (chunk: string) => this.#progress.push(chunk));
    this.#end = this.#watchEnd();
  }

  /** Starts ssh and waits until it is authenticated. Rejects with TransportError, and leaves nothing behind then. */
  static async start(plan: MasterPlan, signal: AbortSignal): Promise<Master> {
    const master = new Master(plan, openFolder());
    try {
      await master.#ready(signal);
      return master;
    } catch (error) {
      await master.close();
      throw error;
    }
  }

  get socket(): string {
    return join(this.#folder, SOCKET_NAME);
  }

  /** A ProxyCommand for ssh(1) that goes on from the host to the one that it is for. */
  get forwardCommand(): string {
    return commandLine(['ssh', '-S', this.socket, ...CLIENT, '-W', '[%h]:%p', '--', 'drover']);
  }

  /** Why the host did not connect to `ADDRESS:PORT` when it last was to; null where it did, or was not to. */
  refusal(target: string): string | null {
    return this.#progress.refusal(target);
  }

  /** Calls back when the connection is over. */
  onEnd(listener: () => void): void {
    void this.#end.then(listener);
  }

  /** Why the connection is over; null while it is not. */
  trouble(): TransportError | null {
    if (this.#isClosed) return lost('closed by drover');
    return this.#ending === null ? null : lost(this.#lastWords() ?? `ssh ended with ${this.#ending}`);
  }

  /** Waits for the end of the connection, at most so long. */
  async ended(ms: number): Promise<boolean> {
    const stop = new AbortController();
    await Promise.race([this.#end, delay(ms, undefined, { signal: stop.signal }).catch(() => {})]);
    stop.abort();
    return this.#ending !== null;
  }

  /** Ends the connection and removes the folder of its socket. Never rejects. */
  async close(): Promise<void> {
    // What had ended before keeps its reason.
    if (this.#ending === null) this.#isClosed = true;
    this.#child.stdin?.end();
    if (!(await this.ended(END_MS))) this.#kill();
    await this.#end;
    await rm(this.#folder, { recursive: true, force: true }).catch(() => {});
  }

  #kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }

  #watchEnd(): Promise<string> {
    const child = this.#child;
    return new Promise((resolve) => {
      const settle = (ending: string): void => {
        this.#progress.end();
        this.#ending ??= ending;
        child.stderr?.destroy();
        resolve(ending);
      };
      child.once('error', (error) => settle(error.message));
      child.once('exit', (code, killer) => {
        const ending = killer === null ? `exit code ${code}` : `signal ${killer}`;
        // Whoever waits for the end of standard input is still there.
        child.stdin?.end();
        const words = new Promise<void>((heard) => {
          const timer = setTimeout(heard, LAST_WORDS_MS);
          child.once('close', () => {
            clearTimeout(timer);
            heard();
          });
        });
        void Promise.all([words, this.#carrierSeen()]).then(() => settle(ending));
      });
    });
  }

  /** Where a connection that was there is lost it is to be known whether what carried it is lost, too. */
  async #carrierSeen(): Promise<void> {
    if (!this.#isClosed && this.#progress.stage === 'ready') await this.#plan.carrier?.ended(CARRIER_MS);
  }

  #ready(signal: AbortSignal): Promise<void> {
    const { connectMs, authenticateMs, target } = this.#plan;
    return new Promise((resolve, reject) => {
      const clock = new Clock(connectMs, authenticateMs);
      const look = (): void => {
        const { left, ms } = clock.at(this.#progress.stage);
        clearTimeout(timer);
        // ssh binds the socket under another name first: where it is, somebody listens.
        if (existsSync(this.socket)) settle(null);
        else if (left <= 0) settle(late({ ...target, progress: this.#progress }, ms));
        else timer = setTimeout(look, Math.min(LOOK_MS, left));
      };
      const abort = (): void => settle(new TransportError('aborted', 'stopped while connecting'));
      const settle = (error: TransportError | null): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        this.#child.stderr?.off('data', look);
        if (error === null) resolve();
        else reject(error);
      };
      let timer: NodeJS.Timeout | undefined;
      signal.addEventListener('abort', abort, { once: true });
      this.#child.stderr?.on('data', look);
      void this.#end.then((ending) => settle(explain({ ...target, progress: this.#progress, ending })));
      if (signal.aborted) abort();
      else look();
    });
  }

  /** What ssh said of the end of a connection that was there. */
  #lastWords(): string | null {
    const said = lastOf(
      this.#progress.words.filter(
        (line) => !/^(?:Authenticated to|Transferred:|Bytes per second:|mux_|channel \d+: open failed)/.test(line),
      ),
    );
    if (said === null) return null;
    if (/^Timeout, server .* not responding/.test(said)) return 'no answer to keepalives';
    return /^Connection to .* closed by remote host/.test(said) ? 'closed by the host' : said;
  }
}

/** How long a connection may still take: the second stretch begins when the first is done. */
class Clock {
  readonly #connectMs: number;
  readonly #authenticateMs: number;
  readonly #startedAt = performance.now();
  #authenticatesAt: number | null = null;

  constructor(connectMs: number, authenticateMs: number) {
    this.#connectMs = connectMs;
    this.#authenticateMs = authenticateMs;
  }

  /** What is left of the stretch that a stage belongs to, and all of it, in milliseconds. */
  at(stage: Stage): { readonly left: number; readonly ms: number } {
    const now = performance.now();
    if (stage === 'authenticate' || stage === 'ready') this.#authenticatesAt ??= now;
    const since = this.#authenticatesAt;
    return since === null
      ? { left: this.#startedAt + this.#connectMs - now, ms: this.#connectMs }
      : { left: since + this.#authenticateMs - now, ms: this.#authenticateMs };
  }
}

function openFolder(): string {
  try {
    return makeSocketFolder();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TransportError('connect', `cannot make a folder for the control socket of ssh: ${reason}`, { cause });
  }
}

function lost(reason: string): TransportError {
  return new TransportError('link', `the connection was lost: ${reason}`);
}
