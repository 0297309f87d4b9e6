import { spawn } from 'node:child_process';
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

/** A FUSE server (linux/fuse.h) that answers the greeting and nothing else: whoever touches its files waits, and not even SIGKILL ends that. */
const DEAD_SERVER = `use Fcntl; $^F = 99; $| = 1;
sysopen(my $f, "/dev/fuse", O_RDWR) or die "/dev/fuse: $!";
my @mount = ("mount", "-i", "-t", "fuse", "-o", "rootmode=40000,user_id=0,group_id=0,allow_other,fd=" . fileno $f, "lab-dead", $ARGV[1]);
system("nsenter", "--target", $ARGV[0], "--mount", "--", @mount) == 0 or die "no mount";
sysread($f, my $q, 135168) or die $!; my ($n, $op, $id) = unpack("LLQ", $q); my (undef, undef, $ra) = unpack("L3", substr($q, 40));
my $body = pack("LLLLSSLLSSL7", 7, 31, $ra, 0, 12, 9, 4096, 1, 0, 0, (0) x 7);
syswrite($f, pack("LlQ", 16 + length $body, 0, $id) . $body) or die $!;
print "mounted\n"; 1 while sysread($f, $q, 135168)`;

/** Covers a folder of a host with a file system that hangs for ever, as one whose server is gone; `release` lets go of all who wait there. */
export async function deadFileSystem(
  fleet: FleetHandle,
  name: string,
  directory: string,
): Promise<{ readonly release: () => Promise<void> }> {
  await fleet.exec(name, ['mkdir', '-p', directory]);
  const server = spawn('perl', ['-e', DEAD_SERVER, String(fleet.leader(name)), directory], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => server.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    server.stdout.once('data', () => resolve());
    server.once('error', reject);
    server.stderr.once('data', (words: Buffer) => reject(new Error(`${name}: ${directory} cannot be made to hang: ${words}`)));
  });
  const release = async (): Promise<void> => {
    server.kill();
    await ended;
    await fleet.exec(name, ['umount', '--lazy', directory]);
  };
  return { release };
}

/** An SSH server on the fleet's bridge that accepts connections and never answers, or no more than its version. */
export function hangingSshd(fleet: FleetHandle, greeting = ''): Promise<Listener> {
  return startSilentListener(fleet.gateway, greeting);
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
