import { z } from 'drover';
import { groupsOf, hasHostBits, isGlobalUnicast, isWithin } from './network.ts';

const endpoint = z.ipv4().refine((address) => !/^(0|127|22[4-9]|2[34]\d|25[0-5])\./.test(address), {
  message: 'an endpoint is a unicast address, not in 127.0.0.0/8',
});

const NOT_REACHED = 'no other host reaches such an address: take a global unicast one';

/** Parameters of the role. */
export const params = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/, { message: 'the name of an interface: at most 15 letters, digits, dots, _ and -' })
      .refine((name) => name !== 'sit0' && name !== 'lo', { message: 'sit0 and lo are the kernel’s own; take another name, such as sit1' })
      .default('sit1')
      .describe('Name of the tunnel’s interface'),
    remote: endpoint.describe('IPv4 address of the other end'),
    local: endpoint.describe('IPv4 address of this host that the tunnel comes from; behind NAT the private one'),
    ttl: z.int().min(1).max(255).default(64).describe('Time to live of the IPv4 packets'),
    mtu: z
      .int()
      .min(1280)
      .max(1480)
      .default(1480)
      .describe('Longest IPv6 packet in the tunnel; 20 bytes less than the way to the other end takes'),
    tunnelAddress: z
      .cidrv6({ abort: true })
      .refine((cidr) => /\/(64|127)$/.test(cidr), { message: 'the network of a tunnel has a prefix of 64 or 127 bits' })
      .refine((cidr) => isGlobalUnicast(cidr.split('/')[0] ?? ''), { message: NOT_REACHED })
      .refine((cidr) => cidr.endsWith('/127') || hasHostBits(cidr), {
        message: 'this is the network itself; give this host’s address in it, such as …::2/64',
      })
      .describe('This host’s IPv6 address in the network of the tunnel, with its prefix length (64 or 127)'),
    subnetAddresses: z
      .array(z.ipv6().refine(isGlobalUnicast, { message: NOT_REACHED }))
      .default([])
      .describe('Addresses of this host out of the subnet that is routed to it; outgoing connections come from the first'),
    sourcePreference: z
      .enum(['route-src', 'deprecate-tunnel', 'kernel'])
      .optional()
      .describe(
        'What makes outgoing connections come from the subnet’s address: the source of the routes (default), a tunnel address that is never preferred, or the kernel’s own choice (default on kernels before 3, which know neither)',
      ),
    routes: z
      .array(
        z
          .cidrv6({ abort: true })
          .refine((cidr) => !hasHostBits(cidr), { message: 'this has bits behind its prefix; a route leads to a network' }),
      )
      .default(['::/0'])
      .describe('Networks that are reached through the tunnel'),
    metric: z
      .int()
      .min(1)
      .max(4_294_967_295)
      .optional()
      .describe('Of these routes; needed beside another default route. Default: the kernel’s, 1024'),
    peer: z
      .ipv6()
      .optional()
      .describe('Address of the other end in the network of the tunnel; it must answer a ping at the end. Default: not asked'),
    renderer: z
      .enum(['networkd', 'ifupdown', 'networkmanager', 'ifcfg'])
      .optional()
      .describe('Network system that brings the tunnel up at boot. Default: the one that runs on the host'),
  })
  .superRefine(({ local, remote, tunnelAddress, subnetAddresses, routes, peer }, context) => {
    const wrong = (path: (string | number)[], message: string): void => context.addIssue({ code: 'custom', path, message });
    const own = sameFor(tunnelAddress.split('/')[0] ?? '');
    for (const index of twice(subnetAddresses.map(sameFor))) wrong(['subnetAddresses', index], 'this address is there twice');
    for (const index of twice(routes.map(sameFor))) wrong(['routes', index], 'this network is there twice');
    if (peer !== undefined && sameFor(peer) === own) wrong(['peer'], 'this is the host’s own address, which always answers');
    if (local === remote) wrong(['remote'], 'the other end is another host: remote must differ from local');
    for (const [index, address] of subnetAddresses.entries()) {
      if (isWithin(address, tunnelAddress)) {
        wrong(['subnetAddresses', index], `${address} is in the network of the tunnel, ${tunnelAddress}; the routed subnet is another one`);
      }
    }
    if (peer !== undefined && !isWithin(peer, tunnelAddress))
      wrong(['peer'], `${peer} is not in the network of the tunnel, ${tunnelAddress}`);
  });

/** However it is written. */
function sameFor(address: string): string {
  const [start = '', length = '128'] = address.split('/');
  return `${groupsOf(start).join(' ')}/${length}`;
}

/** Places of what stood further in front already. */
function twice(texts: readonly string[]): number[] {
  return texts.flatMap((text, index) => (texts.indexOf(text) < index ? [index] : []));
}

export type TunnelParams = z.output<typeof params>;
