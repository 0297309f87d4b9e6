import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { Host } from '../../model/host.ts';
import { type Connection, type Transport, TransportError } from '../../model/transport.ts';
import { type Link, ScriptSession } from '../script-session.ts';
import type { ProcessEnd, ShellProcess } from '../shell-process.ts';

/** Event of a child that was let go of while it ran. */
const DESTROYED = 'drover-destroyed';

/** Runs scripts on this machine, started exactly as they are over SSH; as whoever runs drover, in their home directory. */
export function createLocalTransport(): Transport {
  return {
    async connect(host: Host, signal: AbortSignal): Promise<Connection> {
      if (signal.aborted) throw new TransportError('aborted', 'stopped before it was connected');
      return new ScriptSession(host, new LocalLink());
    },
  };
}

class LocalLink implements Link {
  readonly connectMs: number = 0;
  readonly #running = new Set<LocalProcess>();
  #closed = false;

  async open(command: string): Promise<ShellProcess> {
    if (this.#closed) throw this.lost();
    const process = await LocalProcess.start(command);
    this.#running.add(process);
    process.onClose(() => this.#running.delete(process));
    return process;
  }

  lost(): TransportError {
    return new TransportError('link', 'the connection was closed');
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const process of this.#running) process.destroy();
  }
}

/** The home directory; `/` where there is none or it is not to be entered, as after a login by SSH. */
function startFolder(): string {
  try {
    accessSync(homedir(), constants.X_OK);
    return homedir();
  } catch {
    return '/';
  }
}

class LocalProcess implements ShellProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly #child: ChildProcessWithoutNullStreams;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
  }

  static start(command: string): Promise<LocalProcess> {
    // Whoever came to this machine by SSH did not come to it as a host of drover.
    const local = `unset SSH_CONNECTION SSH_CLIENT SSH_TTY; ${command}`;
    const child = spawn('/bin/sh', ['-c', local], { cwd: startFolder(), detached: true });
    return new Promise((resolve, reject) => {
      child.once('spawn', () => resolve(new LocalProcess(child)));
      child.once('error', (cause) => reject(new TransportError('channel', `cannot start /bin/sh: ${cause.message}`, { cause })));
    });
  }

  onExit(listener: (end: ProcessEnd) => void): void {
    this.#child.once('exit', (exitCode, signal) => listener({ exitCode, signal }));
  }

  onClose(listener: () => void): void {
    this.#child.once('close', listener);
    this.#child.once(DESTROYED, listener);
  }

  /** Closes its pipes, as a dropped link would. What has to be ended was told so before. */
  destroy(): void {
    for (const stream of this.#child.stdio) stream?.destroy();
    this.#child.unref();
    this.#child.emit(DESTROYED);
  }
}
