import type { Action } from '../model/action.ts';
import type { Host } from '../model/host.ts';
import { type Connection, TransportError, type TroublePhase } from '../model/transport.ts';
import type { RunContext } from './prepare.ts';
import { messageOf } from './trouble.ts';
import type { Unit } from './units.ts';
import type { UnitResult } from './write-units.ts';

/** Time between two attempts to reach a host that is booting, in milliseconds. */
const BETWEEN_ATTEMPTS_MS = 1_000;
/** Longest wait for the end of the boot once the host answers, in milliseconds: a unit that hangs in it must not hold up the run. */
const SETTLE_MS = 90_000;

/** What a host that goes down or comes up may answer; anything else is final. pam_nologin(8) denies logins at both ends of a boot. */
const PASSING: ReadonlySet<TroublePhase> = new Set(['resolve', 'connect', 'handshake', 'authenticate', 'channel', 'exec', 'link']);

/** A reboot that was ordered. */
export interface Reboot {
  readonly host: Host;
  /** The boot that it ends. */
  readonly bootId: string;
  readonly deadlineMs: number;
}

/** Waits until the host answers from another boot that has come to its end. Rejects with TransportError when it does not in time. */
export async function awaitReboot(reboot: Reboot, context: RunContext): Promise<Connection> {
  const { ports, stop } = context;
  const startedMs = ports.now();
  let last = 'it went on running';
  while (!stop.soft.aborted) {
    const found = await reach(reboot, context);
    if (typeof found !== 'string') return found;
    last = found;
    if (ports.now() - startedMs > reboot.deadlineMs) throw late(reboot, last);
    await ports.pause(BETWEEN_ATTEMPTS_MS, stop.soft);
  }
  throw new TransportError('aborted', `the run was interrupted while the host rebooted (${last})`);
}

function late({ deadlineMs }: Reboot, last: string): TransportError {
  const message = `the host did not come back within ${Math.round(deadlineMs / 1000)} s of its reboot: ${last}`;
  return new TransportError('connect', message, { deadline: true });
}

/** A connection to the new boot, or what was found instead. */
async function reach({ host, bootId }: Reboot, context: RunContext): Promise<Connection | string> {
  let connection: Connection | null = null;
  try {
    connection = await context.ports.transport.connect(host, context.stop.soft);
    if ((await settledBoot(connection, host, context)) !== bootId) return connection;
    await connection.close();
    return 'it went on running';
  } catch (error) {
    await connection?.close();
    if (error instanceof TransportError && PASSING.has(error.phase)) return messageOf(error);
    throw error;
  }
}

/** The boot id, asked until the boot has come to its end or has had its time. */
async function settledBoot(connection: Connection, host: Host, { ports, stop }: RunContext): Promise<string> {
  const startedMs = ports.now();
  for (;;) {
    const deadlineMs = host.connection.deadlines.readMs;
    const result = await connection.read(ports.facts.bootScript, { become: null, deadlineMs, signal: stop.soft });
    const { bootId, isSettled } = ports.facts.parseBoot(result.stdout);
    if (bootId === '') throw new TransportError('link', 'the host did not say which boot it is in');
    if (isSettled || ports.now() - startedMs > SETTLE_MS) return bootId;
    await ports.pause(BETWEEN_ATTEMPTS_MS, stop.soft);
  }
}

/** The reboot that the units order; null for none. It is always the last. */
export function orderOf(units: readonly Unit[]): Extract<Action, { kind: 'reboot' }> | null {
  const action = units.at(-1)?.action;
  return action?.kind === 'reboot' ? action : null;
}

/** A host may go down faster than the report of the order travels: a link lost during a reboot is no doubt, the next boot will tell. */
export function rebootsOrdered(units: readonly Unit[], results: readonly UnitResult[]): readonly UnitResult[] {
  if (orderOf(units) === null) return results;
  return results.map((result, index) =>
    index === units.length - 1 && result.progress === 'in-doubt' && result.lost === 'link'
      ? { progress: 'done', reason: null, durationMs: result.durationMs, failure: null }
      : result,
  );
}
