import type { BaseFacts } from '../model/fact.ts';
import type { Become, Host } from '../model/host.ts';
import { type HostStep, levelOf, type World } from '../model/planned.ts';
import type { ReadHints } from '../model/ports.ts';
import { type Connection, type ConnectionStats, TransportError } from '../model/transport.ts';
import type { RunContext } from './prepare.ts';
import { groupByLevel, readFirst, readRest } from './read-facts.ts';
import { claimOf } from './write-units.ts';

/** Longest wait for the host to be given back, in milliseconds; while the operator waits for the end of an interrupted run, a shorter one. */
const RELEASE_MS = 30_000;
const HASTY_RELEASE_MS = 2_000;

/** A host while a run drives it: its connection, which may be replaced, and the locks that the run holds there. */
export class HostSession {
  readonly host: Host;
  #connection: Connection | null;
  /** Connections that nothing new is sent over: scripts for others may still run there. */
  readonly #left: Connection[] = [];
  /** Figures of the connections that have ended. */
  readonly #ended: ConnectionStats[] = [];
  /** Privilege levels whose lock this run may still have. */
  readonly #taken = new Map<string, { readonly become: Become | null; readonly base: BaseFacts }>();

  constructor(host: Host, connection: Connection | null) {
    this.host = host;
    this.#connection = connection;
  }

  /** The connection, made where there is none. Rejects with TransportError. */
  async connection({ ports, stop }: RunContext): Promise<Connection> {
    if (this.#connection !== null) return this.#connection;
    const made = await ports.transport.connect(this.host, stop.soft);
    // Another visit may have made one meanwhile.
    if (this.#connection === null) this.#connection = made;
    else this.#left.push(made);
    return this.#connection;
  }

  /** Ends the connection; the next one is made when it is needed. */
  async drop(): Promise<void> {
    this.#leave();
    const left = this.#left.splice(0);
    await Promise.all(left.map((connection) => connection.close()));
    this.#ended.push(...left.map((connection) => connection.stats()));
  }

  /** The next connection is another one. */
  #leave(): void {
    if (this.#connection !== null) this.#left.push(this.#connection);
    this.#connection = null;
  }

  /** Puts another connection in place of the one that was dropped. */
  adopt(connection: Connection): void {
    this.#connection = connection;
  }

  /** Reads all facts of these steps anew into the world, over another connection where the old one is gone. */
  async reread(items: readonly HostStep[], world: World, context: RunContext): Promise<void> {
    const hadConnection = this.#connection !== null;
    try {
      await this.#readInto(items, world, context);
    } catch (error) {
      if (!hadConnection || !isLost(error)) throw error;
      this.#leave();
      await this.#readInto(items, world, context);
    }
  }

  async #readInto(items: readonly HostStep[], world: World, context: RunContext): Promise<void> {
    const ports = { ...context.ports, hints: hintsFor(items, world) };
    const reading = { host: this.host, reader: await this.connection(context), ports, signal: context.stop.soft };
    const first = await readFirst(
      items.map(({ become }) => become),
      reading,
    );
    const facts = await readRest(items, first, reading);
    world.facts.clear();
    world.notified.clear();
    world.pending = null;
    for (const [level, base] of first.bases) world.bases.set(level, base);
    for (const [id, state] of facts) world.facts.set(id, state);
  }

  /** Notes that runs which this one goes on with, if there are any, may have left the host taken. */
  inherit(items: readonly HostStep[], bases: ReadonlyMap<string, BaseFacts>, { instead = [] }: RunContext): void {
    for (const { become } of instead.length === 0 ? [] : items) {
      const base = bases.get(levelOf(become));
      if (base !== undefined) this.take(become, base);
    }
  }

  /** Notes that a script of this level takes the host. */
  take(become: Become | null, base: BaseFacts): void {
    this.#taken.set(levelOf(become), { become, base });
  }

  /** Notes that a script has given the host back by itself. */
  given(become: Become | null): void {
    this.#taken.delete(levelOf(become));
  }

  /** Gives the host back, also on a hard stop. What cannot be given back is free when its lease ends. */
  async release(context: RunContext): Promise<void> {
    const deadlineMs = context.stop.soft.aborted ? HASTY_RELEASE_MS : RELEASE_MS;
    for (const { become, base } of this.#taken.values()) {
      const script = context.ports.actions.releaseScript(claimOf(context, base, true), context.ports.nonce());
      await this.#connection?.write(script, { become, deadlineMs, signal: AbortSignal.timeout(deadlineMs) }).catch(() => null);
    }
    this.#taken.clear();
  }

  /** Gives the host back and ends the connection. */
  async end(context: RunContext): Promise<void> {
    await this.release(context);
    await this.drop();
  }

  /** Figures of all connections so far. */
  stats(): ConnectionStats {
    const open = this.#connection === null ? this.#left : [...this.#left, this.#connection];
    const all = [...this.#ended, ...open.map((connection) => connection.stats())];
    const sum = (field: keyof ConnectionStats): number => all.reduce((total, each) => total + each[field], 0);
    return {
      connectMs: sum('connectMs'),
      roundTrips: sum('roundTrips'),
      bytesSent: sum('bytesSent'),
      bytesReceived: sum('bytesReceived'),
    };
  }
}

function isLost(error: unknown): boolean {
  return error instanceof TransportError && (error.phase === 'link' || error.phase === 'channel');
}

/** The questions of these steps, so that they travel with the base facts: what was asked before in this run may be asked so, guards too. */
function hintsFor(items: readonly HostStep[], world: World): ReadHints {
  const groups = groupByLevel(items, () => true);
  return {
    get: (_, level) => {
      const base = world.bases.get(level);
      return base === undefined ? null : { base, requests: groups.get(level)?.requests ?? [] };
    },
    set: () => {},
  };
}
