/** The eight groups of 16 bits of an IPv6 address. */
export function groupsOf(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const [, start = '', ...octets] = dotted ?? [];
  const [a = 0, b = 0, c = 0, d = 0] = octets.map(Number);
  const text = dotted === null ? address : `${start}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  const [head = '', tail] = text.split('::');
  const parse = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [left, right] = [parse(head), parse(tail ?? '')];
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}

/** True where both addresses have the same first bits. */
export function shareBits(one: string, other: string, bits: number): boolean {
  const pairs = groupsOf(one).map((group, index) => group ^ (groupsOf(other)[index] ?? 0));
  return pairs.every((difference, index) => {
    const kept = Math.min(16, Math.max(0, bits - index * 16));
    return difference >> (16 - kept) === 0;
  });
}

/** True where the network `ADDRESS/LENGTH` holds the address. */
export function isWithin(address: string, network: string): boolean {
  const [start = '', length = '128'] = network.split('/');
  return shareBits(address, start, Number(length));
}

/**
 * The destination outside of a network that is most like it: only the last bit of the network differs. By the rules for choosing a source
 * (RFC 6724, longest matching prefix) it is the one for which the kernel is most drawn to an address in that network.
 */
export function neighbourOf(network: string): string {
  const [start = '', length = '64'] = network.split('/');
  const bit = Number(length) - 1;
  const groups = groupsOf(start).map((group, index) => (index === Math.floor(bit / 16) ? group ^ (1 << (15 - (bit % 16))) : group));
  return groups.map((group) => group.toString(16)).join(':');
}

/** An address as `ip` prints it (RFC 5952). */
export function plainAddress(address: string): string {
  const host = new URL(`http://[${address}]/`).hostname;
  return host.slice(1, -1);
}

/** True for an address that a host can have and that others can reach: not ::, ::1, IPv4-mapped, link-local or multicast (RFC 4291). */
export function isGlobalUnicast(address: string): boolean {
  const [first = 0] = groupsOf(address);
  return first >> 8 !== 0xff && first >> 6 !== 0xfe80 >> 6 && !shareBits(address, '::', 80);
}

/** True where bits behind the prefix of `ADDRESS/LENGTH` are set. */
export function hasHostBits(network: string): boolean {
  const [start = '', length = '128'] = network.split('/');
  return groupsOf(start).some((group, index) => (group & (0xffff >> Math.min(16, Math.max(0, Number(length) - index * 16)))) !== 0);
}
