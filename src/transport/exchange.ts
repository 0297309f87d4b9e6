import { type ExecOptions, type ExecResult, TransportError } from '../model/transport.ts';
import { Asking, type Heads, type Petition } from './become/asking.ts';
import type { Boot } from './boot.ts';
import { MarkerGate } from './marker-gate.ts';
import type { ProcessEnd, ShellProcess } from './shell-process.ts';

/** How long a process may take to end after it was told to. */
const STOP_GRACE_MS = 1_000;
/** How long outputs may stay open and silent after the exit status: a daemon that the script started may hold them for ever. */
const DRAIN_GRACE_MS = 3_000;
const DEFAULT_MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** What one exchange needs besides the process. */
export interface ExchangeOptions {
  readonly boot: Boot;
  /** Who is asked to let the script run as somebody else; null: it runs as the login user. */
  readonly petition: Petition | null;
  /** From the start of the process to the shell's first word, in milliseconds. */
  readonly startMs: number;
  readonly exec: ExecOptions;
  /** Why the process went away without an exit status. */
  lost(): TransportError;
}

/** Talks one script through a started shell: password if one is asked for, script, output, end. Rejects with TransportError. */
export function exchange(process: ShellProcess, options: ExchangeOptions): Promise<ExecResult> {
  return new Promise((resolve, reject) => new Exchange(process, options, { resolve, reject }).start());
}

interface Settle {
  resolve(result: ExecResult): void;
  reject(error: TransportError): void;
}

