import { afterAll, beforeAll, describe, inject } from 'vitest';
import { takeTurn } from '../lab/turn.ts';
import { type HardwareData, type HardwareHandle, openHardware } from './vm/open-hardware.ts';

/** What the global setup hands to test files: a running lab, or why there is none. */
type HardwareState =
  | { readonly kind: 'running'; readonly machines: readonly HardwareData[] }
  | { readonly kind: 'none'; readonly reason: string };

declare module 'vitest' {
  interface ProvidedContext {
    hardware: HardwareState;
  }
}

/**
 * Each stream of files has a virtual machine of its own, and they take about as long. Files that look for what must not be installed on `metal` yet
 * (machine, rngd-tpm, ipmi-ports, disk-label) are in the first; `site`, which leaves all of that there, is in the second.
 */
type Stream = 'first' | 'second';

let stream: Stream = 'first';

/** The lab that the global setup booted: metal, lb1, real1, real2, tun1, tun2 and client. For use inside of `describeHardware`. */
export function hardware(): HardwareHandle {
  return openHardware(machineOf(stream));
}

function machineOf(wanted: Stream): HardwareData {
  const state = inject('hardware');
  const machine = state.kind === 'none' ? undefined : (state.machines[wanted === 'first' ? 0 : 1] ?? state.machines[0]);
  if (machine === undefined) throw new Error(`there is no hardware lab${state.kind === 'none' ? `: ${state.reason}` : ''}`);
  return machine;
}

/** Longest wait for the other files of a stream, in milliseconds. */
const TURN_MS = 3_600_000;

/**
 * A `describe` whose tests run where the hardware lab runs, and are skipped elsewhere under a title that says why. Files of a stream take turns; they
 * share its virtual machine and what they leave on it: one that changes containers begins with `reset` of each; what it does to `metal` it undoes itself.
 */
export function describeHardware(title: string, tests: () => void, wanted: Stream = 'first'): void {
  const state = inject('hardware');
  stream = wanted;
  if (state.kind === 'none') describe.skip(`${title} (no hardware lab: ${state.reason})`, tests);
  else
    describe(title, () => {
      let endTurn: () => Promise<void>;
      beforeAll(async () => {
        endTurn = await takeTurn(machineOf(wanted).directory);
      }, TURN_MS);
      // Registered first, so that it comes behind the file's own.
      afterAll(() => endTurn());
      tests();
    });
}
