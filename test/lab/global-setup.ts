import type { TestProject } from 'vitest/node';
import { buildIfStale } from './built.ts';
import { buildRoots, type Fleet, startFleet } from './fleet/fleet.ts';
import { messageOf, whyNoLab } from './fleet/requirements.ts';
import type { FleetOptions } from './fleet/types.ts';
import './lab.ts';

const FLEET: FleetOptions = {
  ...{ hosts: 8, busybox: true, redhat: true, balancers: 2, asleep: true },
  log: (line) => process.stderr.write(`${line}\n`),
};

/**
 * Makes the lab's fleets before the test files, one for each worker, and ends them after the files. Where the lab cannot run its tests are skipped,
 * unless DROVER_LAB=required.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  buildIfStale();
  const reason = (await whyNoLab()) ?? (await whyNoRoots());
  if (reason === null) {
    const fleets = await startFleets(Number(project.config.maxWorkers));
    project.provide('lab', { kind: 'fleets', fleets: fleets.map(({ data }) => data) });
    return async () => void (await Promise.all(fleets.map((fleet) => fleet.stop())));
  }
  if (process.env.DROVER_LAB === 'required') throw new Error(`DROVER_LAB=required, but ${reason}`);
  process.stderr.write(`lab tests are skipped: ${reason}\n`);
  project.provide('lab', { kind: 'none', reason });
  return undefined;
}

/** All of them, or none. */
async function startFleets(count: number): Promise<readonly Fleet[]> {
  const started = await Promise.allSettled(Array.from({ length: count }, () => startFleet(FLEET)));
  const fleets = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failure = started.find((each) => each.status === 'rejected');
  if (failure === undefined) return fleets;
  await Promise.all(fleets.map((fleet) => fleet.stop()));
  throw failure.reason;
}

async function whyNoRoots(): Promise<string | null> {
  try {
    await buildRoots(FLEET);
    return null;
  } catch (error) {
    return `the hosts' roots cannot be built: ${messageOf(error)}`;
  }
}
