import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { awaitBanner } from '../../lab/fleet/banner.ts';
import { type HardwareHost, HOSTS } from './hosts.ts';
import { inventoryYaml } from './inventory.ts';
import { type HardwareData, openHardware } from './open-hardware.ts';
import { qemuCommand } from './qemu.ts';

const GUARD = new URL('./guard.sh', import.meta.url).pathname;

const PREFIX = 'drover-hardware-';

/** Longest wait for a host to answer, in milliseconds. On two busy cores all have answered after 100 s. */
const BOOT_MS = 600_000;

/** A running virtual machine and the right to end it. */
export interface Hardware {
  readonly data: HardwareData;
  /** Ends the virtual machine and removes all it had. May be called twice. */
  readonly stop: () => Promise<void>;
}

/** Boots the image and waits until every host has finished booting. Whatever fails, nothing stays behind. */
export async function bootHardware(image: string, log: (line: string) => void): Promise<Hardware> {
  clearStale();
  const started = Date.now();
  const directory = mkdtempSync(join(tmpdir(), PREFIX));
  const data = await planData(image, directory);
  const guard = startGuard(directory, qemuCommand(image, directory, data.hosts));
  const stop = (): Promise<void> => clear(guard, directory);
  try {
    for (const host of data.hosts) {
      await awaitHost(data, host);
      log(`hardware lab: ${host.name} answers after ${Date.now() - started} ms`);
    }
    const handle = openHardware(data);
    for (const host of data.hosts) await handle.settled(host.name);
    log(`hardware lab: all hosts have booted after ${Date.now() - started} ms`);
    return { data, stop };
  } catch (error) {
    const console = textOf(join(directory, 'console.log')).slice(-2000) + textOf(join(directory, 'guard.log'));
    await stop();
    throw new Error(`the hardware lab did not boot: ${console}`, { cause: error });
  }
}

/** Chooses the ports and writes known_hosts and the inventory for them. */
async function planData(image: string, directory: string): Promise<HardwareData> {
  const ports = await freePorts(HOSTS.length);
  const hosts = HOSTS.map((host, index): HardwareHost => ({ ...host, address: '127.0.0.1', port: ports[index] ?? 0, user: 'drover' }));
  const file = (name: string): string => join(directory, name);
  const keyFile = join(image, 'id_ed25519');
  const data = { directory, hosts, keyFile, knownHostsFile: file('known_hosts'), inventoryFile: file('inventory.yaml') };
  const keys: Record<string, string> = JSON.parse(readFileSync(join(image, 'host-keys.json'), 'utf8'));
  writeFileSync(data.knownHostsFile, hosts.map((host) => `[${host.address}]:${host.port} ${keys[host.name]}\n`).join(''));
  writeFileSync(data.inventoryFile, inventoryYaml(data));
  writeFileSync(file('lab.json'), JSON.stringify(data));
  return data;
}

/** Ports that nobody listens on now. All are held until the last is known, so none comes twice. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function awaitHost(data: HardwareData, host: HardwareHost): Promise<void> {
  const ended = new AbortController();
  const watch = async (): Promise<never> => {
    for (;;) {
      await delay(500, undefined, { signal: ended.signal });
      const pid = textOf(join(data.directory, 'qemu.pid')).trim();
      if (pid !== '' && !existsSync(`/proc/${pid}`)) throw new Error('QEMU has ended');
    }
  };
  try {
    await Promise.race([awaitBanner(host.address, host.port, BOOT_MS), watch()]);
  } finally {
    ended.abort();
  }
}

function startGuard(directory: string, command: readonly string[]): ChildProcess {
  const log = openSync(join(directory, 'guard.log'), 'w');
  const guard = spawn('sh', [GUARD, directory, ...command], { detached: true, cwd: '/', stdio: ['pipe', log, log] });
  closeSync(log);
  writeFileSync(join(directory, 'guard.pid'), `${guard.pid}\n`);
  guard.unref();
  return guard;
}

async function clear(guard: ChildProcess, directory: string): Promise<void> {
  const ended = new Promise((resolve) => guard.once('exit', resolve));
  guard.ref();
  const isRunning = guard.exitCode === null && guard.signalCode === null;
  guard.stdin?.destroy();
  if (isRunning) await ended;
  rmSync(directory, { recursive: true, force: true });
}

/** Removes folders whose guard is gone too: after a reboot of this machine, or when somebody killed the guard. */
function clearStale(): void {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const directory = join(tmpdir(), name);
    const pid = textOf(join(directory, 'guard.pid')).trim();
    const isNew = Date.now() - (statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 10_000;
    const isGuarded = pid !== '' && textOf(`/proc/${pid}/cmdline`).includes(`\0${directory}\0`);
    if (!isNew && !isGuarded) rmSync(directory, { recursive: true, force: true });
  }
}

/** A file's text, empty where there is none. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
