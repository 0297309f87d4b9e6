import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mustRun } from '../../lab/fleet/command.ts';
import { HOSTS } from './hosts.ts';

/** Where every host sees the folder of packages. */
export const APT_FOLDER = '/srv/drover-lab/apt';

export const SUITE = 'bookworm';

/** What a root is made of. */
export interface RootOptions {
  readonly directory: string;
  readonly packages: readonly string[];
  /** Folder that gets `packagesToCome` and what they depend on beyond `packages`, as .deb files. */
  readonly poolDirectory: string;
  readonly packagesToCome: readonly string[];
  readonly hooks?: readonly string[];
}

/** Work that Debian does by the clock and that would change a host behind a test's back, and boot work that nobody waits for. */
const MASKED = [
  ...['apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'fstrim.timer', 'systemd-tmpfiles-clean.timer'],
  ...['e2scrub_all.timer', 'e2scrub_reap.service', 'systemd-networkd-wait-online.service', 'systemd-timesyncd.service'],
  ...['serial-getty@ttyS0.service', 'getty@tty1.service', 'console-getty.service', 'logrotate.timer'],
];

const FILES: Readonly<Record<string, string>> = {
  'etc/ssh/sshd_config.d/lab.conf': 'MaxStartups 200\nUseDNS no\nHostKey /etc/ssh/ssh_host_ed25519_key\n',
  'etc/sudoers.d/lab': 'drover ALL=(ALL:ALL) NOPASSWD: ALL\n',
  'etc/resolv.conf': '',
  'etc/hosts': ['127.0.0.1 localhost', '::1 localhost', ...HOSTS.map((host) => `${host.inside} ${host.name}`), ''].join('\n'),
  'etc/apt/sources.list': `deb [trusted=yes] file:${APT_FOLDER} ./\n`,
  'etc/apt/apt.conf.d/99lab': 'APT::Install-Recommends "false";\nAcquire::Languages "none";\n',
};

/** Everything here that decides what a root contains, for the cache's key. */
export const ROOT_RECIPE = [SUITE, MASKED, FILES, APT_FOLDER];

/** Makes a Debian root with the user `drover`, and fetches the packages that tests install on it later. */
export async function makeRoot(options: RootOptions): Promise<void> {
  const { directory, packages, poolDirectory, packagesToCome, hooks = [] } = options;
  mkdirSync(poolDirectory, { recursive: true });
  // While apt still knows Debian's index: mmdebstrap forgets it at the end.
  const download = `chroot "$1" apt-get install --yes --download-only --no-install-recommends ${packagesToCome.join(' ')}`;
  const fetch = `${download} && cp "$1"/var/cache/apt/archives/*.deb ${poolDirectory}`;
  const customize = [...hooks, `--customize-hook=${fetch}`];
  const bootstrap = ['mmdebstrap', '--quiet', '--variant=apt', `--include=${packages.join(',')}`, ...customize, SUITE, directory];
  await mustRun(bootstrap, { timeoutMs: 600_000 });
  for (const name of readdirSync(join(directory, 'etc/ssh'))) {
    if (name.startsWith('ssh_host_')) rmSync(join(directory, 'etc/ssh', name));
  }
  for (const [path, content] of Object.entries(FILES)) put(join(directory, path), content);
  chmodSync(join(directory, 'etc/sudoers.d/lab'), 0o440);
  await mustRun(['chroot', directory, 'useradd', '--create-home', '--shell', '/bin/sh', 'drover']);
  await mustRun(['systemctl', `--root=${directory}`, '--quiet', 'mask', ...MASKED]);
}

/** Lets a key log in as root and as drover. */
export function authorise(directory: string, publicKey: Buffer): void {
  for (const home of ['root', 'home/drover']) {
    const folder = join(directory, home);
    const { uid, gid } = statSync(folder);
    const file = join(folder, '.ssh/authorized_keys');
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    chmodSync(dirname(file), 0o700);
    writeFileSync(file, publicKey, { mode: 0o600 });
    for (const path of [dirname(file), file]) chownSync(path, uid, gid);
  }
}

/** Puts the folder of packages into a root and has apt read its index; with `isKept` false only the index stays. */
export async function readPackages(directory: string, poolDirectory: string, isKept: boolean): Promise<void> {
  const inside = join(directory, APT_FOLDER);
  cpSync(poolDirectory, inside, { recursive: true });
  await mustRun(['chroot', directory, 'apt-get', '--quiet', 'update']);
  if (isKept) return;
  rmSync(inside, { recursive: true });
  mkdirSync(inside);
}

/** Writes a file and makes the folders above it. */
export function put(path: string, content: string | Buffer, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, content, { mode });
}
