import type { Host } from '../../model/host.ts';
import {
  type Connection,
  type ConnectionStats,
  type ExecOptions,
  type ExecResult,
  type ReadScript,
  type Transport,
  TransportError,
  type WriteScript,
} from '../../model/transport.ts';

/** Something asked of the fake transport. */
interface FakeCall {
  readonly host: string;
  readonly kind: 'connect' | 'read' | 'write' | 'close';
  /** Script text; empty for `connect` and `close`. */
  readonly text: string;
}

/** What a script leaves behind: its standard output, or parts of a result. Default: nothing, exit code 0. */
type FakeReply = string | Partial<ExecResult>;

/** What hosts do. Each may answer at once or by a promise that the test settles; a rejection must be a TransportError. Default: succeed. */
export interface FakeScript {
  connect?(host: Host): Promise<void> | undefined;
  read?(host: Host, script: ReadScript, options: ExecOptions): Promise<FakeReply> | FakeReply;
  write?(host: Host, script: WriteScript, options: ExecOptions): Promise<FakeReply> | FakeReply;
}

/** A transport without hosts, for tests of concurrency. */
export interface FakeTransport extends Transport {
  /** All calls so far, in order. */
  readonly calls: readonly FakeCall[];
  /** Calls that are not yet answered, in order. */
  readonly inFlight: readonly FakeCall[];
  /** The most calls that were in flight at once. */
  readonly peak: number;
  /** Names of hosts whose connection is open. */
  readonly connected: readonly string[];
  /** Resolves as soon as the calls in flight are as wanted; checked now and after each change. */
  until(isWanted: (inFlight: readonly FakeCall[]) => boolean): Promise<void>;
}

/** Makes a transport that does what the test says, when it says so. */
export function createFakeTransport(script: FakeScript = {}): FakeTransport {
  return new ScriptedTransport(script);
}

class ScriptedTransport implements FakeTransport {
  readonly calls: FakeCall[] = [];
  readonly script: FakeScript;
  peak = 0;
  readonly #open = new Set<FakeCall>();
  readonly #connected = new Set<FakeConnection>();
  #waiting: { isWanted: (inFlight: readonly FakeCall[]) => boolean; resolve: () => void }[] = [];

  constructor(script: FakeScript) {
    this.script = script;
  }

  get inFlight(): readonly FakeCall[] {
    return [...this.#open];
  }

  get connected(): readonly string[] {
    return [...this.#connected].map(({ host }) => host.name);
  }

  connect(host: Host, signal: AbortSignal): Promise<Connection> {
    return this.track({ host: host.name, kind: 'connect', text: '' }, async () => {
      await race(
        () => this.script.connect?.(host),
        signal,
        () => new TransportError('aborted', 'stopped while connecting'),
      );
      const connection = new FakeConnection(host, this);
      this.#connected.add(connection);
      return connection;
    });
  }

  until(isWanted: (inFlight: readonly FakeCall[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ isWanted, resolve });
      this.#changed();
    });
  }

  async track<T>(call: FakeCall, answer: () => Promise<T> | T): Promise<T> {
    this.calls.push(call);
    this.#open.add(call);
    this.peak = Math.max(this.peak, this.#open.size);
    this.#changed();
    try {
      return await answer();
    } finally {
      this.#open.delete(call);
      this.#changed();
    }
  }

  forget(connection: FakeConnection): void {
    this.#connected.delete(connection);
  }

  #changed(): void {
    const ready = this.#waiting.filter(({ isWanted }) => isWanted(this.inFlight));
    this.#waiting = this.#waiting.filter((waiting) => !ready.includes(waiting));
    for (const { resolve } of ready) resolve();
  }
}

class FakeConnection implements Connection {
  readonly host: Host;
  readonly #transport: ScriptedTransport;
  readonly #closed = new AbortController();
  #roundTrips = 0;
  #bytesSent = 0;
  #bytesReceived = 0;

  constructor(host: Host, transport: ScriptedTransport) {
    this.host = host;
    this.#transport = transport;
  }

  read(script: ReadScript, options: ExecOptions): Promise<ExecResult> {
    return this.#run(script, () => this.#transport.script.read?.(this.host, script, options) ?? '', options);
  }

  write(script: WriteScript, options: ExecOptions): Promise<ExecResult> {
    return this.#run(script, () => this.#transport.script.write?.(this.host, script, options) ?? '', options);
  }

  stats(): ConnectionStats {
    return { connectMs: 0, roundTrips: this.#roundTrips, bytesSent: this.#bytesSent, bytesReceived: this.#bytesReceived };
  }

  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort('closed');
    this.#transport.forget(this);
    await this.#transport.track({ host: this.host.name, kind: 'close', text: '' }, () => {});
  }

  async #run(script: ReadScript | WriteScript, answer: () => Promise<FakeReply> | FakeReply, options: ExecOptions): Promise<ExecResult> {
    this.#roundTrips += 1;
    this.#bytesSent += Buffer.byteLength(script.text);
    const call = { host: this.host.name, kind: script.kind, text: script.text };
    const result = execResult(await this.#transport.track(call, () => this.#unlessEnded(options.signal, answer)));
    this.#bytesReceived += result.stdout.length + result.stderr.length;
    if (result.stdout.length > 0) options.onStdout?.(result.stdout);
    return result;
  }

  #unlessEnded<T>(signal: AbortSignal | undefined, answer: () => Promise<T> | T): Promise<T> {
    const lost = (): TransportError => new TransportError('link', 'the connection was lost: closed by drover');
    const aborted = (): TransportError => new TransportError('aborted', 'the script was stopped');
    return race(() => race(answer, signal, aborted), this.#closed.signal, lost);
  }
}

function execResult(reply: FakeReply): ExecResult {
  const given = typeof reply === 'string' ? { stdout: Buffer.from(reply) } : reply;
  const exitCode = given.signal ? null : 0;
  return { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), exitCode, signal: null, ...given };
}

function race<T>(answer: () => Promise<T> | T, signal: AbortSignal | undefined, error: () => TransportError): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(error());
    if (signal?.aborted) {
      stop();
      return;
    }
    signal?.addEventListener('abort', stop, { once: true });
    Promise.resolve()
      .then(answer)
      .then(resolve, reject)
      .finally(() => signal?.removeEventListener('abort', stop));
  });
}
