import { setTimeout as delay } from 'node:timers/promises';
import { TransportError } from '../../model/transport.ts';
import { NothingInCommon } from '../negotiation.ts';
import { offeredProtection } from './algorithms.ts';
import { attempt, type Connected } from './attempt.ts';
import { HostKeyCheck, offeredAlgorithms } from './host-key-check.ts';
import { Keyring } from './keyring.ts';
import { KnownHostsStore } from './known-hosts-store.ts';
import { Login } from './login.ts';
import { type Asking, Passphrases } from './passphrases.ts';
import { type SshJump, sshJumps } from './ssh-jump.ts';
import type { SshRoute, SshStop } from './stop.ts';
import { Turnstile } from './turnstile.ts';
import { openCommand, openForward, openTcp, type Way } from './way.ts';

/** A connection to the end of a route. */
export interface Dialled extends Connected {
  /** Why the machine before let go of it; null where there is none, or where it did not. */
  carrierTrouble(): string | null;
  /** Lets go of the machine before. */
  release(): void;
}

/**
 * Connections that are not authenticated yet: sshd begins to drop more than ten of them (sshd_config(5), MaxStartups), and each takes a few
 * milliseconds of this process, which has other hosts to listen to.
 */
const AT_ONCE = { each: 8, all: 32 };

/** Waits before connecting again where a server hung up before it said who it is: sshd does so when it has too many (MaxStartups). */
const RETRY_MS = [250, 500, 1_000];

/** Makes connections along routes: to each machine on the way only one. */
export class Dialer {
  readonly store: KnownHostsStore = new KnownHostsStore();
  readonly #asking: Asking;
  readonly #keyring: Keyring;
  readonly #turnstile = new Turnstile(AT_ONCE);
  readonly #jumps = sshJumps((stop, before, signal) => this.#connect(stop, before, { signal, isLast: false }));

  constructor(asking: Asking = { questions: null, keyPassphrase: null }) {
    this.#asking = asking;
    this.#keyring = new Keyring(new Passphrases(asking));
  }

  /** Connects to the last stop. Rejects with TransportError, and leaves nothing open then. */
  async dial(route: SshRoute, signal: AbortSignal): Promise<Dialled> {
    const jump = await this.#jumps.lease(route.slice(0, -1), signal);
    const release = (): void => jump?.release();
    try {
      const connected = await this.#connect(lastOf(route), jump, { signal, isLast: true });
      return { ...connected, carrierTrouble: () => jump?.trouble() ?? null, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** The key that the last stop shows, without logging in there (to those before it yes). Rejects with TransportError. */
  async glimpse(route: SshRoute, signal: AbortSignal): Promise<Buffer> {
    const stop = lastOf(route);
    const jump = await this.#jumps.lease(route.slice(0, -1), signal);
    try {
      return await this.#turnstile.through(queueOf(stop), async () => lookAtKey(await openWay(stop, jump, signal), stop, signal));
    } finally {
      jump?.release();
    }
  }

  /** Questions come before and between connections, which therefore wait for nobody. */
  async #connect(stop: SshStop, before: SshJump | null, { signal, isLast }: { signal: AbortSignal; isLast: boolean }): Promise<Connected> {
    try {
      const login = await Login.prepare(stop, { keyring: this.#keyring, questions: this.#asking.questions, isLast });
      return await this.#connectPatiently({ stop, before, login }, signal).catch(async (failure: unknown) => {
        await login.unlock(failure);
        return this.#connectPatiently({ stop, before, login }, signal);
      });
    } catch (error) {
      throw signal.aborted ? new TransportError('aborted', 'stopped while connecting', { cause: error }) : error;
    }
  }

  async #connectPatiently(ready: Ready, signal: AbortSignal): Promise<Connected> {
    for (let again = 0; ; again += 1) {
      try {
        return await this.#turnstile.through(queueOf(ready.stop), () => this.#connectOnce(ready, signal));
      } catch (error) {
        const waitMs = RETRY_MS[again];
        if (waitMs === undefined || signal.aborted || !isHangUp(error)) throw error;
        // Not all at the same time again.
        await delay(waitMs * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
      }
    }
  }

  async #connectOnce({ stop, before, login }: Ready, signal: AbortSignal): Promise<Connected> {
    if (signal.aborted) throw new TransportError('aborted', 'stopped before it was connected');
    const check = await HostKeyCheck.load(stop.hostKey, this.store);
    const startedAt = performance.now();
    const way = await openWay(stop, before, signal);
    return attempt(way, {
      stop,
      handshakeMs: stop.connectMs - (performance.now() - startedAt),
      signal,
      config: {
        username: stop.user,
        hostVerifier: check.verify,
        algorithms: { ...offeredProtection(stop.algorithms), serverHostKey: check.algorithms },
        keepaliveInterval: stop.keepalive.intervalMs,
        keepaliveCountMax: stop.keepalive.countMax,
      },
      authenticate: (hands) => login.begin(hands).next,
      refusal: () => check.refusal,
      denied: (cause) => login.denied(cause),
    });
  }
}

/** What a connection is made with. */
interface Ready {
  readonly stop: SshStop;
  readonly before: SshJump | null;
  readonly login: Login;
}

async function lookAtKey(way: Way, stop: SshStop, signal: AbortSignal): Promise<Buffer> {
  let seen: Buffer | null = null;
  const hostVerifier = (key: Buffer): boolean => {
    seen = key;
    return false;
  };
  const { algorithms } = stop.hostKey;
  const serverHostKey = offeredAlgorithms([], stop.hostKey.name, algorithms);
  const options = {
    stop,
    handshakeMs: stop.connectMs,
    signal,
    config: { username: stop.user, hostVerifier, algorithms: { ...offeredProtection(stop.algorithms), serverHostKey } },
  };
  const failure = await attempt(way, {
    ...options,
    refusal: () => null,
    denied: (cause) => new TransportError('authenticate', cause.message),
  }).then(
    () => new TransportError('host-key', `${stop.address} showed no key`),
    (error: unknown) => error,
  );
  if (seen === null) throw failure;
  return seen;
}

/** A ProxyCommand takes its connections from somewhere that nobody knows: all of them count as one place. */
function queueOf({ proxyCommand, address, port }: SshStop): string {
  return proxyCommand === null ? JSON.stringify([address, port]) : 'ProxyCommand';
}

function openWay(stop: SshStop, before: SshJump | null, signal: AbortSignal): Promise<Way> {
  if (stop.proxyCommand !== null) return openCommand(stop.proxyCommand, signal);
  return before === null ? openTcp(stop, signal) : openForward(before.client, stop, { via: before.name, signal });
}

/** Nothing was sent but drover's own version, so connecting again repeats nothing. */
function isHangUp(error: unknown): boolean {
  return error instanceof TransportError && error.phase === 'handshake' && !error.deadline && !(error instanceof NothingInCommon);
}

function lastOf(route: SshRoute): SshStop {
  const last = route.at(-1);
  if (last === undefined) throw new Error('a route without an end');
  return last;
}
