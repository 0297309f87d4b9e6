import { beforeAll, describe, inject } from 'vitest';
import { type FleetHandle, openFleet } from './fleet/open-fleet.ts';
import { type FleetData, hasSystemd } from './fleet/types.ts';

/** What the global setup hands to test files: a fleet, or why there is none. */
type LabState = { readonly kind: 'fleet'; readonly fleet: FleetData } | { readonly kind: 'none'; readonly reason: string };

declare module 'vitest' {
  interface ProvidedContext {
    lab: LabState;
  }
}

/** The fleet that the global setup started: web01–web04, db01–db04, busybox and el9. For use inside of `describeLab`. */
export function lab(): FleetHandle {
  const state = inject('lab');
  if (state.kind === 'none') throw new Error(`there is no lab: ${state.reason}`);
  return openFleet(state.fleet);
}

/**
 * A `describe` whose tests run where the lab runs, and are skipped elsewhere under a title that says why. The first one of a file gets all
 * hosts as they were at the fleet's start: files share the fleet, not what they leave on it.
 */
export function describeLab(title: string, tests: () => void): void {
  const state = inject('lab');
  if (state.kind === 'none') describe.skip(`${title} (no lab: ${state.reason})`, tests);
  else
    describe(title, () => {
      beforeAll(freshHosts);
      tests();
    });
}

/** Waits for the end of the boot: systemd-networkd goes on writing its state for a second after sshd answers. */
const SETTLED = 'systemctl is-system-running --wait; until grep -q ADMIN_STATE=configured /run/systemd/netif/links/*; do sleep 0.1; done';

let fresh: Promise<void> | undefined;

/** Once per file: vitest gives each its own copy of this module. */
function freshHosts(): Promise<void> {
  fresh ??= resetAll();
  return fresh;
}

async function resetAll(): Promise<void> {
  const fleet = lab();
  await Promise.all(
    fleet.hosts.map(async ({ name, kind }) => {
      await fleet.reset(name);
      if (hasSystemd(kind)) await fleet.exec(name, ['sh', '-c', SETTLED], { timeoutMs: 30_000 });
    }),
  );
}
