import type { Become, BecomeMethod, Host } from '../model/host.ts';
import type { Connection, ConnectionStats, ExecOptions, ExecResult, ReadScript, TransportError, WriteScript } from '../model/transport.ts';
import { type Petition, TerminalNeeded } from './become/asking.ts';
import { PROGRAMS } from './become/program.ts';
import { TerminalProcess } from './become/terminal-process.ts';
import { bootScript } from './boot.ts';
import { abortError, exchange } from './exchange.ts';
import type { ShellProcess } from './shell-process.ts';

/** What a transport has to offer below the scripts. */
export interface Link {
  /** Time from the start of connecting to here, in milliseconds. */
  readonly connectMs: number;
  /** Starts a command line. Rejects with TransportError. */
  open(command: string): Promise<ShellProcess>;
  /**
   * The same with a terminal, which passes all bytes as they are, for its standard input and both outputs; all that it prints comes as standard output.
   * Absent where there are no terminals. Rejects with TransportError.
   */
  openTerminal?(command: string): Promise<ShellProcess>;
  /** Why a process went away without an exit status. */
  lost(): TransportError;
  /** Ends the link and all that runs over it. Never rejects. */
  close(): Promise<void>;
}

/** A connection that runs scripts over a link, and counts. */
export class ScriptSession implements Connection {
  readonly #host: Host;
  readonly #link: Link;
  /** Privilege programs that refused to work without a terminal. */
  readonly #onTerminal = new Set<BecomeMethod>();
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
    if (become === null) return this.#exchange(text, exec, null);
    try {
      return await this.#exchange(text, exec, become);
    } catch (error) {
      // Nothing was run: it is tried once more with a terminal, and so from now on.
      if (!(error instanceof TerminalNeeded) || this.#link.openTerminal === undefined) throw error;
      this.#onTerminal.add(become.method);
      return this.#exchange(text, exec, become);
    }
  }

  async #exchange(text: string, exec: ExecOptions, become: Become | null): Promise<ExecResult> {
    const onTerminal = become !== null && this.#needsTerminal(become);
    const password = become === null ? null : this.#host.connection.becomePassword;
    const boot = bootScript(text, { become, mayAsk: become !== null && this.#mayAsk(become, onTerminal), onTerminal });
    const process = await openUnlessAborted(() => this.#open(boot.command, onTerminal), exec.signal);
    this.#roundTrips += 1;
    this.#bytesSent += boot.body.length;
    const petition: Petition | null = become === null ? null : { become, boot, password, onTerminal };
    const lost = (): TransportError => process.lost?.() ?? this.#link.lost();
    const parted = onTerminal ? new TerminalProcess(process, boot.marker) : process;
    const result = await exchange(parted, { boot, petition, startMs: this.#startMs(become), exec, lost });
    this.#bytesReceived += result.stdout.length + result.stderr.length;
    return result;
  }

  #open(command: string, onTerminal: boolean): Promise<ShellProcess> {
    return (onTerminal ? this.#link.openTerminal?.(command) : undefined) ?? this.#link.open(command);
  }

  #needsTerminal({ method }: Become): boolean {
    if (this.#link.openTerminal === undefined) return false;
    return this.#onTerminal.has(method) || (PROGRAMS[method].asksAtTerminal && this.#host.connection.becomePassword !== null);
  }

  #mayAsk({ method }: Become, onTerminal: boolean): boolean {
    return this.#host.connection.becomePassword !== null && (onTerminal || !PROGRAMS[method].asksAtTerminal);
  }

  #startMs(become: Become | null): number {
    const { channelMs, becomeMs } = this.#host.connection.deadlines;
    return become === null ? channelMs : becomeMs;
  }
}

/** A process that comes after the abort is let go of. */
function openUnlessAborted(open: () => Promise<ShellProcess>, signal: AbortSignal | undefined): Promise<ShellProcess> {
  if (signal === undefined) return open();
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(abortError());
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    open()
      .then((process) => (signal.aborted ? process.destroy() : resolve(process)), reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
