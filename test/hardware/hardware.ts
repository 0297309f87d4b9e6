import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { takeOneOf } from '../lab/turn.ts';
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

/** Which of the two machines, which are the same, this file has. */
let machine: HardwareData | null = null;

/** The lab that the global setup booted: metal, lb1, real1, real2, tun1, tun2 and client. For use inside of `describeHardware`, in tests and hooks. */
export function hardware(): HardwareHandle {
  if (machine === null) throw new Error('the hardware lab is for tests and hooks inside of describeHardware');
  return openHardware(machine);
}

/** Longest wait for a machine, in milliseconds. */
const TURN_MS = 3_600_000;
/** Files that take long come first, so that the other machine is not idle in the end: shorter ones wait so long, in milliseconds. */
const BEHIND_MS = 3_000;

/**
 * A `describe` whose tests run where the hardware lab runs, and are skipped elsewhere under a title that says why. Files take turns at the machines; they
 * share what they leave on them: one that changes containers begins with `reset` of each; what it does to `metal` it undoes itself.
 */
export function describeHardware(title: string, tests: () => void, length: 'long' | 'short' = 'short'): void {
  const state = inject('hardware');
  if (state.kind === 'none') describe.skip(`${title} (no hardware lab: ${state.reason})`, tests);
  else
    describe(title, () => {
      let endTurn: () => Promise<void>;
      beforeAll(async () => {
        if (length === 'short') await delay(BEHIND_MS);
        const turn = await takeOneOf(state.machines.map(({ directory }) => directory));
        endTurn = turn.end;
        machine = state.machines[turn.index] ?? null;
      }, TURN_MS);
      // Registered first, so that it comes behind the file's own.
      afterAll(() => endTurn());
      tests();
    });
}
