import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { commandLine } from '../../../src/shell/quote.ts';
import { type CommandOptions, type CommandResult, run } from '../../lab/fleet/command.ts';
import type { HardwareHost } from './hosts.ts';
import { CONTAINERS, unitOf } from './machine-files.ts';

/** A running hardware lab as plain data: what another process needs to use it. */
export interface HardwareData {
  readonly directory: string;
  readonly hosts: readonly HardwareHost[];
  /** Private key (ed25519, no passphrase) of root and drover on every host. */
  readonly keyFile: string;
  readonly knownHostsFile: string;
  /** YAML inventory with addresses, login names, ports and the key file. */
  readonly inventoryFile: string;
}

/** What can be done with the hosts, from any process on this machine, by OpenSSH's client as root: never by drover. */
export interface HardwareHandle extends HardwareData {
  readonly host: (name: string) => HardwareHost;
  /** Runs a program on a host, as root, with a plain environment. A failing command is a result, not a rejection; 255 may be ssh's own. */
  readonly exec: (name: string, argv: readonly string[], options?: CommandOptions) => Promise<CommandResult>;
  /** The same for a container through the machine it is in, which also works where its network does not. */
  readonly enter: (name: string, argv: readonly string[], options?: CommandOptions) => Promise<CommandResult>;
  /** Id of the current boot: a container's own file, made anew at each of its boots, or the kernel's. */
  readonly bootId: (name: string) => Promise<string>;
  /** Resolves when the host has booted again after a reboot that somebody asked it for; `bootId` is the id before. */
  readonly rebooted: (name: string, bootId: string) => Promise<void>;
  /** Reboots a host and waits for it: a container in seconds, `metal` takes all containers with it. */
  readonly reboot: (name: string) => Promise<void>;
  /** Gives a container a new disk, as it was at the lab's start, and boots it. Not for `metal`, whose disk lasts as long as the lab. */
  readonly reset: (name: string) => Promise<void>;
  /** Resolves when a host that answers on SSH has finished booting, also with failed units. */
  readonly settled: (name: string) => Promise<void>;
}

/** Longest wait for a host to come back, in milliseconds. */
const BOOT_MS = 600_000;

/** What another process does with a lab it has the data of. */
export function openHardware(data: HardwareData): HardwareHandle {
  const host = (name: string): HardwareHost => {
    const found = data.hosts.find((each) => each.name === name);
    if (!found) throw new Error(`the hardware lab has no host ${name}`);
    return found;
  };
  const exec: HardwareHandle['exec'] = (name, argv, options) => execSsh(data, host(name), argv, options);
  const enter: HardwareHandle['enter'] = (name, argv, options) => exec('metal', enterCommand(host(name), argv), options);
  const bootId = async (name: string): Promise<string> => (await exec(name, ['cat', '/proc/sys/kernel/random/boot_id'])).stdout.trim();
  const settled = (name: string): Promise<void> => awaitSettled(exec, name);
  const rebooted = async (name: string, before: string): Promise<void> => {
    const affected = host(name).kind === 'machine' ? data.hosts : [host(name)];
    await awaitOtherBoot(() => answeringBootId(data, host(name)), before, name);
    for (const each of affected) {
      await forgetConnection(data, each);
      await settled(each.name);
    }
  };
  const reboot = async (name: string): Promise<void> => {
    const before = await bootId(name);
    await exec(name, ['systemctl', 'reboot'], { timeoutMs: 20_000 });
    await rebooted(name, before);
  };
  const reset = async (name: string): Promise<void> => {
    if (host(name).kind === 'machine') throw new Error(`${name} is the virtual machine itself: it cannot be reset`);
    await forgetConnection(data, host(name));
    const disk = join(CONTAINERS, 'disks', name);
    const script = `systemctl stop ${unitOf(name)} && umount ${disk}/merged && rm -rf ${disk} && systemctl start ${unitOf(name)}`;
    const result = await exec('metal', ['sh', '-c', script]);
    if (result.code !== 0) throw new Error(`${name} was not reset: ${result.stderr}`);
    await settled(name);
  };
  return { ...data, host, exec, enter, bootId, settled, rebooted, reboot, reset };
}