class Exchange {
  readonly #process: ShellProcess;
  readonly #options: ExchangeOptions;
  readonly #settle: Settle;
  readonly #asking: Asking | null;
  readonly #gates: { readonly stdout: MarkerGate; readonly stderr: MarkerGate };
  readonly #kept: { readonly stdout: Buffer[]; readonly stderr: Buffer[] } = { stdout: [], stderr: [] };
  #keptBytes = 0;
  #end: ProcessEnd | null = null;
  #failure: TransportError | null = null;
  #bodySent = false;
  #settled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(process: ShellProcess, options: ExchangeOptions, settle: Settle) {
    this.#process = process;
    this.#options = options;
    this.#settle = settle;
    this.#asking = options.petition === null ? null : new Asking(options.petition);
    this.#gates = { stdout: new MarkerGate(options.boot.marker), stderr: new MarkerGate(options.boot.marker) };
  }

  start(): void {
    const { stdin, stdout, stderr } = this.#process;
    // Writing to a process that has gone away is no news: its end tells more.
    stdin.on('error', () => {});
    stdout.on('data', (chunk: Buffer) => this.#onStdout(chunk));
    stderr.on('data', (chunk: Buffer) => this.#onStderr(chunk));
    this.#process.onExit((end) => this.#onExit(end));
    this.#process.onClose(() => this.#finish());
    this.#after(this.#options.startMs, () => this.#cut(this.#slowStart()));
    this.#options.exec.signal?.addEventListener('abort', this.#abort, { once: true });
    if (!this.#options.boot.mustWait) this.#sendBody();
  }

  #onStdout(chunk: Buffer): void {
    const wasOpen = this.#gates.stdout.isOpen;
    const rest = this.#gates.stdout.push(chunk);
    if (!wasOpen && this.#gates.stdout.isOpen) this.#onReady();
    this.#keep('stdout', rest);
    this.#heed();
  }

  #onStderr(chunk: Buffer): void {
    this.#keep('stderr', this.#gates.stderr.push(chunk));
    this.#heed();
  }

  /** Answers a question; once the script has begun on one of the outputs nobody asks any more. */
  #heed(): void {
    if (this.#asking === null || this.#failure !== null || this.#gates.stdout.isOpen || this.#gates.stderr.isOpen) return;
    const found = this.#asking.heed(this.#heads());
    if (found instanceof TransportError) this.#cut(found);
    else if (found !== null) this.#process.stdin.write(`${found.reveal()}\n`);
  }

  #heads(): Heads {
    return { stdout: this.#gates.stdout.head, stderr: this.#gates.stderr.head };
  }

  #onReady(): void {
    if (this.#failure !== null) return;
    const { deadlineMs } = this.#options.exec;
    if (this.#end === null) this.#after(deadlineMs, () => this.#stop(deadlineError(deadlineMs)));
    this.#sendBody();
  }

  #sendBody(): void {
    if (this.#bodySent) return;
    this.#bodySent = true;
    this.#process.stdin.write(this.#options.boot.body);
  }

  #keep(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    if (this.#end !== null && !this.#settled) this.#after(DRAIN_GRACE_MS, () => this.#letGo());
    if (chunk.length === 0 || this.#failure !== null || this.#settled) return;
    this.#keptBytes += chunk.length;
    const limit = this.#options.exec.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
    if (this.#keptBytes > limit) this.#stop(new TransportError('exec', `the script wrote more than ${limit} bytes`));
    else this.#deliver(stream, chunk);
  }

  #deliver(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this.#kept[stream].push(chunk);
    if (stream === 'stdout') this.#options.exec.onStdout?.(chunk);
  }

  #onExit(end: ProcessEnd): void {
    this.#end = end;
    this.#process.stdin.end();
    if (this.#failure === null) this.#after(DRAIN_GRACE_MS, () => this.#letGo());
  }

  /** Ends the script's process group, then fails. */
  #stop(failure: TransportError): void {
    if (this.#failure !== null || this.#settled) return;
    this.#failure = failure;
    this.#process.stdin.end('stop\n');
    this.#after(STOP_GRACE_MS, () => this.#letGo());
  }

  /** Fails without waiting for the process. */
  #cut(failure: TransportError): void {
    this.#failure ??= failure;
    this.#letGo();
  }

  /** sshd drops what it has not passed on when a channel closes, so the word to end needs the time to arrive. */
  readonly #abort = (): void => {
    if (this.#bodySent) this.#stop(abortError());
    else this.#cut(abortError());
  };

  #letGo(): void {
    this.#process.destroy();
    this.#finish();
  }

  #finish(): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#options.exec.signal?.removeEventListener('abort', this.#abort);
    const failure = this.#failure ?? this.#trouble();
    if (failure === null) this.#settle.resolve(this.#result());
    else this.#settle.reject(failure);
  }

  #result(): ExecResult {
    const { exitCode = null, signal = null } = this.#end ?? {};
    const stderr = this.#gates.stderr.isOpen ? this.#kept.stderr : [this.#gates.stderr.head];
    return { stdout: Buffer.concat(this.#kept.stdout), stderr: Buffer.concat(stderr), exitCode, signal };
  }

  #trouble(): TransportError | null {
    if (this.#end === null) return this.#options.lost();
    return this.#gates.stdout.isOpen ? null : this.#refused(this.#end);
  }

  #refused(end: ProcessEnd): TransportError {
    if (this.#asking !== null) return this.#asking.refusal(end, this.#heads());
    // nologin(8) and many a ForceCommand speak on standard output.
    const words = lastLine(this.#gates.stderr.head.toString()) || lastLine(this.#gates.stdout.head.toString());
    const ending = end.signal === null ? `exit code ${end.exitCode}` : `signal ${end.signal}`;
    return new TransportError('channel', `the login shell ended with ${ending} and ran nothing${words === '' ? '' : `: ${words}`}`, {
      hint: "the user's login shell on the host must run commands, and neither ForceCommand nor command= of authorized_keys stand in its place",
    });
  }

  #slowStart(): TransportError {
    const { petition, startMs } = this.#options;
    if (petition === null) return new TransportError('channel', `no shell within ${startMs} ms`, { deadline: true });
    return new TransportError('become', `no shell from ${petition.become.method} within ${startMs} ms`, { deadline: true });
  }

  #after(ms: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, ms);
  }
}

/** The error of an exec that its `signal` ended. */
export function abortError(): TransportError {
  return new TransportError('aborted', 'the script was stopped');
}

function deadlineError(ms: number): TransportError {
  return new TransportError('exec', `the script did not end within ${ms} ms`, { deadline: true });
}

function lastLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').at(-1) ?? '';
}
