import { address, type BaseFacts, defineRole, directory, file, type InterfaceAddress, line, type Step, sysctl, z } from 'drover';
import { containsAddress, interfacesStanza, networkUnit } from './persist.ts';

const SYSCTL_FILE = '/etc/sysctl.d/60-lo0-vip.conf';

const vip = z.ipv4().refine((value) => !value.startsWith('127.') && Number.parseInt(value, 10) < 224 && Number.parseInt(value, 10) > 0, {
  message: 'a service address is unicast and not in 127.0.0.0/8',
});

const params = z.strictObject({
  vips: z.array(vip).min(1).describe('Service addresses that this real server answers for'),
  prefix: z
    .literal(32, {
      message: 'the prefix must be 32: with any wider one on lo the kernel answers ARP for the whole network, and loses its own neighbours',
    })
    .default(32)
    .describe('Prefix length of the service addresses; only 32 is safe on lo'),
  arpIgnore: z
    .union([z.literal(1), z.literal(2)])
    .default(1)
    .describe('net.ipv4.conf.all.arp_ignore: 1 answers only for addresses of the incoming interface, 2 also checks the sender’s subnet'),
  renderer: z
    .enum(['networkd', 'ifupdown'])
    .optional()
    .describe('Network system that keeps the address over a reboot. Default: the one that runs on the host'),
});

/** Service address of IPVS direct routing on lo: /32, and never answered for by ARP. */
export default defineRole({
  name: 'lo0-vip',
  description: 'The service address of IPVS direct routing on lo: as /32, kept out of ARP, now and after a reboot',
  platforms: [{ family: 'debian', minVersion: 10 }],
  params,
  steps({ params: { vips, arpIgnore, renderer }, facts }) {
    const problem = vips.map((each) => conflict(each, facts)).find((found) => found !== null);
    if (problem !== undefined) return { refused: problem };
    const keeper = renderer ?? facts.network;
    if (keeper !== 'networkd' && keeper !== 'ifupdown') {
      return { refused: `no way is known to keep an address on lo with ${facts.network}; set renderer to networkd or ifupdown` };
    }
    return {
      // The settings come first: for as long as they are missing, a new address on lo is answered for by ARP.
      steps: [...arpSettings(arpIgnore), ...wider(vips, facts), ...live(vips), ...persistent(keeper, vips)],
    };
  },
});

/** Only `all` counts: for these two keys the kernel takes the larger of `all` and the incoming interface, never lo's (ip-sysctl, arp_ignore). */
function arpSettings(ignore: number): Step[] {
  return [
    sysctl({ key: 'net.ipv4.conf.all.arp_ignore', value: String(ignore), file: SYSCTL_FILE }),
    sysctl({ key: 'net.ipv4.conf.all.arp_announce', value: '2', file: SYSCTL_FILE }),
  ];
}

function live(vips: readonly string[]): Step[] {
  return vips.map((each, index) => address({ interface: 'lo', address: `${each}/32`, label: `lo:${index}` }));
}

/** Addresses on lo whose wider prefix holds a service address make the host answer ARP for all of it: they go. */
function wider(vips: readonly string[], facts: BaseFacts): Step[] {
  const wrong = facts.addresses.filter(
    (on) => on.interface === 'lo' && on.family === 'ipv4' && on.prefix < 32 && vips.some((each) => containsAddress(on, each)),
  );
  return wrong.map((on) => address({ interface: 'lo', address: `${on.address}/${on.prefix}`, state: 'absent' }));
}

function persistent(keeper: 'networkd' | 'ifupdown', vips: readonly string[]): Step[] {
  if (keeper === 'networkd') {
    return [
      directory({ path: '/etc/systemd/network', parents: true }),
      file({ path: '/etc/systemd/network/60-lo0-vip.network', content: networkUnit(vips), mode: '0644' }),
    ];
  }
  return [
    directory({ path: '/etc/network/interfaces.d', parents: true }),
    file({ path: '/etc/network/interfaces.d/lo0-vip', content: interfacesStanza(vips), mode: '0644' }),
    line({
      path: '/etc/network/interfaces',
      match: /^source(-directory)?\s+(\/etc\/network\/)?interfaces\.d/,
      line: 'source /etc/network/interfaces.d/*',
    }),
  ];
}

/** Why this address must not be taken; null when it may. */
function conflict(each: string, facts: BaseFacts): string | null {
  if (facts.sshConnection?.server === each) return `${each} is the address of the SSH connection that drover came by`;
  const owner = facts.addresses.find((on: InterfaceAddress) => on.address === each && on.interface !== 'lo');
  if (owner === undefined) return null;
  return `${each} is configured on ${owner.interface}: this host is the director, or the address is its own; a service address belongs on lo here`;
}
