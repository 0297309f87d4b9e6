import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mustRun } from '../../lab/fleet/command.ts';
import { INSIDE, type PlannedHost } from './hosts.ts';
import { put } from './root.ts';

const NETWORKD = ['multi-user.target.wants/systemd-networkd.service', 'sockets.target.wants/systemd-networkd.socket'];

/** Writes what makes a host this host: name, machine-id, SSH host key, network. Returns the public host key. */
export async function writeSeed(host: PlannedHost, directory: string): Promise<string> {
  put(join(directory, 'etc/hostname'), `${host.name}\n`);
  // Without one systemd would take the boot for the first and preset all units.
  put(join(directory, 'etc/machine-id'), `${randomBytes(16).toString('hex')}\n`);
  const key = join(directory, 'etc/ssh/ssh_host_ed25519_key');
  mkdirSync(dirname(key), { recursive: true });
  await mustRun(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', host.name, '-f', key]);
  if (host.kind === 'machine') writeBridge(host, directory);
  else if (host.network === 'ifupdown') put(join(directory, 'etc/network/interfaces'), interfacesFile(host));
  else put(join(directory, 'etc/systemd/network/10-lab.network'), networkFile('host0', host));
  if (host.network === 'networkd') for (const wants of NETWORKD) enable(directory, wants);
  if (host.isServingHttp) enable(directory, 'multi-user.target.wants/nginx.service');
  return readFileSync(`${key}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
}

/** All hosts on one Ethernet: the containers' links and the machine's own card are ports of br0. */
function writeBridge(host: PlannedHost, directory: string): void {
  const folder = join(directory, 'etc/systemd/network');
  put(join(folder, '10-br0.netdev'), '[NetDev]\nName=br0\nKind=bridge\nMACAddress=52:54:00:12:34:10\n');
  put(join(folder, '10-br0.network'), networkFile('br0', host));
  put(join(folder, '20-card.network'), '[Match]\nName=en* eth*\n\n[Network]\nBridge=br0\n');
}

function networkFile(name: string, host: PlannedHost): string {
  return `[Match]\nName=${name}\n\n[Network]\nAddress=${host.inside}/${INSIDE.prefixLength}\nGateway=${INSIDE.gateway}\nIPv6AcceptRA=no\n`;
}

function interfacesFile(host: PlannedHost): string {
  const address = `  address ${host.inside}/${INSIDE.prefixLength}\n  gateway ${INSIDE.gateway}\n`;
  return `source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n\nauto host0\niface host0 inet static\n${address}`;
}

function enable(directory: string, wants: string): void {
  const link = join(directory, 'etc/systemd/system', wants);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(`/lib/systemd/system/${wants.split('/')[1]}`, link);
}
