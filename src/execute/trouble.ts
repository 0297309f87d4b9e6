import type { HostError, HostOutcome } from '../model/run.ts';
import { TransportError, type TroublePhase } from '../model/transport.ts';

/** Phases before any script ran: the host was never reached. */
const UNREACHED: ReadonlySet<TroublePhase> = new Set(['resolve', 'connect', 'handshake', 'host-key', 'authenticate', 'channel', 'link']);

/** How trouble while connecting or reading ends a host: unreachable, failed, or skipped when the operator stopped the run. */
export function troubleOutcome(error: unknown): { outcome: HostOutcome; error: HostError } {
  if (!(error instanceof TransportError)) return { outcome: 'failed', error: { phase: 'read', message: messageOf(error), hint: null } };
  const found: HostError = { phase: error.phase, message: error.message, hint: error.hint };
  if (error.phase === 'aborted')
    return { outcome: 'skipped', error: { ...found, message: 'the run was interrupted before anything was begun here' } };
  return { outcome: UNREACHED.has(error.phase) ? 'unreachable' : 'failed', error: found };
}

/** The words of an error, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
