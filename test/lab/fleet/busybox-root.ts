import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './command.ts';
import { cachedFolder } from './root-cache.ts';

/** File → content and mode of a machine whose init, shell and utilities are all busybox. */
const FILES: Readonly<Record<string, readonly [content: string, mode: number]>> = {
  'etc/os-release': ['ID=busybox\nNAME="busybox and dropbear"\nPRETTY_NAME="busybox and dropbear"\n', 0o644],
  'etc/passwd': ['root:x:0:0:root:/root:/bin/sh\n', 0o644],
  'etc/group': ['root:x:0:\n', 0o644],
  'etc/shadow': ['root:*:19000:0:99999:7:::\n', 0o600],
  'etc/inittab': ['::sysinit:/etc/rc\n::respawn:/usr/sbin/dropbear -F -E -s\n::shutdown:/bin/true\n', 0o644],
  'etc/rc': [
    `#!/bin/sh
hostname -F /etc/hostname
ip link set lo up
ip address add "$(cat /etc/address)" dev host0
ip link set host0 up
`,
    0o755,
  ],
};

const FOLDERS = ['proc', 'sys', 'dev', 'run', 'sbin', 'root', 'home', 'tmp', 'var/tmp', 'etc/dropbear'];

/** Path of the read-only root of the busybox host: no bash, no coreutils, no systemd, no SFTP, no package manager. */
export function busyboxRoot(): Promise<string> {
  return cachedFolder({ name: 'busybox', recipe: [FILES, FOLDERS, process.arch, 2], build });
}

async function build(root: string): Promise<void> {
  const packages = `${root}.packages`;
  try {
    const extract = ['mmdebstrap', '--quiet', '--variant=extract', '--include=busybox-static,dropbear-bin', 'bookworm', packages];
    await mustRun(extract, { timeoutMs: 600_000 });
    takePrograms(packages, root);
  } finally {
    rmSync(packages, { recursive: true, force: true });
  }
  for (const folder of FOLDERS) mkdirSync(join(root, folder), { recursive: true });
  for (const [path, [content, mode]] of Object.entries(FILES)) writeFileSync(join(root, path), content, { mode });
  await mustRun(['chmod', '1777', join(root, 'tmp'), join(root, 'var/tmp')]);
  await mustRun(['chmod', '700', join(root, 'root')]);
  // Only names that do not exist yet: dropbear's programs and busybox itself stay.
  await mustRun(['chroot', root, '/bin/busybox', '--install', '-s']);
}

/** busybox is static; dropbear needs libc and a few libraries, so the packages' /lib comes along. */
function takePrograms(packages: string, root: string): void {
  for (const folder of ['bin', 'usr/bin', 'usr/sbin', 'etc']) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ['bin/busybox', 'usr/bin/dropbearkey', 'usr/sbin/dropbear']) renameSync(join(packages, file), join(root, file));
  for (const folder of ['lib', 'lib64', 'usr/lib'])
    cpSync(join(packages, folder), join(root, folder), { recursive: true, verbatimSymlinks: true });
}
