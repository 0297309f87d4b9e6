import type { BaseFacts } from 'drover';

/** Why this service address must not be taken on this host; null when it may. */
export function conflict(vip: string, { addresses, sshConnection }: BaseFacts): string | null {
  if (sshConnection?.server === vip) return `${vip} is the address of the SSH connection that drover came by`;
  const owner = addresses.find((on) => on.address === vip && on.interface !== 'lo');
  if (owner === undefined) return null;
  return `${vip} is configured on ${owner.interface}: this host is the director, or the address is its own; a service address belongs on lo here`;
}

/** True where the prefix of an address holds another IPv4 address. */
export function containsAddress(prefix: { readonly address: string; readonly prefix: number }, other: string): boolean {
  const shift = 32 - prefix.prefix;
  return shift >= 32 || toNumber(prefix.address) >>> shift === toNumber(other) >>> shift;
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
