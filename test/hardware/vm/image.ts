import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../../lab/fleet/command.ts';
import { cachedFolder } from '../../lab/fleet/root-cache.ts';
import { makeDisks, makeSparse } from './disks.ts';
import { DISKS, HOSTS, INSIDE } from './hosts.ts';
import { CONTAINER_FILES, CONTAINERS, MACHINE_FILES, MACHINE_UNITS } from './machine-files.ts';
import { authorise, makeRoot, put, ROOT_RECIPE, readPackages } from './root.ts';
import { writeSeed } from './seed.ts';

/** On every host. No python3: drover must not need it. */
const BASE = [
  ...['systemd', 'systemd-sysv', 'dbus', 'openssh-server', 'iproute2', 'iputils-ping', 'iputils-arping', 'sudo', 'kmod', 'procps'],
  ...['nftables', 'iptables', 'ifupdown', 'cron', 'udev', 'tcpdump', 'curl'],
];

const MACHINE_PACKAGES = [...BASE, 'linux-image-amd64', 'initramfs-tools', 'zstd', 'systemd-container', 'e2fsprogs'];

const CONTAINER_PACKAGES = [...BASE, 'nginx-light'];

/** Not on the hosts: what roles install there, from a folder inside of the image. */
const TO_COME = ['ipmitool', 'openipmi', 'rng-tools5', 'ipvsadm', 'keepalived', 'parted', 'gdisk', 'network-manager'];

/** Every module of Debian's would make an initrd that takes longer to unpack than the rest of the boot. */
const INITRD_HOOK =
  '--essential-hook=mkdir -p "$1/etc/initramfs-tools/conf.d" && echo MODULES=list >"$1/etc/initramfs-tools/conf.d/lab" && printf "%s\\n" virtio_pci virtio_blk ext4 >"$1/etc/initramfs-tools/modules"';

const ROOT_DISK_BYTES = 3 * 1024 ** 3;

/** Folder of the built image: `root.raw`, `vmlinuz`, `initrd.img`, one raw file per data disk, `id_ed25519` and `host-keys.json`. First build: see global-setup.ts. */
export function hardwareImage(): Promise<string> {
  const packages = [MACHINE_PACKAGES, CONTAINER_PACKAGES, TO_COME, INITRD_HOOK];
  const files = [MACHINE_FILES, CONTAINER_FILES, MACHINE_UNITS, HOSTS, INSIDE, DISKS];
  return cachedFolder({ name: 'hardware', recipe: [ROOT_RECIPE, packages, files, process.arch, 1], build });
}

async function build(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = (name: string): string => join(directory, name);
  const [root, containers, pool] = [file('root'), file('containers'), file('pool')];
  await mustRun(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'drover-hardware-lab', '-f', file('id_ed25519')]);
  const common = { poolDirectory: pool, packagesToCome: TO_COME };
  await Promise.all([
    makeRoot({ ...common, directory: root, packages: MACHINE_PACKAGES, hooks: [INITRD_HOOK] }),
    makeRoot({ ...common, directory: containers, packages: CONTAINER_PACKAGES }),
  ]);
  writeFileSync(join(pool, 'Packages'), await mustRun(['sh', '-c', 'cd "$1" && apt-ftparchive packages .', 'index', pool]));
  await furnish(directory, { root, containers, pool });
  for (const name of ['vmlinuz', 'initrd.img']) copyFileSync(kernelFile(root, name), file(name));
  makeSparse(file('root.raw'), ROOT_DISK_BYTES);
  await mustRun(['mkfs.ext4', '-q', '-O', '^has_journal', '-L', 'root', '-d', root, file('root.raw')], { timeoutMs: 300_000 });
  await makeDisks(directory);
  for (const path of [root, pool]) rmSync(path, { recursive: true });
}

/** Puts keys, packages and the hosts' own files into the roots, then the containers' root into the machine's. */
async function furnish(directory: string, roots: { root: string; containers: string; pool: string }): Promise<void> {
  const { root, containers, pool } = roots;
  const publicKey = readFileSync(join(directory, 'id_ed25519.pub'));
  for (const [path, content] of Object.entries(MACHINE_FILES)) put(join(root, path), content);
  for (const [path, content] of Object.entries(CONTAINER_FILES)) put(join(containers, path), content);
  for (const each of [root, containers]) authorise(each, publicKey);
  await mustRun(['systemctl', `--root=${containers}`, '--quiet', 'disable', 'nginx.service']);
  await readPackages(root, pool, true);
  await readPackages(containers, pool, false);
  const keys: Record<string, string> = {};
  for (const host of HOSTS) {
    const seed = join(directory, 'seed');
    keys[host.name] = await writeSeed(host, seed);
    const place = host.kind === 'machine' ? root : join(root, CONTAINERS, host.name);
    cpSync(seed, place, { recursive: true, verbatimSymlinks: true });
    rmSync(seed, { recursive: true });
  }
  renameSync(containers, join(root, CONTAINERS, 'root'));
  await mustRun(['systemctl', `--root=${root}`, '--quiet', 'enable', ...MACHINE_UNITS]);
  writeFileSync(join(directory, 'host-keys.json'), JSON.stringify(keys));
}

/** The kernel or initrd of the only kernel there is. */
function kernelFile(root: string, name: string): string {
  const boot = join(root, 'boot');
  const found = readdirSync(boot).find((each) => each.startsWith(`${name}-`));
  if (!found) throw new Error(`the root has no ${name} in /boot`);
  return join(boot, found);
}
