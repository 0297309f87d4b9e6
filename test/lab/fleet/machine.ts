import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { awaitBanner } from './banner.ts';
import { mustRun } from './command.ts';
import { APT_MOUNT } from './debian-root.ts';
import { RPM_MOUNT } from './redhat-root.ts';
import type { FleetData, LabHost } from './types.ts';

/** Path of the script that supervises containers and cleans up. */
export const FLEET_SCRIPT = new URL('./fleet.sh', import.meta.url).pathname;

/** Longest wait for a host to boot, in milliseconds. */
const BOOT_MS = 60_000;

/** The host's control group, as a path below each hierarchy. */
function controlGroup(fleet: FleetData, host: LabHost): string {
  return `drover-lab-${fleet.number}/${host.machine}`;
}

/** Boots a host and waits for its SSH banner. Rejects with the tail of its console after 60 s. */
export async function boot(fleet: FleetData, host: LabHost): Promise<void> {
  const console = openSync(join(host.directory, 'console.log'), 'a');
  const supervisor = ['supervise', controlGroup(fleet, host), host.machine, join(host.directory, 'supervisor.pid')];
  const child = spawn('sh', [FLEET_SCRIPT, ...supervisor, ...nspawn(fleet, host)], {
    // A session of its own: Ctrl-C at the test's terminal is not for the hosts.
    detached: true,
    cwd: '/',
    stdio: ['ignore', console, console],
  });
  closeSync(console);
  child.unref();
  await ready(host);
}

/** Powers a host off at once, as if its plug were pulled; its disk stays. */
export async function powerOff(fleet: FleetData, host: LabHost): Promise<void> {
  await mustRun(['sh', FLEET_SCRIPT, 'kill', controlGroup(fleet, host), host.machine]);
}

/** Waits until a booting host listens on its SSH port and sends its banner; given the id of a boot, until that is a later boot. */
export async function ready(host: LabHost, bootIdBefore?: string): Promise<void> {
  const deadline = Date.now() + BOOT_MS;
  while (!isListening(host, bootIdBefore)) {
    if (Date.now() > deadline) throw new Error(`${host.name} did not boot within ${BOOT_MS} ms:\n${consoleTail(host)}`);
    await delay(20);
  }
  await awaitBanner(host.address, host.port, deadline - Date.now());
}

/** Process id, on this machine, of the host's process 1, or null while it is off. */
export function leaderOf(host: LabHost): number | null {
  const pidFile = join(host.directory, 'supervisor.pid');
  if (!existsSync(pidFile)) return null;
  const containers = childrenOf(Number(readFileSync(pidFile, 'utf8')));
  return containers.flatMap(childrenOf).find(isInit) ?? null;
}

function nspawn(fleet: FleetData, host: LabHost): string[] {
  return [
    ...['systemd-nspawn', '--quiet', '--boot', `--directory=${join(host.directory, 'merged')}`, `--machine=${host.machine}`],
    ...[`--network-bridge=${fleet.bridge}`, '--register=no', '--keep-unit', '--kill-signal=SIGRTMIN+3', '--settings=no'],
    // The defaults bind this machine's time zone and resolver into the host, where they could not be changed any more.
    ...['--timezone=off', '--resolv-conf=off', '--link-journal=no', '--console=read-only'],
    ...(host.kind === 'debian' ? [`--bind-ro=${fleet.aptDirectory}:${APT_MOUNT}`] : []),
    ...(host.kind === 'redhat' ? [`--bind-ro=${fleet.rpmDirectory}:${RPM_MOUNT}`] : []),
  ];
}

/** Asked of the kernel's tables, not of the network: an early connection attempt would wait a second for ARP. */
function isListening(host: LabHost, bootIdBefore: string | undefined): boolean {
  const leader = leaderOf(host);
  if (leader === null || readProc(leader, 'root/proc/sys/kernel/random/boot_id').trim() === bootIdBefore) return false;
  const port = host.port.toString(16).toUpperCase().padStart(4, '0');
  const listening = new RegExp(`:${port} [0-9A-F]+:0000 0A `);
  const sockets = readProc(leader, 'net/tcp') + readProc(leader, 'net/tcp6');
  return listening.test(sockets) && readProc(leader, 'net/fib_trie').includes(`|-- ${host.address}\n`);
}

/** The fields of NSpid are the process's ids from this machine's view inwards. */
function isInit(pid: number): boolean {
  return /^NSpid:\t\d+\t1$/m.test(readProc(pid, 'status'));
}

function childrenOf(pid: number): number[] {
  return readProc(pid, `task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

function consoleTail(host: LabHost): string {
  return readFileSync(join(host.directory, 'console.log'), 'utf8').slice(-2000);
}
