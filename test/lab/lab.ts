import { beforeAll, describe, inject } from 'vitest';
import { type FleetHandle, openFleet } from './fleet/open-fleet.ts';
import { type FleetData, hasSystemd } from './fleet/types.ts';

/** What the global setup hands to test files: a fleet for each worker, or why there is none. */
type LabState = { readonly kind: 'fleets'; readonly fleets: readonly FleetData[] } | { readonly kind: 'none'; readonly reason: string };

declare module 'vitest' {
  interface ProvidedContext {
    lab: LabState;
  }
}

/** The fleet that this file has to itself: web01–web04, db01–db04, busybox and el9; lb01 and lb02 are in no inventory. For use inside of `describeLab`. */
export function lab(): FleetHandle {
  const state = inject('lab');
  if (state.kind === 'none') throw new Error(`there is no lab: ${state.reason}`);
  // Vitest numbers the workers of a project from 1 on, and gives each one file at a time.
  const worker = Number(process.env.VITEST_POOL_ID);
  const fleet = state.fleets[worker - 1];
  if (fleet === undefined) throw new Error(`worker ${worker} has no fleet: the lab has ${state.fleets.length}`);
  return openFleet(fleet);
}

/**
 * A `describe` whose tests run where the lab runs, and are skipped elsewhere under a title that says why. It gets the hosts that it uses (default: all
 * but the balancers) newly booted on new disks, once in a file, and all others are off: files share fleets, not what they leave on them. So a
 * file that names all its hosts in its first `describeLab` boots them at once.
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
  const { hosts, spares, kill } = lab();
  const names = uses ?? hosts.map(({ name }) => name);
  const all = [...hosts, ...spares].map(({ name }) => name);
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`the lab has no host ${unknown.join(', ')}`);
  const isFirst = fresh.size === 0;
  const resets = names.map((name) => fresh.get(name) ?? fresh.set(name, resetHost(name)).get(name));
  await Promise.all([...resets, ...(isFirst ? all.filter((name) => !names.includes(name)).map(kill) : [])]);
}

async function resetHost(name: string): Promise<void> {
  const fleet = lab();
  await fleet.reset(name);
  if (hasSystemd(fleet.host(name).kind)) await fleet.exec(name, ['sh', '-c', SETTLED], { timeoutMs: 30_000 });
}
