import type { TestProject } from 'vitest/node';
import { buildIfStale } from './built.ts';
import { buildRoots, startFleet } from './fleet/fleet.ts';
import { messageOf, whyNoLab } from './fleet/requirements.ts';
import type { FleetOptions } from './fleet/types.ts';
import './lab.ts';

const FLEET: FleetOptions = { hosts: 8, busybox: true, redhat: true, balancers: 2, log: (line) => process.stderr.write(`${line}\n`) };

/** Starts the lab's fleet before the test files and ends it after them. Where the lab cannot run its tests are skipped, unless DROVER_LAB=required. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  buildIfStale();
  const reason = (await whyNoLab()) ?? (await whyNoRoots());
  if (reason === null) {
    const fleet = await startFleet(FLEET);
    project.provide('lab', { kind: 'fleet', fleet: fleet.data });
    return () => fleet.stop();
  }
  if (process.env.DROVER_LAB === 'required') throw new Error(`DROVER_LAB=required, but ${reason}`);
  process.stderr.write(`lab tests are skipped: ${reason}\n`);
  project.provide('lab', { kind: 'none', reason });
  return undefined;
}

async function whyNoRoots(): Promise<string | null> {
  try {
    await buildRoots(FLEET);
    return null;
  } catch (error) {
    return `the hosts' roots cannot be built: ${messageOf(error)}`;
  }
}
