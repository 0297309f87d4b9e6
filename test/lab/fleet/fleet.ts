import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { aptSource } from './apt-source.ts';
import { busyboxRoot } from './busybox-root.ts';
import { mustRun } from './command.ts';
import { debianRoot } from './debian-root.ts';
import { prepareDisk } from './disk.ts';
import { inventoryYaml } from './inventory-file.ts';
import { boot } from './machine.ts';
import { type FleetHandle, openFleet } from './open-fleet.ts';
import { claimPlace, type Place } from './place.ts';
import { planHosts, planSpares } from './plan-hosts.ts';
import { redhatRoot } from './redhat-root.ts';
import { rpmSource } from './rpm-source.ts';
import type { FleetData, FleetOptions } from './types.ts';

/** A fleet and the right to end it. */
export interface Fleet extends FleetHandle {
  /** The plain data alone, for another process. */
  readonly data: FleetData;
  /** Ends all hosts and removes everything the fleet made. May be called twice. */
  readonly stop: () => Promise<void>;
}

/** Builds what is missing in the cache, then boots the hosts and waits until all answer on SSH. Whatever fails, nothing stays behind. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const log = options.log ?? (() => undefined);
  const built = await buildRoots(options);
  const place = await claimPlace();
  try {
    const data = await furnishFleet({ options, place, built });
    log(
      `${data.name}: ${data.hosts.length} hosts on ${data.bridge} ${options.asleep === true ? 'are off' : 'answer'} after ${data.startMs} ms`,
    );
    return { ...openFleet(data), data, stop: place.clear };
  } catch (error) {
    await place.clear();
    throw error;
  }
}

type BuiltRoots = Pick<FleetData, 'aptDirectory' | 'rpmDirectory' | 'roots'>;

/**
 * Builds the shared roots that the cache lacks, and the package sources that go with them. `startFleet` does it by itself; alone it answers
 * whether it can be done.
 */
export async function buildRoots({ hosts, redhat: hasRedhat = false, busybox: hasBusybox }: FleetOptions): Promise<BuiltRoots> {
  const [debian, redhat, busybox] = await Promise.all([
    hosts > 0 ? debianRoot() : '',
    hasRedhat ? redhatRoot() : '',
    hasBusybox ? busyboxRoot() : '',
  ]);
  const aptDirectory = debian === '' ? '' : await aptSource(debian);
  const rpmDirectory = redhat === '' ? '' : await rpmSource(redhat);
  return { aptDirectory, rpmDirectory, roots: { debian, redhat, busybox } };
}

interface Furniture {
  readonly options: FleetOptions;
  readonly place: Place;
  readonly built: BuiltRoots;
}

async function furnishFleet({ options, place, built }: Furniture): Promise<FleetData> {
  const started = Date.now();
  const file = (name: string): string => join(place.directory, name);
  const { number, directory, bridge, gateway } = place;
  const hosts = planHosts(options, place);
  const spares = planSpares(options, place);
  const files = { keyFile: file('id_ed25519'), knownHostsFile: file('known_hosts'), inventoryFile: file('inventory.yaml') };
  const data = { name: options.name ?? 'lab', number, directory, bridge, gateway, hosts, spares, ...files, ...built, startMs: 0 };
  await mustRun(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'drover-lab', '-f', data.keyFile]);
  await raiseInotifyLimit(hosts.length + spares.length);
  const keys = await inParallel([...hosts, ...spares], (host) => prepareDisk(data, host));
  writeFileSync(data.knownHostsFile, `${keys.join('\n')}\n`);
  writeFileSync(data.inventoryFile, inventoryYaml(data));
  if (options.asleep !== true) await inParallel(hosts, (host) => boot(data, host));
  return { ...data, startMs: Date.now() - started };
}

/** Each systemd takes about six inotify instances of root's, of which Linux allows 128. The limit stays raised: another fleet may use it. */
async function raiseInotifyLimit(hosts: number): Promise<void> {
  const path = '/proc/sys/fs/inotify/max_user_instances';
  const needed = 256 + hosts * 16;
  if (Number(readFileSync(path, 'utf8')) < needed) writeFileSync(path, String(needed));
}

/** A few at a time: booting is CPU, and more than the machine has makes all of them late. The first failure wins, after the started ones have ended. */
async function inParallel<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await work(items[index] as Item);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.max(4, availableParallelism()) }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return results;
}
