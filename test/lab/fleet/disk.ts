import { randomBytes } from 'node:crypto';
import { chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './command.ts';
import { type FleetData, hasSystemd, type LabHost } from './types.ts';

/** Makes a host's disk: the overlay on the shared root of its kind, and what makes it this host. Returns its known_hosts line. */
export async function prepareDisk(fleet: FleetData, host: LabHost): Promise<string> {
  for (const folder of ['upper', 'work', 'merged']) mkdirSync(join(host.directory, folder), { recursive: true, mode: 0o755 });
  const layers = `lowerdir=${fleet.roots[host.kind]},upperdir=${join(host.directory, 'upper')},workdir=${join(host.directory, 'work')}`;
  await mustRun(['mount', '-t', 'overlay', `lab-${host.machine}`, '-o', layers, join(host.directory, 'merged')]);
  const root = join(host.directory, 'merged');
  writeFileSync(join(root, 'etc/hostname'), `${host.name}\n`);
  writeFileSync(join(root, 'etc/hosts'), hostsFile(fleet));
  authorise(root, readFileSync(`${fleet.keyFile}.pub`));
  const key = hasSystemd(host.kind) ? await systemdIdentity(host, root, fleet) : await busyboxIdentity(host, root);
  return `${host.name},${host.address} ${key}`;
}

/** Forgets all that was ever written to the disk of a host that is off. Its host key, which lies beside the disk, stays. */
export async function wipeDisk(fleet: FleetData, host: LabHost): Promise<void> {
  const merged = join(host.directory, 'merged');
  const { dev, ino } = statSync(merged);
  await mustRun(['umount', merged]);
  // nspawn's lock on the old disk, which nspawn would have removed had it ended by itself.
  rmSync(`/run/systemd/nspawn/locks/inode-${dev}:${ino}`, { force: true });
  for (const folder of ['upper', 'work']) rmSync(join(host.directory, folder), { recursive: true });
  await prepareDisk(fleet, host);
}

/** Both families, as on any host: spamc, for one, asks ::1 first. */
function hostsFile(fleet: FleetData): string {
  return [
    '127.0.0.1 localhost',
    '::1 localhost ip6-localhost ip6-loopback',
    ...fleet.hosts.map((host) => `${host.address} ${host.name}`),
    '',
  ].join('\n');
}

function authorise(root: string, publicKey: Buffer): void {
  for (const home of ['root', 'home/drover', 'home/askpass']) {
    const folder = join(root, home);
    const owner = statSync(folder, { throwIfNoEntry: false });
    if (!owner) continue;
    mkdirSync(join(folder, '.ssh'), { recursive: true, mode: 0o700 });
    const file = join(folder, '.ssh/authorized_keys');
    writeFileSync(file, publicKey, { mode: 0o600 });
    for (const path of [join(folder, '.ssh'), file]) chownSync(path, owner.uid, owner.gid);
  }
}

/** A machine-id of its own: without one systemd would take the boot for the first and preset all units. */
async function systemdIdentity(host: LabHost, root: string, fleet: FleetData): Promise<string> {
  writeFileSync(join(root, 'etc/machine-id'), `${randomBytes(16).toString('hex')}\n`);
  // No router answers here, and no address is taken twice: to find that out systemd-networkd would be "configuring" for 13 s.
  const quick = 'IPv6AcceptRA=no\nIPv6DuplicateAddressDetection=0\n';
  const network = `[Match]\nName=host0\n\n[Network]\nAddress=${host.address}/24\nGateway=${fleet.gateway}\n${quick}`;
  writeFileSync(join(root, 'etc/systemd/network/10-lab.network'), network);
  const keyFile = join(host.directory, 'host_key');
  if (!existsSync(keyFile)) await mustRun(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', host.name, '-f', keyFile]);
  for (const end of ['', '.pub']) copyFileSync(keyFile + end, join(root, `etc/ssh/ssh_host_ed25519_key${end}`));
  return publicPart(readFileSync(`${keyFile}.pub`, 'utf8'));
}

async function busyboxIdentity(host: LabHost, root: string): Promise<string> {
  writeFileSync(join(root, 'etc/address'), `${host.address}/24\n`);
  const key = '/etc/dropbear/dropbear_ed25519_host_key';
  const kept = join(host.directory, 'host_key');
  if (existsSync(kept)) copyFileSync(kept, join(root, key));
  else await mustRun(['chroot', root, 'dropbearkey', '-t', 'ed25519', '-f', key]);
  copyFileSync(join(root, key), kept);
  return publicPart(/^ssh-ed25519 .*$/m.exec(await mustRun(['chroot', root, 'dropbearkey', '-y', '-f', key]))?.[0] ?? '');
}

function publicPart(line: string): string {
  const [type = '', key = ''] = line.trim().split(' ');
  if (!key) throw new Error(`no host key in: ${line}`);
  return `${type} ${key}`;
}
