import type { Become } from '../model/host.ts';
import { levelOf } from '../model/planned.ts';
import type { LockClaim } from '../model/ports.ts';
import type { Reading } from './read-facts.ts';

/** Time between two looks, in milliseconds. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Waits until no script of the killed runs that this one goes on with (`instead`) runs on the host: its last action goes on by itself, and what is
 * read before its end is not true behind it. Two round trips a privilege level, none for a run of its own. Rejects at the host's action deadline.
 */
export async function awaitEndedRuns(
  levels: readonly (Become | null)[],
  { host, reader, ports, signal }: Reading,
  claim: Pick<LockClaim, 'run' | 'owner' | 'instead'>,
): Promise<void> {
  if ((claim.instead ?? []).length === 0) return;
  const { readMs, actionMs } = host.connection.deadlines;
  for (const become of new Map(levels.map((level) => [levelOf(level), level])).values()) {
    const options = { become, deadlineMs: readMs, signal };
    const base = ports.facts.parseBase((await reader.read(ports.facts.baseScript, options)).stdout);
    const script = ports.actions.endedRunScript({ ...claim, base, isLast: true });
    const untilMs = ports.now() + actionMs;
    for (;;) {
      const run = (await reader.read(script, options)).stdout.toString('utf8').trim();
      if (run === '') break;
      if (ports.now() > untilMs) throw new Error(`an action of run ${run} still runs here, after ${Math.round(actionMs / 1000)} s`);
      await ports.pause(LOOK_AGAIN_MS, signal);
    }
  }
}
