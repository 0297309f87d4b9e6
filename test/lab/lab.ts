import { describe, inject } from 'vitest';
import { type FleetHandle, openFleet } from './fleet/open-fleet.ts';
import type { FleetData } from './fleet/types.ts';

/** What the global setup hands to test files: a fleet, or why there is none. */
type LabState = { readonly kind: 'fleet'; readonly fleet: FleetData } | { readonly kind: 'none'; readonly reason: string };

declare module 'vitest' {
  interface ProvidedContext {
    lab: LabState;
  }
}

/** The fleet that the global setup started: web01–web04, db01–db04 and busybox. For use inside of `describeLab`. */
export function lab(): FleetHandle {
  const state = inject('lab');
  if (state.kind === 'none') throw new Error(`there is no lab: ${state.reason}`);
  return openFleet(state.fleet);
}

/** A `describe` whose tests run where the lab runs, and are skipped elsewhere under a title that says why. */
export function describeLab(title: string, tests: () => void): void {
  const state = inject('lab');
  if (state.kind === 'fleet') describe(title, tests);
  else describe.skip(`${title} (no lab: ${state.reason})`, tests);
}
