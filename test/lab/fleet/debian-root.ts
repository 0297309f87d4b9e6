import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './command.ts';
import { cachedFolder } from './root-cache.ts';
import { ASKPASS_PASSWORD } from './types.ts';

/** Where the Debian hosts see the lab's apt source. */
export const APT_MOUNT = '/srv/drover-lab/apt';

/** The release of Debian that the hosts are. */
export const SUITE = 'bookworm';

/** No python3: drover must not need it. No libpam-systemd: a login starts no session units. */
const PACKAGES = [
  'systemd,systemd-sysv,dbus,openssh-server,iproute2,iputils-ping,iputils-arping,sudo,kmod,procps,nftables,iptables,ifupdown,cron',
];

/** File → content of what every Debian host has beyond its packages. */
const FILES: Readonly<Record<string, string>> = {
  'etc/ssh/sshd_config.d/lab.conf': 'MaxStartups 200\nUseDNS no\nHostKey /etc/ssh/ssh_host_ed25519_key\n',
  'etc/sudoers.d/lab': 'drover ALL=(ALL:ALL) NOPASSWD: ALL\naskpass ALL=(ALL:ALL) PASSWD: ALL\n',
  // mmdebstrap copies this machine's, whose name server the hosts cannot reach.
  'etc/resolv.conf': '',
  'etc/apt/sources.list': `deb [trusted=yes] file:${APT_MOUNT} ./\n`,
  'etc/apt/apt.conf.d/99lab': 'APT::Install-Recommends "false";\nAcquire::Languages "none";\n',
};

/** Work that Debian does by the clock and that would change a host behind a test's back; wait-online has nobody to wait for. */
const MASKED = [
  ...['apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'fstrim.timer', 'systemd-tmpfiles-clean.timer'],
  ...['e2scrub_all.timer', 'systemd-networkd-wait-online.service'],
];

/** Path of the read-only root that all Debian hosts share. First build: about 20 s. */
export function debianRoot(): Promise<string> {
  const recipe = [SUITE, PACKAGES, FILES, MASKED, APT_MOUNT, ASKPASS_PASSWORD, process.arch, 2];
  return cachedFolder({ name: 'debian', recipe, build });
}

async function build(root: string): Promise<void> {
  await mustRun(['mmdebstrap', '--quiet', '--variant=apt', `--include=${PACKAGES.join(',')}`, SUITE, root], { timeoutMs: 600_000 });
  for (const name of readdirSync(join(root, 'etc/ssh'))) {
    if (name.startsWith('ssh_host_')) rmSync(join(root, 'etc/ssh', name));
  }
  for (const [path, content] of Object.entries(FILES)) writeFileSync(join(root, path), content);
  chmodSync(join(root, 'etc/sudoers.d/lab'), 0o440);
  await addUsers(root);
  await mustRun(['systemctl', `--root=${root}`, '--quiet', 'enable', 'systemd-networkd.service']);
  await mustRun(['systemctl', `--root=${root}`, '--quiet', 'mask', ...MASKED]);
  await readAptIndex(root);
}

async function addUsers(root: string): Promise<void> {
  for (const user of ['drover', 'askpass']) await mustRun(['chroot', root, 'useradd', '--create-home', '--shell', '/bin/sh', user]);
  await mustRun(['chroot', root, 'chpasswd'], { input: `askpass:${ASKPASS_PASSWORD}\n` });
}

/**
 * So that a host can install packages before its first `apt-get update`, as one that was set up properly can. The list of a `file:` source is a
 * link to its index, so an empty index does here. apt's cache is out of date at once: drover must not write it anew.
 */
async function readAptIndex(root: string): Promise<void> {
  const inside = join(root, APT_MOUNT);
  mkdirSync(inside, { recursive: true });
  writeFileSync(join(inside, 'Packages'), '');
  await mustRun(['chroot', root, 'apt-get', '--quiet', 'update']);
  rmSync(join(inside, 'Packages'));
}
