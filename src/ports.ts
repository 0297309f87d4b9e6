import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { compileAction } from './actions/compile.ts';
import { endedRunScript } from './actions/lock.ts';
import { withNotices } from './actions/notice.ts';
import { clearStopScript, compileWrite, ProgressParser, releaseScript, stopScript } from './actions/script.ts';
import { BASE_SCRIPT, parseBase } from './facts/base.ts';
import { compileRead } from './facts/batch.ts';
import { BOOT_SCRIPT, parseBoot } from './facts/boot.ts';
import { compileFirstRead, unanswered } from './facts/first-read.ts';
import type { Ports, ReadHints } from './model/ports.ts';
import type { Transport } from './model/transport.ts';
import { assemblePlay } from './plan/assemble.ts';
import { planBatches } from './plan/batches.ts';
import { foldAll, foldSegment } from './plan/fold.ts';
import { openLedger } from './plan/ledger.ts';
import { hostOutcome, planRecord } from './plan/record.ts';
import { undoSteps } from './plan/undo.ts';
import { broken, promises, verifyRequests } from './plan/verify.ts';
import { makeWorld } from './plan/world.ts';
import { restore } from './steps/restore.ts';

/** Remembers nothing: every run asks in two round trips. */
const NO_HINTS: ReadHints = { get: () => null, set: () => {} };

/** What ports are made with besides the transport. */
interface PortsOptions {
  /** Default: nothing is remembered. */
  readonly hints?: ReadHints;
  /** Makes the digests of what steps want; null (default): records have none. */
  readonly digest?: ((text: string) => string) | null;
  /** Takes secrets out of the ids of steps. Default: there are none. */
  readonly redact?: (text: string) => string;
}

/** The stages as executing sees them: the real ones, over the given transport. */
export function createPorts(transport: Transport, { hints = NO_HINTS, digest = null, redact }: PortsOptions = {}): Ports {
  return {
    transport,
    facts: { baseScript: BASE_SCRIPT, parseBase, bootScript: BOOT_SCRIPT, parseBoot, compileFirstRead, unanswered, compileRead },
    actions: {
      compileAction,
      withNotices,
      compileWrite,
      releaseScript,
      endedRunScript,
      trackProgress: (nonce, emit) => new ProgressParser(nonce, emit),
      stopScript,
      clearStopScript,
    },
    plan: {
      assemblePlay: (play, host, bases) => assemblePlay(play, host, bases, redact),
      makeWorld,
      foldAll,
      foldSegment,
      promises,
      verifyRequests,
      broken,
      planRecord: (decided) => planRecord(decided, digest),
      hostOutcome,
      planBatches,
      openLedger,
      undoSteps: (done, of) => undoSteps(restore, done, of),
    },
    hints,
    nonce: () => randomBytes(12).toString('hex'),
    pause,
    now: () => performance.now(),
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal }).catch(() => {});
}
