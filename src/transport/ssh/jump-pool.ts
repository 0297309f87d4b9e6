import type { Client } from 'ssh2';
import { TransportError } from '../../model/transport.ts';
import type { Connected } from './attempt.ts';
import type { SshStop } from './stop.ts';

/** A connection to a machine on the way, as long as somebody needs it. */
export interface Jump {
  /** As ProxyJump names it. */
  readonly name: string;
  readonly client: Client;
  /** Why it ended; null while it lasts. */
  trouble(): string | null;
  release(): void;
}

type Connect = (stop: SshStop, before: Jump | null, signal: AbortSignal) => Promise<Connected>;

/** How long a connection that nobody needs is kept for whoever comes next. */
const LINGER_MS = 500;
/** For how long hosts behind a machine that cannot be reached are told so without another try. */
const REMEMBERED_MS = 10_000;

/** Connections to machines on the way, one to each, shared by all hosts behind it. */
export class JumpPool {
  readonly #connect: Connect;
  readonly #open = new Map<string, Promise<SharedJump>>();

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  /** The connection to the last of these machines, each reached through the one before; null for none. Rejects with TransportError. */
  async lease(stops: readonly SshStop[], signal: AbortSignal): Promise<Jump | null> {
    if (stops.length === 0) return null;
    const key = JSON.stringify(stops.map(({ name, address, port, user, proxyCommand }) => [name, address, port, user, proxyCommand]));
    const known = this.#open.get(key) ?? this.#make(key, stops, signal);
    this.#open.set(key, known);
    const jump = await known;
    // It may have ended since somebody else asked for it.
    if (jump.trouble() !== null) return this.lease(stops, signal);
    jump.hold();
    return jump;
  }

  #make(key: string, stops: readonly SshStop[], signal: AbortSignal): Promise<SharedJump> {
    const forget = (): void => void this.#open.delete(key);
    const made = this.#reach(stops, signal, forget);
    made.catch((error: unknown) => {
      const isOwn = error instanceof TransportError && error.phase === 'aborted';
      if (isOwn) forget();
      else setTimeout(forget, REMEMBERED_MS).unref();
    });
    return made;
  }

  async #reach(stops: readonly SshStop[], signal: AbortSignal, onEnd: () => void): Promise<SharedJump> {
    const before = await this.lease(stops.slice(0, -1), signal);
    const stop = stops.at(-1);
    if (stop === undefined) throw new Error('no machine to go through');
    try {
      return new SharedJump(stop.name, await this.#connect(stop, before, signal), { before, onEnd });
    } catch (error) {
      before?.release();
      throw error instanceof TransportError ? onTheWay(stop.name, error) : error;
    }
  }
}

class SharedJump implements Jump {
  readonly name: string;
  readonly client: Client;
  #users = 0;
  #trouble: string | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(name: string, { client }: Connected, { before, onEnd }: { readonly before: Jump | null; readonly onEnd: () => void }) {
    this.name = name;
    this.client = client;
    client.on('error', (cause) => {
      this.#trouble ??= `the connection to ${name} was lost: ${cause.level === 'client-timeout' ? 'no answer to keepalives' : cause.message}`;
    });
    // One for each host behind it.
    client.setMaxListeners(0);
    client.once('close', () => {
      this.#trouble ??= before?.trouble() ?? `${name} closed the connection`;
      onEnd();
      before?.release();
    });
  }

  hold(): void {
    clearTimeout(this.#timer);
    this.#users += 1;
  }

  trouble(): string | null {
    return this.#trouble;
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0 && this.#trouble === null) this.#timer = setTimeout(() => this.client.end(), LINGER_MS);
  }
}

function onTheWay(name: string, { phase, message, hint, deadline, cause }: TransportError): TransportError {
  const more = { deadline, cause, ...(hint !== null && { hint }) };
  return new TransportError(phase, phase === 'aborted' ? message : `on the way through ${name}: ${message}`, more);
}
