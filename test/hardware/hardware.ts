import { describe, inject } from 'vitest';
import { type HardwareData, type HardwareHandle, openHardware } from './vm/open-hardware.ts';

/** What the global setup hands to test files: a running lab, or why there is none. */
type HardwareState = { readonly kind: 'running'; readonly data: HardwareData } | { readonly kind: 'none'; readonly reason: string };

declare module 'vitest' {
  interface ProvidedContext {
    hardware: HardwareState;
  }
}

/** The lab that the global setup booted: metal, lb1, real1, real2, tun1, tun2 and client. For use inside of `describeHardware`. */
export function hardware(): HardwareHandle {
  const state = inject('hardware');
  if (state.kind === 'none') throw new Error(`there is no hardware lab: ${state.reason}`);
  return openHardware(state.data);
}

/**
 * A `describe` whose tests run where the hardware lab runs, and are skipped elsewhere under a title that says why. Files share the lab and what they
 * leave on it: one that changes containers begins with `reset` of each; what it does to `metal` it undoes itself.
 */
export function describeHardware(title: string, tests: () => void): void {
  const state = inject('hardware');
  if (state.kind === 'none') describe.skip(`${title} (no hardware lab: ${state.reason})`, tests);
  else describe(title, tests);
}
