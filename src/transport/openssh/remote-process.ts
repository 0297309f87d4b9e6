import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { TransportError } from '../../model/transport.ts';
import { commandLine } from '../../shell/quote.ts';
import type { ProcessEnd, ShellProcess } from '../shell-process.ts';
import { CLIENT } from './command-line.ts';
import type { SshSurroundings } from './effective-config.ts';
import type { Master } from './master.ts';
import { StatusGate } from './status-gate.ts';

/**
 * The `sh` program that a command is run by on the host: `$1` is the command, `$2` what the line with its exit status begins with. ssh(1) tells the
 * status only when all outputs are closed, which a daemon may put off for ever; and 255 from it may mean anything. A signal comes as 128 + its number.
 * Free of `'`, `!`, backslash and newline, as BOOT is.
 */
const REPORT = 'exec 3>&2 2>/dev/null; /bin/sh -c "$1" 2>&3 3>&-; echo "$2 $?" >&3';

/**
 * The same on a terminal, where the command reports its status itself. Without one, which ssh(1) only complains of, nothing is run.
 */
const REPORT_NO_TERMINAL = '[ -t 0 ] || { echo "$2 -1" >&2; exit 1; }; eval "$1"';
const NO_TERMINAL = -1;

/** The exit code of ssh for its own troubles, and of commands that end so. */
const OWN_TROUBLE = 255;
/** How long a master may take to be seen to have ended after its clients have noticed. */
const NOTICE_MS = 1_000;
const KEPT_WORDS = 2_000;

/** Starts a command over the master's connection. Rejects with TransportError where ssh cannot be started. */
export function startRemote(master: Master, command: string, surroundings: SshSurroundings): Promise<RemoteProcess> {
  return start(master, { flag: '-T', report: REPORT, command }, surroundings);
}

/** The same with a terminal on the host. */
export function startOnTerminal(master: Master, command: string, surroundings: SshSurroundings): Promise<RemoteProcess> {
  return start(master, { flag: '-tt', report: REPORT_NO_TERMINAL, command }, surroundings);
}

interface Invocation {
  /** Whether there is to be a terminal. */
  readonly flag: '-T' | '-tt';
  /** The `sh` program that runs the command. */
  readonly report: string;
  readonly command: string;
}

function start(master: Master, { flag, report, command }: Invocation, { cwd, env }: SshSurroundings): Promise<RemoteProcess> {
  const mark = `=${randomBytes(12).toString('hex')}`;
  const wrapped = `exec ${commandLine(['/bin/sh', '-c', report, 'drover', command, mark])}`;
  const child = spawn('ssh', ['-S', master.socket, ...CLIENT, flag, '--', 'drover', wrapped], { cwd, env, detached: true, stdio: 'pipe' });
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(new RemoteProcess(master, child, mark)));
    child.once('error', (cause) => reject(new TransportError('channel', `cannot start ssh: ${cause.message}`, { cause })));
  });
}

/** A command on the host, seen through the ssh that talks to the master for it. */
export class RemoteProcess implements ShellProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: PassThrough = new PassThrough();
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #gate: StatusGate;
  readonly #exit = new Once<ProcessEnd>();
  readonly #close = new Once<void>();
  #words = '';
  #refusal: TransportError | null = null;

  constructor(master: Master, child: ChildProcessWithoutNullStreams, mark: string) {
    this.#child = child;
    this.#gate = new StatusGate(mark);
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    child.stderr.on('data', (chunk: Buffer) => this.#onStderr(this.#gate.push(chunk)));
    // The master has the outputs too, and keeps them open until the host ends the command.
    child.once('exit', (_code, killer) => {
      if (killer !== null) this.#close.settle();
    });
    child.once('close', (code) => {
      this.#onStderr(this.#gate.end());
      this.stderr.end();
      void this.#settle(master, code);
    });
  }

  onExit(listener: (end: ProcessEnd) => void): void {
    this.#exit.told(listener);
  }

  onClose(listener: () => void): void {
    this.#close.told(listener);
  }

  lost(): TransportError | null {
    return this.#refusal;
  }

  /** The master closes the channel when its client is gone. */
  destroy(): void {
    this.#child.kill('SIGKILL');
    for (const stream of this.#child.stdio) stream?.destroy();
    this.#close.settle();
  }

  #onStderr(chunk: Buffer): void {
    if (chunk.length > 0) {
      this.#words = (this.#words + chunk.toString('latin1')).slice(-KEPT_WORDS);
      this.stderr.write(chunk);
    }
    const { status } = this.#gate;
    if (status === NO_TERMINAL) this.#refusal = noTerminal();
    else if (status !== null) this.#exit.settle({ exitCode: status, signal: null });
  }

  /** Without the line with the status, the command was not run at all, or it or the connection was ended from outside. */
  async #settle(master: Master, code: number | null): Promise<void> {
    if (this.#gate.status === null && code !== null) {
      if (code !== OWN_TROUBLE) this.#exit.settle({ exitCode: code, signal: null });
      else if (/^mux_client_request_session: .*(?:refused|failed)/m.test(this.#words)) this.#refusal = noChannel();
      else if (!(await master.ended(NOTICE_MS))) this.#exit.settle({ exitCode: code, signal: null });
    }
    this.#close.settle();
  }
}

/** A value that comes once. */
class Once<T> {
  readonly #promise: Promise<T>;
  /** Only the first counts. */
  settle: (value: T) => void = () => {};

  constructor() {
    this.#promise = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  told(listener: (value: T) => void): void {
    void this.#promise.then(listener);
  }
}

function noChannel(): TransportError {
  return new TransportError('channel', 'the host refused a channel', {
    hint: 'sshd allows MaxSessions channels at once on a connection (sshd_config(5))',
  });
}

function noTerminal(): TransportError {
  return new TransportError('become', 'the host gives no terminal, which the privilege program needs', {
    hint: 'sshd must allow terminals: PermitTTY in sshd_config(5), no "no-pty" or "restrict" in authorized_keys',
  });
}
