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

/** The fleet that the global setup started: web01–web04, db01–db04, busybox and el9; lb01 and lb02 are off until a file uses them. For use inside of `describeLab`. */
export function lab(): FleetHandle {
  const state = inject('lab');
  if (state.kind === 'none') throw new Error(`there is no lab: ${state.reason}`);
  return openFleet(state.fleet);
}

/**
 * A `describe` whose tests run where the lab runs, and are skipped elsewhere under a title that says why. The first one of a file gets the hosts
 * that it uses (default: all) as they were at the fleet's start: files share the fleet, not what they leave on it.
 */
export function describeLab(title: string, tests: () => void, uses?: readonly string[]): void {
  const state = inject('lab');
  if (state.kind === 'none') describe.skip(`${title} (no lab: ${state.reason})`, tests);
  else
    describe(title, () => {
      beforeAll(() => freshHosts(uses));
      tests();
    });
}

/** Waits for the end of the boot: systemd-networkd goes on writing its state for a second after sshd answers. */
const SETTLED = 'systemctl is-system-running --wait; until grep -q ADMIN_STATE=configured /run/systemd/netif/links/*; do sleep 0.1; done';

/** Once per file and host: vitest gives each file its own copy of this module. */
const fresh = new Map<string, Promise<void>>();

async function freshHosts(uses: readonly string[] | undefined): Promise<void> {
  const { hosts, spares } = lab();
  const names = hosts.map(({ name }) => name);
  const unknown = (uses ?? []).filter((name) => ![...hosts, ...spares].some((host) => host.name === name));
  if (unknown.length > 0) throw new Error(`the lab has no host ${unknown.join(', ')}`);
  await Promise.all((uses ?? names).map((name) => fresh.get(name) ?? fresh.set(name, resetHost(name)).get(name)));
}

async function resetHost(name: string): Promise<void> {
  const fleet = lab();
  await fleet.reset(name);
  if (hasSystemd(fleet.host(name).kind)) await fleet.exec(name, ['sh', '-c', SETTLED], { timeoutMs: 30_000 });
}
