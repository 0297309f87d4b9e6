import { join } from 'node:path';
import { type CommandOptions, type CommandResult, run } from './command.ts';
import { wipeDisk } from './disk.ts';
import { boot, leaderOf, powerOff, ready } from './machine.ts';
import { type Snapshot, type SnapshotOptions, takeSnapshot } from './snapshot.ts';
import type { FleetData, LabHost } from './types.ts';

/** What can be done with the hosts of a running fleet, from any process on this machine, by other means than SSH. */
export interface FleetHandle extends FleetData {
  readonly host: (name: string) => LabHost;
  /** Runs a program inside a host, as root, with a plain environment. A failing command is a result, not a rejection. */
  readonly exec: (name: string, argv: readonly string[], options?: CommandOptions) => Promise<CommandResult>;
  /** Process id, on this machine, of the host's process 1; rejects while the host is off. */
  readonly leader: (name: string) => number;
  /** The host's disk as this machine sees it: reading and writing work at once; what is mounted inside (/run, /tmp) does not show. */
  readonly root: (name: string) => string;
  /** State of the host's files and units. */
  readonly snapshot: (name: string, options?: SnapshotOptions) => Promise<Snapshot>;
  /** Id of the current boot, which the kernel makes anew at each one. */
  readonly bootId: (name: string) => Promise<string>;
  /** Power off at once: open connections get no goodbye. The disk stays. */
  readonly kill: (name: string) => Promise<void>;
  /** Boots a host that is off; resolves when its SSH server answers. */
  readonly start: (name: string) => Promise<void>;
  /** Gives a host a new disk, as it was at the fleet's start, and boots it, also one that is off; takes about a second. Address and host key stay. */
  readonly reset: (name: string) => Promise<void>;
  /** Resolves when the host answers again after a reboot that somebody asked it for; `bootId` is the id before. */
  readonly rebooted: (name: string, bootId: string) => Promise<void>;
}

/** What another process does with a fleet it has the data of. */
export function openFleet(data: FleetData): FleetHandle {
  const host = (name: string): LabHost => {
    const found = [...data.hosts, ...data.spares].find((each) => each.name === name);
    if (!found) throw new Error(`the lab has no host ${name}`);
    return found;
  };
  const exec: FleetHandle['exec'] = (name, argv, options) => enter(leaderNow(host(name)), argv, options);
  const bootId = async (name: string): Promise<string> => (await exec(name, ['cat', '/proc/sys/kernel/random/boot_id'])).stdout.trim();
  return {
    ...data,
    host,
    exec,
    bootId,
    leader: (name) => leaderNow(host(name)),
    root: (name) => join(host(name).directory, 'merged'),
    snapshot: (name, options) =>
      takeSnapshot({ host: host(name), leader: leaderNow(host(name)), exec: (argv) => exec(name, argv) }, options),
    kill: (name) => powerOff(data, host(name)),
    reset: (name) => reset(data, host(name)),
    start: (name) => boot(data, host(name)),
    rebooted: (name, before) => ready(host(name), before),
  };
}

async function reset(fleet: FleetData, host: LabHost): Promise<void> {
  await powerOff(fleet, host);
  await wipeDisk(fleet, host);
  await boot(fleet, host);
}

function leaderNow(host: LabHost): number {
  const leader = leaderOf(host);
  if (leader === null) throw new Error(`the lab's host ${host.name} is off`);
  return leader;
}

function enter(leader: number, argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C.UTF-8' };
  return run(['nsenter', '--target', String(leader), '--all', '--', ...argv], { ...options, env: options.env ?? env });
}
