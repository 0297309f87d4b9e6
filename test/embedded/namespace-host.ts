import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddedHost } from './embedded-host.ts';

const HOLDER = readFileSync(new URL('holder.sh', import.meta.url), 'utf8');
const NAMESPACES = ['--mount', '--uts', '--ipc', '--pid'];
const READY_MS = 10_000;

/**
 * What root may do on a host: all that stays in its own files and processes. Without net_admin, sys_admin, sys_module, sys_time, … the machine's
 * network, kernel and clock are out of reach (capabilities(7)); dac_read_search would open files of the machine by handle.
 */
const CAPABILITIES = [
  ...['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'setpcap', 'setfcap'],
  ...['net_bind_service', 'sys_chroot', 'audit_write'],
];

const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  USER: 'root',
  LOGNAME: 'root',
  SHELL: '/bin/sh',
};

/** An ordinary user for user namespaces when root starts the fleet: what that user may not do, the hosts may not do. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/** What differs between root's namespaces and those of a user. */
interface Level {
  readonly mode: 'overlay' | 'copy';
  readonly unshare: readonly string[];
  readonly nsenter: readonly string[];
  readonly identity: { readonly uid: number; readonly gid: number } | Record<string, never>;
}

function levelOf(isolation: 'overlay-root' | 'copy-userns'): Level {
  if (isolation === 'overlay-root') return { mode: 'overlay', unshare: [], nsenter: [], identity: {} };
  return {
    mode: 'copy',
    unshare: ['--user', '--map-root-user'],
    nsenter: ['--user', '--preserve-credentials'],
    identity: process.getuid?.() === 0 ? NOBODY : {},
  };
}

/** Resolves with the holder's process id on the machine; rejects with the last line that it wrote to standard error. */
function untilReady(holder: ChildProcessWithoutNullStreams): Promise<number> {
  let stdout = '';
  let stderr = '';
  let timer: NodeJS.Timeout;
  return new Promise<number>((resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the namespaces took too long')), READY_MS);
    holder.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      const pid = /^ready (\d+)\n/.exec(stdout)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    });
    holder.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    holder.once('error', reject);
    holder.once('close', (code) => {
      const lines = stderr.split('\n').filter((line) => line !== '' && !line.includes('dmesg(1)'));
      reject(new Error(lines.at(-1) ?? `the namespaces ended with exit status ${code}`));
    });
  }).finally(() => clearTimeout(timer));
}

/** Starts a host in namespaces of its own, with its mount point below `base`. Rejects with the reason where the machine does not allow it. */
export async function startNamespaceHost(name: string, base: string, isolation: 'overlay-root' | 'copy-userns'): Promise<EmbeddedHost> {
  const level = levelOf(isolation);
  const mountPoint = join(base, name);
  mkdirSync(mountPoint, { mode: 0o700 });
  if (level.identity.uid !== undefined) chownSync(mountPoint, level.identity.uid, level.identity.gid);
  const setup = ['sh', '-c', HOLDER, 'holder.sh', level.mode, name, mountPoint];
  // Killing process 1 of the PID namespace, or closing its standard input by ending in whatever way, ends all.
  const holder = spawn('unshare', [...level.unshare, ...NAMESPACES, '--fork', '--kill-child', ...setup], {
    ...level.identity,
    cwd: '/',
    env: ENVIRONMENT,
    detached: true,
  });
  const kill = (): void => void holder.kill('SIGKILL');
  const ended = new Promise<void>((resolve) => void holder.once('close', () => resolve()));
  const pid = await untilReady(holder).catch((error: unknown) => {
    kill();
    throw error;
  });
  const enter = ['--target', String(pid), ...level.nsenter, ...NAMESPACES];
  const drop = ['setpriv', '--bounding-set', `-all,${CAPABILITIES.map((capability) => `+${capability}`).join()}`];
  const run = (command: string, environment: Readonly<Record<string, string>> = {}): ChildProcessWithoutNullStreams =>
    spawn('nsenter', [...enter, ...drop, 'sh', '-c', 'cd "$HOME" && exec /bin/sh -c "$0"', command], {
      ...level.identity,
      cwd: '/',
      env: { ...ENVIRONMENT, ...environment },
      detached: true,
    });
  return { name, root: `/proc/${pid}/root`, user: 'root', home: '/root', spawn: run, kill, ended };
}
