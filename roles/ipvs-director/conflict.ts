import type { BaseFacts } from 'drover';
import type { DirectorParams } from './parameters.ts';

/** Why these parameters cannot be right on this host; null when they can. */
export function conflict(params: DirectorParams, facts: BaseFacts): string | null {
  return addressConflict(params, facts) ?? subnetConflict(params, facts) ?? managerConflict(params, facts);
}

function addressConflict({ vip, interface: name }: DirectorParams, { addresses, sshConnection }: BaseFacts): string | null {
  if (sshConnection?.server === vip) return `${vip} is the address of the SSH connection that drover came by`;
  const elsewhere = addresses.find((on) => on.address === vip && on.interface !== name);
  if (elsewhere?.interface === 'lo') return `${vip} is on lo: this host is a real server of it (role lo0-vip), and cannot be its director`;
  if (elsewhere !== undefined) return `${vip} is configured on ${elsewhere.interface}, not on ${name}`;
  return null;
}

/** Direct routing only changes the frame's hardware address: the real server must be a neighbour. */
function subnetConflict({ vip, interface: name, services }: DirectorParams, { addresses }: BaseFacts): string | null {
  const nets = addresses.filter((on) => on.interface === name && on.family === 'ipv4' && on.address !== vip);
  if (nets.length === 0) return `${name} has no IPv4 address of its own on this host, or there is no such interface`;
  const far = services
    .filter(({ method }) => method === 'dr')
    .flatMap(({ reals }) => reals)
    .find((real) => !nets.some((on) => holds(on, real.address)));
  if (far === undefined) return null;
  const known = nets.map((on) => `${on.address}/${on.prefix}`).join(', ');
  return `direct routing needs neighbours: ${far.address} is not in a network of ${name} (${known}); take nat or tun, or another interface`;
}

function managerConflict({ manager }: DirectorParams, { init, os }: BaseFacts): string | null {
  if (manager === 'ipvsadm') return null;
  const old = os.family === 'redhat' && Number.parseInt(os.version, 10) < 8;
  if (init === 'systemd' && !old) return null;
  return 'the keepalived of this release cannot test its configuration before it is used (that came with 2.0); say manager: ipvsadm';
}

function holds(network: { readonly address: string; readonly prefix: number }, other: string): boolean {
  const shift = 32 - network.prefix;
  return shift >= 32 || toNumber(network.address) >>> shift === toNumber(other) >>> shift;
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
