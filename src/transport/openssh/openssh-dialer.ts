import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionSettings } from '../../model/host.ts';
import { TransportError } from '../../model/transport.ts';
import { JumpPool } from '../jump-pool.ts';
import { NothingInCommon } from '../negotiation.ts';
import type { Traveller } from '../ssh/routes.ts';
import { Turnstile } from '../ssh/turnstile.ts';
import { connectMsOf, settledArguments } from './command-line.ts';
import { askSsh, type EffectiveConfig, type SshSurroundings } from './effective-config.ts';
import { notForwarded } from './explain.ts';
import { Master } from './master.ts';
import { MasterJump } from './master-jump.ts';
import { type Route, type Stop, settleRoute, targetOf } from './routes.ts';

/** Connections that are not authenticated yet, as for the transport ssh; each is a process of its own here. */
const AT_ONCE = { each: 8, all: 32 };
/** Processes that only say what ssh would do. */
const ASKED_AT_ONCE = { each: 8, all: 8 };

/** Waits before connecting again where a server hung up before it said who it is: sshd does so when it has too many (MaxStartups). */
const RETRY_MS = [250, 500, 1_000];

/** A connection to the end of a route. */
export interface Dialled {
  readonly master: Master;
  /** The machine before; null where there is none. It is released by whoever ends the connection. */
  readonly jump: MasterJump | null;
}

/** Makes connections along routes by the system's ssh: to each machine on the way only one. */
export class OpenSshDialer {
  readonly surroundings: SshSurroundings;
  readonly #home: string;
  readonly #say: (sentence: string) => void;
  readonly #turnstile = new Turnstile(AT_ONCE);
  readonly #asking = new Turnstile(ASKED_AT_ONCE);
  /** What ssh said of hosts that are not connected to yet. */
  readonly #answers = new Map<string, Promise<EffectiveConfig>>();
  readonly #jumps = new JumpPool<Stop, MasterJump>({
    keyOf: (stops) => JSON.stringify(stops.map(({ given, name, settings }) => [given, name, settings.hostKeyPolicy])),
    nameOf: ({ name }) => name,
    connect: async (stop, before, { signal, onEnd }) =>
      new MasterJump(stop.name, await this.#start(stop, before, { signal }), { before, onEnd }),
  });

  /** @param say Is told what somebody has to do while a host is connected to: touch a key. */
  constructor({ agentSocket, cwd, home }: Traveller, say: (sentence: string) => void) {
    const { SSH_AUTH_SOCK: _, ...rest } = process.env;
    // A program that asks in a window is no better than a terminal.
    const env = { ...rest, ...(agentSocket !== null && { SSH_AUTH_SOCK: agentSocket }), SSH_ASKPASS_REQUIRE: 'never' };
    this.surroundings = { cwd, env };
    this.#home = home;
    this.#say = say;
  }

  /** The way to a host. Rejects with TransportError. */
  route(settings: ConnectionSettings, signal: AbortSignal): Promise<Route> {
    return settleRoute(settings, this.#home, (args) => this.#ask(args, signal));
  }

  /** Connects to the last stop. Rejects with TransportError, and leaves nothing open then. */
  async dial(route: Route, { signal, name }: { readonly signal: AbortSignal; readonly name: string }): Promise<Dialled> {
    const { given, name: to } = lastOf(route);
    // Whoever connects again asks again: it may depend on the network (Match exec).
    this.#answers.delete(JSON.stringify([...given, '--', to]));
    return this.#through(route, signal, (stop, jump) => this.#start(stop, jump, { signal, name }));
  }

  /** Connects to the last stop without logging in, to see its key: with these arguments of ssh before all others. Rejects with TransportError. */
  async knock(route: Route, args: readonly string[], signal: AbortSignal): Promise<void> {
    const { master, jump } = await this.#through(route, signal, (stop, before) => this.#start(stop, before, { signal, args }));
    await master.close();
    jump?.release();
  }

  async #through(route: Route, signal: AbortSignal, start: (stop: Stop, jump: MasterJump | null) => Promise<Master>): Promise<Dialled> {
    const jump = await this.#jumps.lease(route.slice(0, -1), signal);
    try {
      return { master: await start(lastOf(route), jump), jump };
    } catch (error) {
      jump?.release();
      throw error;
    }
  }

  #start(stop: Stop, jump: MasterJump | null, { signal, name = stop.name, args = [] }: Starting): Promise<Master> {
    const { settings, given, config } = stop;
    const proxy = jump === null ? [] : ['-o', `ProxyCommand=${jump.proxyCommand}`];
    const plan = {
      args: [...args, ...proxy, ...settledArguments(settings, config), ...given],
      host: stop.name,
      target: targetOf(stop),
      surroundings: this.surroundings,
      connectMs: connectMsOf(settings, config),
      authenticateMs: settings.deadlines.authenticateMs,
      carrier: jump,
      say: (sentence: string) => this.#say(`${name}: ${sentence}`),
    };
    const once = async (): Promise<Master> => {
      try {
        return await this.#turnstile.through(queueOf(stop, jump), () => Master.start(plan, signal));
      } catch (error) {
        throw (signal.aborted || jump === null ? null : carrierTrouble(jump, stop)) ?? error;
      }
    };
    return patiently(once, signal);
  }

  #ask(args: readonly string[], signal: AbortSignal): Promise<EffectiveConfig> {
    const key = JSON.stringify(args);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = this.#asking.through('', () => askSsh(args, this.surroundings, signal));
    this.#answers.set(key, answer);
    answer.catch(() => this.#answers.delete(key));
    return answer;
  }
}

/** Connects again where a server hung up before it said who it is. */
async function patiently<T>(connect: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let again = 0; ; again += 1) {
    try {
      return await connect();
    } catch (error) {
      const waitMs = RETRY_MS[again];
      if (waitMs === undefined || signal.aborted || !isHangUp(error)) throw error;
      // Not all at the same time again.
      await delay(waitMs * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
    }
  }
}

interface Starting {
  readonly signal: AbortSignal;
  /** What the operator is told the host's name by. Default: the stop's. */
  readonly name?: string;
  readonly args?: readonly string[];
}

function carrierTrouble(jump: MasterJump, stop: Stop): TransportError | null {
  const { address, port } = targetOf(stop);
  const refusal = jump.refusal(address, port);
  if (refusal !== null) return notForwarded(refusal, { address, port, via: jump.name });
  const trouble = jump.trouble();
  return trouble === null ? null : new TransportError('connect', `on the way through ${jump.name}: ${trouble}`);
}

/** The machine whose sshd counts the connections; a ProxyCommand takes its own from somewhere that nobody knows. */
function queueOf(stop: Stop, jump: MasterJump | null): string {
  const { address, port } = targetOf(stop);
  const isCommand = jump === null && (stop.config.get('proxycommand') ?? 'none') !== 'none';
  return isCommand ? 'ProxyCommand' : JSON.stringify([address, port]);
}

/** Nothing was sent but the version, so connecting again repeats nothing. */
function isHangUp(error: unknown): boolean {
  return error instanceof TransportError && error.phase === 'handshake' && !error.deadline && !(error instanceof NothingInCommon);
}

function lastOf(route: Route): Stop {
  const last = route.at(-1);
  if (last === undefined) throw new Error('a route without an end');
  return last;
}
