import { type Allowance, type BaseFacts, command, type Step } from 'drover';
import { plainAddress } from './network.ts';
import type { TunnelParams } from './params.ts';

/** An interface has an IPv6 address once, with one prefix length: set by hand with another, such as the broker's /64, it is in the way. */
export function otherPrefixes({ name, tunnelAddress, subnetAddresses }: TunnelParams, { addresses }: BaseFacts): BaseFacts['addresses'] {
  const wanted = new Map(
    [tunnelAddress, ...subnetAddresses.map((each) => `${each}/128`)].map((cidr) => {
      const [start = '', length] = cidr.split('/');
      return [plainAddress(start), Number(length)];
    }),
  );
  return addresses.filter((on) => on.interface === name && on.family === 'ipv6' && (wanted.get(on.address) ?? on.prefix) !== on.prefix);
}

/** Why that may not be mended: drover came by it. null where it may. */
export function sessionOver(other: BaseFacts['addresses'], { sshConnection }: BaseFacts, allow: Allowance): string | null {
  const own = other.find(({ address: each }) => each === sshConnection?.server);
  if (own === undefined || allow.disconnect) return null;
  return `${own.address} is on ${own.interface} with /${own.prefix}, and drover came by it: to give it its prefix length may cut the SSH session; the play does not allow it (allow: [disconnect])`;
}

/** A command and no `address`: routes with that source lose it with the address, so they are looked at anew. */
export function givesWay({ interface: device, address: plain, prefix }: BaseFacts['addresses'][number]): Step {
  const cidr = `${plain}/${prefix}`;
  return command({
    name: `${cidr} on ${device} gives way to another prefix length`,
    command: ['ip', '-6', 'addr', 'del', cidr, 'dev', device],
    onlyIf: `ip -6 -o addr show dev ${device} 2>/dev/null | grep -qF ' ${cidr} '`,
  });
}

/** Where IPv6 is switched off the kernel refuses every address with no more than "Permission denied". */
export function ipv6IsOn(name: string): Step {
  const text = `! grep -qw ipv6.disable=1 /proc/cmdline || { echo 'IPv6 is switched off on this host (ipv6.disable=1 on the kernel command line)'; exit 1; }
which=default; [ ! -e "/proc/sys/net/ipv6/conf/$1" ] || which=$1
[ "$(cat "/proc/sys/net/ipv6/conf/$which/disable_ipv6" 2>/dev/null)" != 1 ] || { echo "IPv6 is switched off on this host (net.ipv6.conf.$which.disable_ipv6 = 1); the tunnel would get no address"; exit 1; }`;
  return command({ name: 'IPv6 is on', command: ['sh', '-c', text, 'sh', name], readOnly: true });
}
