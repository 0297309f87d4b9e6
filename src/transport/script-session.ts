import type { Become, Host } from '../model/host.ts';
import type { Connection, ConnectionStats, ExecOptions, ExecResult, ReadScript, TransportError, WriteScript } from '../model/transport.ts';
import { bootScript } from './boot.ts';
import { abortError, exchange } from './exchange.ts';
import type { ShellProcess } from './shell-process.ts';

/** What a transport has to offer below the scripts. */
export interface Link {
  /** Time from the start of connecting to here, in milliseconds. */
  readonly connectMs: number;
  /** Starts a command line. Rejects with TransportError. */
  open(command: string): Promise<ShellProcess>;
  /** Why a process went away without an exit status. */
  lost(): TransportError;
  /** Ends the link and all that runs over it. Never rejects. */
  close(): Promise<void>;
}

/** A connection that runs scripts over a link, and counts. */
export class ScriptSession implements Connection {
  readonly #host: Host;
  readonly #link: Link;
  #roundTrips = 0;
  #bytesSent = 0;
  #bytesReceived = 0;

  constructor(host: Host, link: Link) {
    this.#host = host;
    this.#link = link;
  }

  read(script: ReadScript, options: ExecOptions): Promise<ExecResult> {
    return this.#run(script.text, options);
  }

  write(script: WriteScript, options: ExecOptions): Promise<ExecResult> {
    return this.#run(script.text, options);
  }

  stats(): ConnectionStats {
    return {
      connectMs: this.#link.connectMs,
      roundTrips: this.#roundTrips,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
    };
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  async #run(text: string, exec: ExecOptions): Promise<ExecResult> {
    const { become } = exec;
    const password = become === null ? null : this.#host.connection.becomePassword;
    const boot = bootScript(text, become, password !== null);
    const process = await openUnlessAborted(this.#link, boot.command, exec.signal);
    this.#roundTrips += 1;
    this.#bytesSent += boot.body.length;
    const lost = (): TransportError => process.lost?.() ?? this.#link.lost();
    const result = await exchange(process, { boot, become, password, startMs: this.#startMs(become), exec, lost });
    this.#bytesReceived += result.stdout.length + result.stderr.length;
    return result;
  }

  #startMs(become: Become | null): number {
    const { channelMs, becomeMs } = this.#host.connection.deadlines;
    return become === null ? channelMs : becomeMs;
  }
}

/** A process that comes after the abort is let go of. */
function openUnlessAborted(link: Link, command: string, signal: AbortSignal | undefined): Promise<ShellProcess> {
  if (signal === undefined) return link.open(command);
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(abortError());
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    link
      .open(command)
      .then((process) => (signal.aborted ? process.destroy() : resolve(process)), reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
