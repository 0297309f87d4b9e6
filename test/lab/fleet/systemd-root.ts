import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mustRun } from './command.ts';
import { ASKPASS_PASSWORD } from './types.ts';

/** The release of Debian whose packages all roots are made of. */
export const SUITE = 'bookworm';

/** What every host with systemd is made of. No python3: drover must not need it. No libpam-systemd: a login starts no session units. */
export const SYSTEMD_PACKAGES = [
  'systemd,systemd-sysv,dbus,openssh-server,iproute2,iputils-ping,iputils-arping,sudo,kmod,procps,nftables,iptables',
];

/** File → content of what every such host has beyond its packages. */
const FILES: Readonly<Record<string, string>> = {
  'etc/ssh/sshd_config.d/lab.conf': 'MaxStartups 200\nUseDNS no\nHostKey /etc/ssh/ssh_host_ed25519_key\n',
  'etc/sudoers.d/lab': 'drover ALL=(ALL:ALL) NOPASSWD: ALL\naskpass ALL=(ALL:ALL) PASSWD: ALL\n',
  // mmdebstrap copies this machine's, whose name server the hosts cannot reach.
  'etc/resolv.conf': '',
};

/** Work that is done by the clock and that would change a host behind a test's back; wait-online has nobody to wait for. */
const MASKED = [
  ...['apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'fstrim.timer', 'systemd-tmpfiles-clean.timer'],
  ...['dnf-makecache.timer', 'e2scrub_all.timer', 'systemd-networkd-wait-online.service'],
];

/** Everything here that decides how a root turns out, for the key of its cache. */
export const SYSTEMD_RECIPE: unknown = [SUITE, SYSTEMD_PACKAGES, FILES, MASKED, ASKPASS_PASSWORD, process.arch, 3];

/** Unpacks and configures packages with all that they need into a new root. */
export async function bootstrap(root: string, packages: readonly string[]): Promise<void> {
  await mustRun(['mmdebstrap', '--quiet', '--variant=apt', `--include=${packages.join(',')}`, SUITE, root], { timeoutMs: 600_000 });
}

/** Makes a lab host's root of a bootstrapped one: users, sshd, network, and `files` (path → content) besides. */
export async function furnish(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const name of readdirSync(join(root, 'etc/ssh'))) {
    if (name.startsWith('ssh_host_')) rmSync(join(root, 'etc/ssh', name));
  }
  for (const [path, content] of Object.entries({ ...FILES, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  chmodSync(join(root, 'etc/sudoers.d/lab'), 0o440);
  for (const user of ['drover', 'askpass']) await mustRun(['chroot', root, 'useradd', '--create-home', '--shell', '/bin/sh', user]);
  await mustRun(['chroot', root, 'chpasswd'], { input: `askpass:${ASKPASS_PASSWORD}\n` });
  await mustRun(['systemctl', `--root=${root}`, '--quiet', 'enable', 'systemd-networkd.service']);
  await mustRun(['systemctl', `--root=${root}`, '--quiet', 'mask', ...MASKED]);
}
