import { isIP, SocketAddress } from 'node:net';

/** An address with its prefix length, as `ip` prints it. */
export interface Cidr {
  readonly address: string;
  readonly prefix: number;
  readonly family: 4 | 6;
}

/** The family of an address or network; IPv6 where a colon is in it. */
export function familyOf(text: string): 4 | 6 {
  return text.includes(':') ? 6 : 4;
}

/** An address as `ip` prints it (RFC 5952). It must be one. */
export function canonicalAddress(address: string): string {
  return isIP(address) === 4 ? address : new SocketAddress({ address, family: 'ipv6' }).address;
}

/** The first address of the network that an address with a prefix length lies in. */
export function networkOf({ address, prefix, family }: Cidr): string {
  const width = family === 4 ? 8 : 16;
  const masked = groupsOf(address).map((group, index) => {
    const kept = Math.min(width, Math.max(0, prefix - index * width));
    return group & ~((1 << (width - kept)) - 1);
  });
  if (family === 4) return masked.join('.');
  return canonicalAddress(masked.map((group) => group.toString(16)).join(':'));
}

/** True where the network holds the address. */
export function holds(network: Cidr, address: string): boolean {
  if (familyOf(address) !== network.family) return false;
  return networkOf({ ...network, address }) === networkOf(network);
}

/** The numbers that an address is made of: four of 8 bits, or eight of 16. */
function groupsOf(address: string): number[] {
  if (isIP(address) === 4) return address.split('.').map(Number);
  const [head = '', tail] = withoutDots(address).split('::');
  const parse = (part: string | undefined): number[] =>
    part === undefined || part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [left, right] = [parse(head), parse(tail)];
  return tail === undefined ? left : [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}

/** `::ffff:192.0.2.1` → `::ffff:c000:201`. */
function withoutDots(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...octets: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = octets.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
}
