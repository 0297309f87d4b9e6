import { appendFileSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { FleetHandle } from './open-fleet.ts';
import { type Listener, startRelay, startSilentListener } from './relay.ts';

/** A file system of a host that has run out of space. */
export interface FullDisk {
  /** The folder inside the host in which writing fails with ENOSPC. */
  readonly directory: string;
  /** Gives the folder its former content back. */
  readonly release: () => Promise<void>;
}

/** What may be said about a full disk. */
export interface FullDiskOptions {
  /** The folder to cover. Default `/srv/full`, which is made if need be. `/tmp` works too. */
  readonly directory?: string;
  /** Bytes that still fit, in whole pages of 4096. Default 0: not even an empty file finds an inode. */
  readonly freeBytes?: number;
}

/** Covers a folder of a host with a small file system of its own and fills it: the errors are the kernel's. */
export async function fillDisk(fleet: FleetHandle, name: string, options: FullDiskOptions = {}): Promise<FullDisk> {
  const directory = options.directory ?? '/srv/full';
  const pages = Math.floor((options.freeBytes ?? 0) / 4096);
  // One inode is the folder's own, one the filler's; with no page left a new file would still be made, and stay empty.
  const inodes = pages === 0 ? 2 : 64;
  const script = `mkdir -p "$1" && mount -t tmpfs -o mode=1777,size=$(( (1 + $2) * 4096 )),nr_inodes=$3 lab-full "$1" && head -c 4096 /dev/zero >"$1/.filler"`;
  const result = await fleet.exec(name, ['sh', '-c', script, 'fill', directory, String(pages), String(inodes)]);
  if (result.code !== 0) throw new Error(`${name}: ${directory} cannot be filled: ${result.stderr}`);
  return { directory, release: async () => void (await fleet.exec(name, ['umount', directory])) };
}

/** An SSH server on the fleet's bridge that accepts connections and never answers. */
export function hangingSshd(fleet: FleetHandle): Promise<Listener> {
  return startSilentListener(fleet.gateway);
}

/** An address on the fleet's bridge that nobody has: connecting ends with EHOSTUNREACH after about three seconds, when ARP gives up. */
export function downAddress(fleet: FleetHandle): string {
  return fleet.gateway.replace(/\d+$/, '254');
}

/** A port of this machine on the bridge where connections are refused at once. */
export async function refusedPort(fleet: FleetHandle): Promise<{ address: string; port: number }> {
  const listener = await startSilentListener(fleet.gateway);
  await listener.close();
  return { address: listener.address, port: listener.port };
}

/** A host's SSH server, `delayMs` further away in each direction; the host's key is added to known_hosts for the new address and port. */
export async function delayRelay(fleet: FleetHandle, name: string, delayMs: number): Promise<Listener> {
  const host = fleet.host(name);
  const relay = await startRelay(fleet.gateway, host, delayMs);
  const line = readFileSync(fleet.knownHostsFile, 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name},`));
  appendFileSync(fleet.knownHostsFile, `[${relay.address}]:${relay.port} ${line?.split(' ').slice(1).join(' ')}\n`);
  return relay;
}

/** Whether a TCP port answers: a test's own look, not drover's. */
export function answers(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 1_000 });
    const end = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => end(true));
    for (const event of ['error', 'timeout']) socket.once(event, () => end(false));
  });
}
