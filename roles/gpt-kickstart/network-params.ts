import { z } from 'drover';

const NAME = /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;

/** A host name; what ends in a number is an address, and maybe a wrong one (RFC 1123, section 2.1). */
export function hostName(message: string): z.ZodString {
  return z.string().refine((text) => NAME.test(text) && !/(^|\.)\d+$/.test(text), message);
}

/** A word that means the same to a kickstart line and to the shell of `%pre`. */
export const word: z.ZodString = z.string().regex(/^[A-Za-z0-9._:=,@/+-]+$/, 'must be one word of letters, digits and . _ : = , @ / + -');

/** One network line. */
export const network = z.strictObject({
  bootproto: z.enum(['dhcp', 'static']).default('dhcp').describe('static needs ip, netmask and gateway'),
  device: word.optional().describe('Interface name, MAC address, link, or bootif (from el7 on)'),
  ip: z.ipv4().optional().describe('Address, with static'),
  netmask: z.ipv4().refine(isNetmask, 'must be a netmask, such as 255.255.255.0').optional().describe('Netmask, with static'),
  gateway: z.ipv4().optional().describe('Default gateway, with static'),
  nameservers: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .default([])
    .describe('Name servers'),
  hostname: hostName('must be a host name').optional().describe('Host name of the new machine'),
  onboot: z.boolean().default(true).describe('Brought up at boot'),
});

type Network = z.output<typeof network>;

/** What is wrong with one key of a line. */
export interface NetworkIssue {
  readonly key: 'ip' | 'netmask' | 'gateway';
  readonly message: string;
}

/** What the keys of a line demand of each other. */
export function lineIssues({ bootproto, ...line }: Network): NetworkIssue[] {
  const needed = ['ip', 'netmask', 'gateway'] as const;
  const wrong = needed.filter((key) => (bootproto === 'static') === (line[key] === undefined));
  const message = bootproto === 'static' ? 'is needed with bootproto static' : 'is for bootproto static';
  return wrong.length > 0 ? wrong.map((key) => ({ key, message })) : gatewayIssues(line);
}

/** With /32 the gateway can be nowhere else. */
function gatewayIssues({ ip, netmask, gateway }: Pick<Network, 'ip' | 'netmask' | 'gateway'>): NetworkIssue[] {
  if (ip === undefined || netmask === undefined || gateway === undefined) return [];
  if (gateway === ip) return [{ key: 'gateway', message: 'is the address of the machine itself' }];
  const mask = numberOf(netmask);
  const isNear = netmask === '255.255.255.255' || and(numberOf(ip), mask) === and(numberOf(gateway), mask);
  return isNear ? [] : [{ key: 'gateway', message: `is not in the network of ${ip} with netmask ${netmask}` }];
}

function numberOf(address: string): bigint {
  return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function and(one: bigint, other: bigint): bigint {
  return one & other;
}

/** Ones, then zeros, and not zeros alone. */
function isNetmask(text: string): boolean {
  return /^1+0*$/.test(numberOf(text).toString(2).padStart(32, '0'));
}
