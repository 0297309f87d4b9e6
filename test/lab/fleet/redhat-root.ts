import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './command.ts';
import { cachedFolder } from './root-cache.ts';
import { buildRpm } from './rpm-source.ts';
import type { StubRpm } from './stub-rpm.ts';
import { bootstrap, furnish, SYSTEMD_PACKAGES, SYSTEMD_RECIPE } from './systemd-root.ts';

/** Where the Red Hat-like host sees the lab's dnf repository. */
export const RPM_MOUNT = '/srv/drover-lab/rpm';

const PACKAGES = [...SYSTEMD_PACKAGES, 'dnf', 'rpm', 'createrepo-c'];

const OS_RELEASE = `NAME="Rocky Linux"
VERSION="9.4 (lab)"
ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.4"
PLATFORM_ID="platform:el9"
PRETTY_NAME="Rocky Linux 9.4 (lab: Debian with dnf and rpm)"
`;

const FILES: Readonly<Record<string, string>> = {
  'etc/os-release': OS_RELEASE,
  'usr/lib/os-release': OS_RELEASE,
  'etc/redhat-release': 'Rocky Linux release 9.4 (lab)\n',
  // Debian's rpm keeps its database in the home of whoever asks.
  'etc/rpm/macros': '%_dbpath /var/lib/rpm\n%dist .el9\n',
  'etc/dnf/dnf.conf': '[main]\ngpgcheck=1\ninstallonly_limit=3\nclean_requirements_on_remove=True\nbest=True\nskip_if_unavailable=False\n',
  'etc/yum.repos.d/lab.repo': `[lab]\nname=drover's lab\nbaseurl=file://${RPM_MOUNT}\ngpgcheck=0\nenabled=1\n`,
  // systemd.preset(5): as on Red Hat, and other than on Debian, a package's units stay off unless they are named.
  'usr/lib/systemd/system-preset/90-default.preset': 'enable NetworkManager.service\nenable rngd.service\n',
  'usr/lib/systemd/system-preset/99-default-disable.preset': 'disable *\n',
};

/** What would tell that the host is Debian, or let it be used as one. */
const DEBIAN_ONLY = [
  ...['etc/apt', 'etc/dpkg', 'etc/debian_version', 'etc/init.d', 'usr/lib/apt', 'usr/lib/dpkg', 'usr/lib/os-release', 'etc/os-release'],
  ...['var/lib/apt', 'var/lib/dpkg', 'var/cache/apt', 'var/cache/debconf'],
];
const DEBIAN_PROGRAM = /^(apt|dpkg|deb-systemd-|update-rc\.d$|invoke-rc\.d$|adduser$|addgroup$|deluser$|delgroup$)/;

/** The one package that is there from the start: what every RPM needs and no RPM of the lab brings. */
const BASE: StubRpm = { name: 'rocky-release', version: '9.4', provides: ['/bin/sh', 'system-release(releasever) = 9'], files: {} };

/** Path of the read-only root of the Red Hat-like host: systemd, dnf and rpm are real, but Debian's. First build: about 30 s. */
export function redhatRoot(): Promise<string> {
  return cachedFolder({ name: 'redhat', recipe: [SYSTEMD_RECIPE, PACKAGES, FILES, DEBIAN_ONLY, BASE, RPM_MOUNT, 1], build });
}

async function build(root: string): Promise<void> {
  await bootstrap(root, PACKAGES);
  for (const path of DEBIAN_ONLY) rmSync(join(root, path), { recursive: true, force: true });
  await furnish(root, FILES);
  for (const folder of ['usr/bin', 'usr/sbin']) {
    for (const name of readdirSync(join(root, folder))) if (DEBIAN_PROGRAM.test(name)) rmSync(join(root, folder, name));
  }
  if (!existsSync(join(root, 'usr/bin/yum'))) symlinkSync('dnf', join(root, 'usr/bin/yum'));
  mkdirSync(join(root, 'etc/sysconfig'), { recursive: true });
  mkdirSync(join(root, RPM_MOUNT), { recursive: true });
  await installBase(root);
}

async function installBase(root: string): Promise<void> {
  const work = join(root, 'tmp/base');
  mkdirSync(work);
  const file = await buildRpm(root, work, BASE);
  await mustRun(['chroot', root, 'rpm', '--install', `/tmp/base/${file}`]);
  rmSync(work, { recursive: true });
}
