import { createConnection, isIP, type Socket } from 'node:net';
import ssh2, { type Client, type ClientErrorExtensions, type ConnectConfig } from 'ssh2';
import type { ConnectionSettings } from '../../model/host.ts';
import { TransportError, type TroublePhase } from '../../model/transport.ts';

/** The stretches of connecting, each with its own errors. */
type Stretch = Extract<TroublePhase, 'resolve' | 'connect' | 'handshake' | 'authenticate'>;

/** What one attempt needs besides the host's settings. */
export interface AttemptOptions {
  readonly settings: ConnectionSettings;
  /** Ends the attempt with phase `aborted`. */
  readonly signal: AbortSignal;
  /** For ssh2: methods, host key check, algorithms, keepalive. */
  readonly config: ConnectConfig;
  /** Why the host key check refused the key, if it did. */
  refusal(): TransportError | null;
  /** Explains a failed authentication. */
  denied(cause: Error): TransportError;
}

/** An authenticated client and the socket below it. */
export interface Connected {
  readonly client: Client;
  readonly socket: Socket;
}

/** Connects and authenticates one client, within the host's deadlines. Rejects with TransportError, and leaves no socket behind then. */
export function attempt(options: AttemptOptions): Promise<Connected> {
  return new Promise((resolve, reject) => new Attempt(options, { resolve, reject }).start());
}

interface Settle {
  resolve(connected: Connected): void;
  reject(error: TransportError): void;
}

class Attempt {
  readonly #options: AttemptOptions;
  readonly #settle: Settle;
  readonly #client = new ssh2.Client();
  readonly #socket: Socket;
  #stretch: Stretch;
  #timer: NodeJS.Timeout | undefined;
  #settled = false;

  constructor(options: AttemptOptions, settle: Settle) {
    const { address: host, port, deadlines } = options.settings;
    this.#options = options;
    this.#settle = settle;
    this.#stretch = isIP(host) === 0 ? 'resolve' : 'connect';
    // Node's default of 250 ms for each address of a host is too short for slow links.
    this.#socket = createConnection({ host, port, noDelay: true, autoSelectFamilyAttemptTimeout: Math.ceil(deadlines.connectMs / 4) });
  }

  start(): void {
    const { signal, settings } = this.#options;
    this.#deadline(settings.deadlines.connectMs);
    signal.addEventListener('abort', this.#abort, { once: true });
    this.#socket.once('lookup', (error: Error | null) => {
      if (error === null) this.#stretch = 'connect';
    });
    this.#socket.once('error', (error) => this.#fail(this.#explain(error)));
    this.#socket.once('connect', () => this.#shakeHands());
  }

  #shakeHands(): void {
    if (this.#settled) return;
    this.#stretch = 'handshake';
    this.#client.on('error', (error) => this.#onError(error));
    this.#client.once('handshake', () => this.#onHandshake());
    this.#client.once('ready', () => this.#onReady());
    this.#client.once('close', () => this.#fail(this.#explain(new Error('the server closed the connection'))));
    this.#client.connect({ ...this.#options.config, sock: this.#socket, readyTimeout: 0 });
  }

  #onHandshake(): void {
    if (this.#settled) return;
    this.#stretch = 'authenticate';
    // After login OpenSSH names all its host keys, and ssh2 would have each one proved: signatures and a round trip for nothing, as
    // drover learns keys only from the handshake. ssh2 has no option for it, but asks only servers that it takes for OpenSSH.
    Reflect.set(this.#client, '_remoteVer', '');
    this.#deadline(this.#options.settings.deadlines.authenticateMs);
  }

  #onReady(): void {
    if (this.#settled) return;
    this.#done();
    this.#settle.resolve({ client: this.#client, socket: this.#socket });
  }

  #onError(error: Error & ClientErrorExtensions): void {
    // After one of these ssh2 goes on with the next key.
    const goesOn = error.level === 'agent' || (error.level === 'client-authentication' && error.message.startsWith('Error '));
    if (!goesOn) this.#fail(this.#explain(error));
  }

  readonly #abort = (): void => this.#fail(new TransportError('aborted', 'stopped while connecting'));

  #deadline(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fail(this.#late(ms)), ms);
  }

  #fail(error: TransportError): void {
    if (this.#settled) return;
    this.#done();
    this.#client.on('error', () => {});
    this.#socket.on('error', () => {});
    this.#socket.destroy();
    this.#settle.reject(error);
  }

  #done(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener('abort', this.#abort);
  }

  #late(ms: number): TransportError {
    const { address, port, user } = this.#options.settings;
    const what: Record<Stretch, string> = {
      resolve: `${address} was not resolved`,
      connect: `no answer from ${address} port ${port}`,
      handshake: `${address} port ${port} accepts connections, but no SSH handshake was done`,
      authenticate: `${user}@${address} was not authenticated`,
    };
    return new TransportError(this.#stretch, `${what[this.#stretch]} within ${ms} ms`, { deadline: true });
  }

  #explain(cause: NodeJS.ErrnoException): TransportError {
    const refusal = this.#options.refusal();
    if (refusal !== null) return refusal;
    if (this.#stretch === 'authenticate') return this.#options.denied(cause);
    const { address, port } = this.#options.settings;
    if (this.#stretch !== 'handshake') return unreachable(cause, address, port);
    return new TransportError('handshake', `${address} port ${port}: ${cause.message}`, { cause });
  }
}

function unreachable(cause: NodeJS.ErrnoException, address: string, port: number): TransportError {
  if (cause.syscall === 'getaddrinfo') {
    return new TransportError('resolve', `cannot resolve ${address}: ${cause.code ?? cause.message}`, {
      cause,
      hint: "check the host's name, or give its address in the inventory",
    });
  }
  // A host with several addresses fails with an AggregateError, whose own message is empty.
  const reasons = cause instanceof AggregateError ? cause.errors.map((error) => String(error.message)) : [cause.message];
  return new TransportError('connect', `cannot connect to ${address} port ${port}: ${reasons.join('; ')}`, { cause });
}
