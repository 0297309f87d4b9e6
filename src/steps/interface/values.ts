import { isIP, SocketAddress } from 'node:net';
import { StepArgumentError } from '../step.ts';

/** An address with its prefix length, as `ip` prints it. */
export interface Cidr {
  readonly address: string;
  readonly prefix: number;
  readonly family: 4 | 6;
}

/** Throws unless the name can be that of an interface: at most 15 characters (ip-link(8)). */
export function checkInterfaceName(kind: string, name: unknown): string {
  if (typeof name === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/.test(name)) return name;
  throw new StepArgumentError(`${kind}: ${JSON.stringify(name)} is not the name of an interface`);
}

/** Throws unless it is `ADDRESS/LENGTH`; the address is written as `ip` prints it. */
export function checkCidr(kind: string, text: unknown): Cidr {
  const [, plain = '', length = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(String(text)) ?? [];
  const family = isIP(plain);
  const prefix = Number(length);
  if (family === 0 || plain.includes('%') || prefix > (family === 4 ? 32 : 128)) {
    throw new StepArgumentError(`${kind}: ${JSON.stringify(text)} must be an address with its prefix length, such as 192.0.2.5/32`);
  }
  return { address: canonical(plain), prefix, family: family === 4 ? 4 : 6 };
}

/** Throws unless it is an address, of this family if one is given; returns it as `ip` prints it. */
export function checkAddress(what: string, text: unknown, family?: 4 | 6): string {
  const found = typeof text === 'string' && !text.includes('%') ? isIP(text) : 0;
  if (found === 0 || (family !== undefined && found !== family)) {
    throw new StepArgumentError(`${what} ${JSON.stringify(text)} is not an ${family === undefined ? 'IP' : `IPv${family}`} address`);
  }
  return canonical(String(text));
}

/** Throws unless it is `default`, an address or a network without host bits; a host is written with its full prefix length. */
export function checkDestination(kind: string, text: unknown, family: 4 | 6): Cidr {
  if (text === 'default') return { address: family === 4 ? '0.0.0.0' : '::', prefix: 0, family };
  const full = typeof text === 'string' && isIP(text) !== 0 ? `${text}/${isIP(text) === 4 ? 32 : 128}` : text;
  const cidr = checkCidr(kind, full);
  if (cidr.family !== family) {
    throw new StepArgumentError(`${kind}: destination ${JSON.stringify(text)} is not of the family of the other addresses (IPv${family})`);
  }
  const network = networkOf(cidr);
  if (network !== cidr.address) {
    throw new StepArgumentError(
      `${kind}: destination ${JSON.stringify(text)} has bits behind its prefix; the network is ${network}/${cidr.prefix}`,
    );
  }
  return cidr;
}

/** Throws unless it is a whole number in a range. */
export function checkNumber(what: string, value: unknown, [least, most]: readonly [number, number]): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new StepArgumentError(`${what} ${JSON.stringify(value)} must be a whole number from ${least} to ${most}`);
}

/** The family of an address or network; IPv6 where a colon is in it. */
export function familyOf(text: string): 4 | 6 {
  return text.includes(':') ? 6 : 4;
}

function canonical(address: string): string {
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
  return canonical(masked.map((group) => group.toString(16)).join(':'));
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
