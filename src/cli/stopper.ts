import { setMaxListeners } from 'node:events';
import type { Io, StopSignal } from './io.ts';

/** Time that running steps have to end after the first signal, in milliseconds. */
const GRACE_MS = 10_000;

/** Turns signals into the two ways a run is stopped. */
export interface Stopper {
  /** `soft`: finish the running steps, begin nothing; `hard`: drop the connections. The reason of both is the name of the first signal. */
  readonly signals: { readonly soft: AbortSignal; readonly hard: AbortSignal };
  /** The first signal, or null. */
  signal(): StopSignal | null;
  /** Acts as on Ctrl-C, which a terminal in raw mode does not make a signal. */
  interrupt(): void;
  /** Stops listening. */
  close(): void;
}

/** What a stopper tells, and how long it waits. */
export interface StopperOptions {
  /** Called once, with the first signal. */
  readonly onSoft: (signal: StopSignal) => void;
  /** Called once, when the connections are dropped. */
  readonly onHard: () => void;
  /** From the first signal to dropping the connections. Default 10 000. */
  readonly graceMs?: number;
}

/**
 * Listens to SIGINT and SIGTERM: the first asks the run to stop, a second one or the end of the grace time drops the connections.
 * After that a signal ends the process as if nobody listened.
 */
export function createStopper(io: Pick<Io, 'onSignal'>, { onSoft, onHard, graceMs = GRACE_MS }: StopperOptions): Stopper {
  const [soft, hard] = [new AbortController(), new AbortController()];
  // Every host listens; Node would take more than ten for a leak.
  setMaxListeners(0, soft.signal, hard.signal);
  let first: StopSignal | null = null;
  let grace: NodeJS.Timeout | undefined;
  const drop = (): void => {
    close();
    if (hard.signal.aborted) return;
    onHard();
    hard.abort(first);
  };
  const receive = (signal: StopSignal): void => {
    if (first !== null) {
      drop();
      return;
    }
    first = signal;
    grace = setTimeout(drop, graceMs);
    onSoft(signal);
    soft.abort(signal);
  };
  const listening = [io.onSignal('SIGINT', () => receive('SIGINT')), io.onSignal('SIGTERM', () => receive('SIGTERM'))];
  const close = (): void => {
    clearTimeout(grace);
    for (const stop of listening) stop();
  };
  return { signals: { soft: soft.signal, hard: hard.signal }, signal: () => first, interrupt: () => receive('SIGINT'), close };
}