function sshCommand(data: HardwareData, host: HardwareHost, more: readonly string[]): string[] {
  const settings = [
    ...['BatchMode=yes', 'IdentitiesOnly=yes', 'IdentityAgent=none', 'StrictHostKeyChecking=yes', 'ConnectTimeout=60', 'LogLevel=ERROR'],
    ...[`UserKnownHostsFile=${data.knownHostsFile}`, 'GlobalKnownHostsFile=/dev/null', 'ServerAliveInterval=5', 'ServerAliveCountMax=6'],
    ...['ControlMaster=auto', `ControlPath=${join(data.directory, `ssh-${host.name}`)}`, 'ControlPersist=yes'],
  ];
  const flags = settings.flatMap((setting) => ['-o', setting]);
  return ['ssh', '-F', 'none', ...flags, '-i', data.keyFile, '-p', String(host.port), ...more, `root@${host.address}`];
}

const ENVIRONMENT = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8'];

/** nspawn's only child is the container's process 1. */
const ENTER = 'exec nsenter --target "$(pgrep --parent "$(systemctl show --property MainPID --value "$0")" | head -n 1)" --all -- "$@"';

function enterCommand(host: HardwareHost, argv: readonly string[]): string[] {
  if (host.kind === 'machine') throw new Error(`${host.name} is the virtual machine itself: there is nothing to enter it from`);
  return ['sh', '-c', ENTER, unitOf(host.name), ...argv];
}

/** Over a connection that the first command opens and that lasts: a handshake takes an emulated host most of a second. */
function execSsh(data: HardwareData, host: HardwareHost, argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const command = commandLine(['env', '-i', ...ENVIRONMENT, ...argv]);
  return run([...sshCommand(data, host, []), '--', command], options);
}

/** The next command opens a new connection. */
async function forgetConnection(data: HardwareData, host: HardwareHost): Promise<void> {
  await run(sshCommand(data, host, ['-O', 'exit']), { timeoutMs: 10_000 });
}

/** Asked over a connection of its own, or null while the host does not answer. */
async function answeringBootId(data: HardwareData, host: HardwareHost): Promise<string | null> {
  const alone = ['-o', 'ControlPath=none', '-o', 'ControlMaster=no', '-o', 'ConnectTimeout=10'];
  const [program = '', ...rest] = sshCommand(data, host, []);
  const result = await run([program, ...alone, ...rest, '--', 'cat /proc/sys/kernel/random/boot_id'], { timeoutMs: 20_000 });
  return result.code === 0 ? result.stdout.trim() : null;
}

async function awaitOtherBoot(read: () => Promise<string | null>, before: string, name: string): Promise<void> {
  const deadline = Date.now() + BOOT_MS;
  for (;;) {
    const now = await read();
    if (now !== null && now !== before) return;
    if (Date.now() > deadline) throw new Error(`${name} did not boot again within ${BOOT_MS} ms`);
    await delay(200);
  }
}

/** "degraded", which is an exit code other than 0, is no matter here; 255 is ssh's, while the host does not answer yet or lets nobody in but root. */
async function awaitSettled(exec: HardwareHandle['exec'], name: string): Promise<void> {
  const deadline = Date.now() + BOOT_MS;
  for (;;) {
    const result = await exec(name, ['systemctl', 'is-system-running', '--wait'], { timeoutMs: BOOT_MS });
    if (/^(running|degraded)$/m.test(result.stdout)) return;
    if (Date.now() > deadline) throw new Error(`${name} did not finish booting: ${result.stdout}${result.stderr}`);
    await delay(200);
  }
}
