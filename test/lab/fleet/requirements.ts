import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { mustRun, run } from './command.ts';

/** The programs the lab starts, and the Debian package that brings each. */
const PROGRAMS: Readonly<Record<string, string>> = {
  mmdebstrap: 'mmdebstrap',
  'systemd-nspawn': 'systemd-container',
  'ssh-keygen': 'openssh-client',
  ssh: 'openssh-client',
  'ssh-agent': 'openssh-client',
  script: 'bsdutils',
  perl: 'perl-base',
  ip: 'iproute2',
  'dpkg-deb': 'dpkg',
  mount: 'mount',
  nsenter: 'util-linux',
};

/** Why this machine cannot run the lab, in one sentence, or null if it can. As root on Debian it installs the programs that are missing. */
export async function whyNoLab(): Promise<string | null> {
  const reason = whyNotThisSystem();
  if (reason) return reason;
  try {
    await installMissing();
  } catch (error) {
    return `the lab's packages cannot be installed: ${messageOf(error)}`;
  }
  const left = missingPrograms();
  if (left.length > 0) return `the lab needs ${left.join(', ')}`;
  return whyNotAllowed();
}

/** An error's message, or the thing itself as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why this machine is none on which packages can be installed for a lab, or null. */
export function whyNotThisSystem(): string | null {
  if (process.platform !== 'linux') return `the lab boots Linux containers, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'the lab mounts file systems and makes network links: it must run as root';
  if (!existsSync('/etc/debian_version') || !hasProgram('apt-get'))
    return 'the lab builds its hosts with the tools of Debian, which this machine has not';
  if (!readFileSync('/proc/filesystems', 'utf8').includes('overlay')) return 'the kernel has no overlay file system';
  return null;
}

/** Root in a container may lack the rights: tried, since no flag says so. */
async function whyNotAllowed(): Promise<string | null> {
  const mounting = await run(['unshare', '--mount', 'mount', '-t', 'tmpfs', 'lab-probe', '/mnt']);
  if (mounting.code !== 0) return `this root user may not mount: ${mounting.stderr.trim()}`;
  const bridge = await run(['ip', 'link', 'add', 'dl-probe', 'type', 'bridge']);
  if (bridge.code !== 0 && !bridge.stderr.includes('exists')) return `this root user may not make a bridge: ${bridge.stderr.trim()}`;
  await run(['ip', 'link', 'delete', 'dl-probe']);
  return null;
}

const POLICY = '/usr/sbin/policy-rc.d';

/** Installs the packages of programs that are missing. Services that come along are not started (invoke-rc.d(8), policy-rc.d). */
export async function installMissing(programs: Readonly<Record<string, string>> = PROGRAMS): Promise<void> {
  const packages = [...new Set(missingPrograms(programs).map((program) => programs[program] ?? program))];
  if (packages.length === 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  const hasPolicy = existsSync(POLICY);
  if (!hasPolicy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    if ((await run(install, { env, timeoutMs: 300_000 })).code === 0) return;
    await mustRun(['apt-get', 'update'], { env, timeoutMs: 300_000 });
    await mustRun(install, { env, timeoutMs: 300_000 });
  } finally {
    if (!hasPolicy) rmSync(POLICY, { force: true });
  }
}

function missingPrograms(programs: Readonly<Record<string, string>> = PROGRAMS): string[] {
  return Object.keys(programs).filter((program) => !hasProgram(program));
}

function hasProgram(program: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
