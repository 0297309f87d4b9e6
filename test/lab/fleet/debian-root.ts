import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './command.ts';
import { cachedFolder } from './root-cache.ts';
import { bootstrap, furnish, SYSTEMD_PACKAGES, SYSTEMD_RECIPE } from './systemd-root.ts';

/** Where the Debian hosts see the lab's apt source. */
export const APT_MOUNT = '/srv/drover-lab/apt';

const PACKAGES = [...SYSTEMD_PACKAGES, 'ifupdown', 'cron', 'opendoas'];

const FILES: Readonly<Record<string, string>> = {
  'etc/apt/sources.list': `deb [trusted=yes] file:${APT_MOUNT} ./\n`,
  'etc/apt/apt.conf.d/99lab': 'APT::Install-Recommends "false";\nAcquire::Languages "none";\n',
};

/** Path of the read-only root that all Debian hosts share. First build: about 20 s. */
export function debianRoot(): Promise<string> {
  return cachedFolder({ name: 'debian', recipe: [SYSTEMD_RECIPE, PACKAGES, FILES, 1], build });
}

async function build(root: string): Promise<void> {
  await bootstrap(root, PACKAGES);
  await furnish(root, FILES);
  await readAptIndex(root);
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
