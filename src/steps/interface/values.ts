import { isIP } from 'node:net';
import { type Cidr, canonicalAddress, networkOf } from '../../model/network-address.ts';
import { StepArgumentError } from '../step.ts';

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
  return { address: canonicalAddress(plain), prefix, family: family === 4 ? 4 : 6 };
}

/** Throws unless it is an address, of this family if one is given; returns it as `ip` prints it. */
export function checkAddress(what: string, text: unknown, family?: 4 | 6): string {
  const found = typeof text === 'string' && !text.includes('%') ? isIP(text) : 0;
  if (found === 0 || (family !== undefined && found !== family)) {
    throw new StepArgumentError(`${what} ${JSON.stringify(text)} is not an ${family === undefined ? 'IP' : `IPv${family}`} address`);
  }
  return canonicalAddress(String(text));
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
