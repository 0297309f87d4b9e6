import { TransportError } from '../model/transport.ts';

/** How long a connection that nobody needs is kept for whoever comes next. */
const LINGER_MS = 500;
/** For how long hosts behind a machine that cannot be reached are told so without another try. */
const REMEMBERED_MS = 10_000;

/** A connection to a machine on the way, as long as somebody needs it. */
export abstract class Jump {
  /** As ProxyJump names it. */
  readonly name: string;
  #users = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Why it ended; null while it lasts. */
  abstract trouble(): string | null;
  /** Ends it. */
  protected abstract end(): void;

  hold(): void {
    clearTimeout(this.#timer);
    this.#users += 1;
  }

  release(): void {
    this.#users -= 1;
    if (this.#users === 0 && this.trouble() === null) this.#timer = setTimeout(() => this.end(), LINGER_MS);
  }
}

/** How connections to machines on the way are made. */
export interface JumpMaking<Stop, Made extends Jump> {
  /** What tells one way from another. */
  keyOf(stops: readonly Stop[]): string;
  nameOf(stop: Stop): string;
  /** Connects; `before` is the machine before, which the connection releases when it ends, and `onEnd` is to be called then. */
  connect(stop: Stop, before: Made | null, more: { readonly signal: AbortSignal; readonly onEnd: () => void }): Promise<Made>;
}

/** Connections to machines on the way, one to each, shared by all hosts behind it. */
export class JumpPool<Stop, Made extends Jump> {
  readonly #making: JumpMaking<Stop, Made>;
  readonly #open = new Map<string, Promise<Made>>();

  constructor(making: JumpMaking<Stop, Made>) {
    this.#making = making;
  }

  /** The connection to the last of these machines, each reached through the one before; null for none. Rejects with TransportError. */
  async lease(stops: readonly Stop[], signal: AbortSignal): Promise<Made | null> {
    const last = stops.at(-1);
    if (last === undefined) return null;
    const key = this.#making.keyOf(stops);
    const known = this.#open.get(key) ?? this.#make(key, { last, before: stops.slice(0, -1) }, signal);
    this.#open.set(key, known);
    const jump = await known;
    // It may have ended since somebody else asked for it.
    if (jump.trouble() !== null) return this.lease(stops, signal);
    jump.hold();
    return jump;
  }

  #make(key: string, way: Way<Stop>, signal: AbortSignal): Promise<Made> {
    const forget = (): void => void this.#open.delete(key);
    const made = this.#reach(way, signal, forget);
    made.catch((error: unknown) => {
      const isOwn = error instanceof TransportError && error.phase === 'aborted';
      if (isOwn) forget();
      else setTimeout(forget, REMEMBERED_MS).unref();
    });
    return made;
  }

  async #reach({ last, before: stops }: Way<Stop>, signal: AbortSignal, onEnd: () => void): Promise<Made> {
    const before = await this.lease(stops, signal);
    try {
      return await this.#making.connect(last, before, { signal, onEnd });
    } catch (error) {
      before?.release();
      throw error instanceof TransportError ? onTheWay(this.#making.nameOf(last), error) : error;
    }
  }
}

interface Way<Stop> {
  readonly last: Stop;
  readonly before: readonly Stop[];
}

function onTheWay(name: string, { phase, message, hint, deadline, cause }: TransportError): TransportError {
  const more = { deadline, cause, ...(hint !== null && { hint }) };
  return new TransportError(phase, phase === 'aborted' ? message : `on the way through ${name}: ${message}`, more);
}
