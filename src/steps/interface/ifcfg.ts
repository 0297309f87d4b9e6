import { StepArgumentError } from '../step.ts';
import type { InterfaceConfiguration } from './desired.ts';

type Address = InterfaceConfiguration['addresses'][number];

function refuse(what: string): never {
  throw new StepArgumentError(`interfaceFiles: ${what}`);
}

/**
 * ifcfg-NAME of a sit tunnel for Red Hat's network-scripts (ifup-sit). They give every tunnel the host's default ttl, which is 64, and know no
 * deprecated addresses; both throw StepArgumentError. `IPV6_MTU` sets the IPv6 MTU, the link keeps 1480.
 */
export function tunnelIfcfg({ name, comment, tunnel, addresses }: InterfaceConfiguration): string {
  if (tunnel === null) return refuse(`${name} is no tunnel`);
  if (tunnel.ttl !== 64) refuse(`network-scripts cannot keep a ttl of ${tunnel.ttl} for a tunnel: it gets the host's default, 64`);
  if (tunnel.mtu > 1480)
    refuse(`network-scripts leave the tunnel's link at its default, so an mtu of ${tunnel.mtu} would not last; at most 1480`);
  const old = addresses.find((each) => each.deprecated);
  if (old !== undefined) refuse(`network-scripts cannot make an address deprecated (${old.address})`);
  const [first, ...rest] = addresses.map(({ address, prefix }) => `${address}/${prefix}`);
  const lines = [
    `# ${comment}`,
    `DEVICE=${name}`,
    // The scripts take the type from a name such as sit1.
    ...(/^sit\d+$/.test(name) ? [] : ['DEVICETYPE=sit']),
    'BOOTPROTO=none',
    'ONBOOT=yes',
    'NM_CONTROLLED=no',
    'IPV6INIT=yes',
    `IPV6TUNNELIPV4=${tunnel.remote}`,
    `IPV6TUNNELIPV4LOCAL=${tunnel.local}`,
    ...(first === undefined ? [] : [`IPV6ADDR=${first}`]),
    ...(rest.length === 0 ? [] : [`IPV6ADDR_SECONDARIES="${rest.join(' ')}"`]),
    `IPV6_MTU=${tunnel.mtu}`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** ifcfg-LABEL of an IPv4 alias (ifup-aliases). Throws StepArgumentError without a label, whose text is letters, digits and `_`, and for IPv6. */
export function aliasIfcfg({ name, comment }: InterfaceConfiguration, { address, prefix, family, label }: Address): string {
  if (family === 6) refuse(`network-scripts keep further IPv6 addresses in ifcfg-${name} itself, not in a file of their own (${address})`);
  if (label === null || !/^[^:]+:[0-9A-Za-z_]+$/.test(label)) {
    refuse(`network-scripts need a label such as ${name}:0 for ${address}, of letters, digits and _`);
  }
  return `# ${comment}\nDEVICE=${label}\nBOOTPROTO=static\nONBOOT=yes\nIPADDR=${address}\nNETMASK=${netmaskOf(prefix)}\n`;
}

/** Lines of route-NAME and route6-NAME: arguments of `ip route add`. */
export function routeLine(name: string, { address, prefix, via, source, metric }: InterfaceConfiguration['routes'][number]): string {
  return [
    `${address}/${prefix}`,
    ...(via === null ? [] : [`via ${via}`]),
    `dev ${name}`,
    ...(metric === null ? [] : [`metric ${metric}`]),
    ...(source === null ? [] : [`src ${source}`]),
  ].join(' ');
}

function netmaskOf(prefix: number): string {
  const octet = (index: number): number => 256 - 2 ** (8 - Math.min(8, Math.max(0, prefix - 8 * index)));
  return [0, 1, 2, 3].map(octet).join('.');
}
