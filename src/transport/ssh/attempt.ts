import type { Duplex } from 'node:stream';
import ssh2, { type Client, type ClientErrorExtensions, type ConnectConfig } from 'ssh2';
import { TransportError } from '../../model/transport.ts';
import { NothingInCommon } from '../negotiation.ts';
import type { AttemptHands } from './authentication.ts';
import { noHandshake } from './no-handshake.ts';
import { newPasswordWanted } from './prompts.ts';
import { ServerHello } from './server-hello.ts';
import type { SshStop } from './stop.ts';
import type { Way } from './way.ts';

/** What one attempt needs besides the way to the server. */
export interface AttemptOptions {
  readonly stop: SshStop;
  /** What is left of the time for connecting, in milliseconds. */
  readonly handshakeMs: number;
  /** Ends the attempt with phase `aborted`. */
  readonly signal: AbortSignal;
  /** For ssh2: host key check, algorithms, keepalive. */
  readonly config: ConnectConfig;
  /** Begins to log in: what ssh2 asks for each next method. Default: only `none` is tried. */
  readonly authenticate?: (hands: AttemptHands) => NonNullable<ConnectConfig['authHandler']>;
  /** Why the host key check refused the key, if it did. */
  refusal(): TransportError | null;
  /** Explains a failed authentication. */
  denied(cause: Error): TransportError;
}

/** An authenticated client and the stream below it. */
export interface Connected {
  readonly client: Client;
  readonly stream: Duplex;
}

/** Shakes hands and authenticates over a way, within the stop's deadlines. Rejects with TransportError, and leaves no stream behind then. */
export async function attempt(way: Way, options: AttemptOptions): Promise<Connected> {
  try {
    return await new Promise<Connected>((resolve, reject) => new Attempt(way, options, { resolve, reject }).start());
  } catch (error) {
    throw await inItsWords(error, way, options.stop);
  }
}

/** Whoever carried the stream knows better why the handshake came to nothing. */
async function inItsWords(error: unknown, way: Way, { address, port }: SshStop): Promise<unknown> {
  if (!(error instanceof TransportError) || error.phase !== 'handshake' || error.deadline || error instanceof NothingInCommon) return error;
  const words = await way.lastWords();
  return words === null ? error : new TransportError('handshake', `${address} port ${port}: ${words}`, { cause: error.cause });
}

interface Settle {
  resolve(connected: Connected): void;
  reject(error: TransportError): void;
}

class Attempt {
  readonly #way: Way;
  readonly #options: AttemptOptions;
  readonly #settle: Settle;
  readonly #client = new ssh2.Client();
  readonly #hello = new ServerHello();
  #stretch: 'handshake' | 'authenticate' = 'handshake';
  #timer: NodeJS.Timeout | undefined;
  #settled = false;

  constructor(way: Way, options: AttemptOptions, settle: Settle) {
    this.#way = way;
    this.#options = options;
    this.#settle = settle;
  }

  start(): void {
    const { signal, handshakeMs, stop, config } = this.#options;
    if (signal.aborted) {
      this.#abort();
      return;
    }
    this.#deadline(handshakeMs, stop.connectMs);
    signal.addEventListener('abort', this.#abort, { once: true });
    this.#client.on('error', (error) => this.#onError(error));
    this.#client.once('handshake', () => this.#onHandshake());
    this.#client.once('ready', () => this.#onReady());
    this.#client.once('close', () => this.#fail(this.#explain(new Error('the server closed the connection'))));
    this.#client.once('change password', () => this.#fail(newPasswordWanted(stop)));
    const hands: AttemptHands = { hold: (work) => this.#hold(work), fail: this.#giveUp };
    const authHandler = this.#options.authenticate?.(hands) ?? ['none'];
    this.#way.stream.on('data', this.#hello.push);
    this.#client.connect({ ...config, authHandler, sock: this.#way.stream, readyTimeout: 0 });
  }

  #onHandshake(): void {
    if (this.#settled) return;
    this.#stretch = 'authenticate';
    this.#way.stream.off('data', this.#hello.push);
    // After login OpenSSH names all its host keys, and ssh2 would have each one proved: signatures and a round trip for nothing, as
    // drover learns keys only from the handshake. ssh2 has no option for it, but asks only servers that it takes for OpenSSH.
    Reflect.set(this.#client, '_remoteVer', '');
    this.#deadline(this.#options.stop.authenticateMs);
  }

  #onReady(): void {
    if (this.#settled) return;
    this.#done();
    this.#settle.resolve({ client: this.#client, stream: this.#way.stream });
  }

  #onError(error: Error & ClientErrorExtensions): void {
    // After one of these ssh2 goes on with the next key.
    const goesOn = error.level === 'agent' || (error.level === 'client-authentication' && error.message.startsWith('Error '));
    if (!goesOn) this.#fail(this.#explain(error));
  }

  async #hold<T>(work: Promise<T>): Promise<T> {
    clearTimeout(this.#timer);
    try {
      return await work;
    } finally {
      if (!this.#settled) this.#deadline(this.#options.stop.authenticateMs);
    }
  }

  readonly #giveUp = (error: unknown): void =>
    this.#fail(error instanceof TransportError ? error : this.#explain(error instanceof Error ? error : new Error(String(error))));

  readonly #abort = (): void => this.#fail(new TransportError('aborted', 'stopped while connecting'));

  /** @param saidMs What the message names where it is more than what is left. */
  #deadline(ms: number, saidMs: number = ms): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fail(this.#late(saidMs)), Math.max(0, ms));
  }

  #fail(error: TransportError): void {
    if (this.#settled) return;
    this.#done();
    this.#client.on('error', () => {});
    this.#way.stream.on('error', () => {});
    this.#way.stream.destroy();
    this.#settle.reject(error);
  }

  #done(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener('abort', this.#abort);
  }

  #late(ms: number): TransportError {
    const { address, port, user } = this.#options.stop;
    const what =
      this.#stretch === 'handshake'
        ? `${address} port ${port} accepts connections, but no SSH handshake was done`
        : `${user}@${address} was not authenticated`;
    return new TransportError(this.#stretch, `${what} within ${ms} ms`, { deadline: true });
  }

  #explain(cause: Error): TransportError {
    const refusal = this.#options.refusal();
    if (refusal !== null) return refusal;
    if (this.#stretch === 'authenticate') return this.#options.denied(cause);
    return noHandshake(this.#options.stop, this.#hello, cause);
  }
}
