import { address, type BaseFacts, defineRole, type Step, sysctl, verify, z } from 'drover';
import { conflict, containsAddress } from './conflict.ts';
import { type Keeper, keep, keeperOf, labelOf } from './keeper.ts';

const vip = z.ipv4().refine((value) => !value.startsWith('127.') && Number.parseInt(value, 10) < 224 && Number.parseInt(value, 10) > 0, {
  message: 'a service address is unicast and not in 127.0.0.0/8',
});

const params = z.strictObject({
  vips: z
    .array(vip)
    .min(1)
    .superRefine((all, context) => {
      for (const [index, each] of all.entries()) {
        if (all.indexOf(each) < index) context.addIssue({ code: 'custom', path: [index], message: 'this service address is there twice' });
      }
    })
    .describe('Service addresses that this real server answers for'),
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
    .enum(['networkd', 'ifupdown', 'networkmanager', 'ifcfg', 'unit'])
    .optional()
    .describe('What keeps the address over a reboot. Default: the network system of the host, or a unit where that leaves lo alone'),
  networkFile: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9@._-]*\.network$/, 'must be the name of a file such as 10-lo.network')
    .optional()
    .describe(
      'With systemd-networkd, where a .network file configures lo already: its name; the addresses are added to it. Default: none does',
    ),
  expectListeners: z
    .array(z.int().min(1).max(65_535))
    .default([])
    .describe('TCP ports on which a daemon must listen for every service address, or for all addresses; checked at the end'),
});

/** Service address of IPVS direct routing on lo: /32, and never answered for by ARP. */
export default defineRole({
  name: 'lo0-vip',
  description: 'The service address of IPVS direct routing on lo: as /32, kept out of ARP, now and after a reboot',
  platforms: [
    { family: 'debian', minVersion: 10 },
    { family: 'redhat', minVersion: 5 },
  ],
  params,
  steps({ params: { vips, arpIgnore, renderer, networkFile, expectListeners }, facts }) {
    const problem = vips.map((each) => conflict(each, facts)).find((found) => found !== null);
    if (problem !== undefined) return { refused: problem };
    const keeper = renderer ?? keeperOf(facts);
    if (keeper === null) return { refused: `no way is known to keep an address on lo with network system ${facts.network}; set renderer` };
    return {
      // The settings come first: for as long as they are missing, a new address on lo is answered for by ARP.
      steps: [...arpSettings(arpIgnore, facts), ...wider(vips, facts), ...live(vips, keeper), ...keep(keeper, vips, networkFile)],
      proofs: vips.flatMap((each) => expectListeners.map((port) => listens(each, port))),
    };
  },
});

/** Only `all` counts: for these two keys the kernel takes the larger of `all` and the incoming interface, never lo's (ip-sysctl, arp_ignore). */
function arpSettings(ignore: number, { os }: BaseFacts): Step[] {
  // Before Red Hat 7 nothing reads /etc/sysctl.d.
  const isOld = os.family === 'redhat' && Number.parseInt(os.version, 10) < 7;
  const file = isOld ? '/etc/sysctl.conf' : '/etc/sysctl.d/60-lo0-vip.conf';
  return [
    sysctl({ key: 'net.ipv4.conf.all.arp_ignore', value: String(ignore), file }),
    sysctl({ key: 'net.ipv4.conf.all.arp_announce', value: '2', file }),
  ];
}

function live(vips: readonly string[], keeper: Keeper): Step[] {
  return vips.map((each, index) => address({ interface: 'lo', address: `${each}/32`, label: labelOf(keeper, index) }));
}

/** Addresses on lo whose wider prefix holds a service address make the host answer ARP for all of it: they go. */
function wider(vips: readonly string[], facts: BaseFacts): Step[] {
  const wrong = facts.addresses.filter(
    (on) => on.interface === 'lo' && on.family === 'ipv4' && on.prefix < 32 && vips.some((each) => containsAddress(on, each)),
  );
  return wrong.map((on) => address({ interface: 'lo', address: `${on.address}/${on.prefix}`, state: 'absent' }));
}

/** Listening sockets as ss(8) or, on older hosts, netstat(8) shows them: bound to the address, or to all. ss has `[::]` for those of IPv6 alone. */
function listens(vip: string, port: number): Step {
  const where = `[[:space:]](${vip.replaceAll('.', '[.]')}|0[.]0[.]0[.]0|[*]|::):${port}[[:space:]]`;
  return verify({
    name: `something listens on ${vip}:${port}`,
    command: `{ ss -ltn 2>/dev/null || netstat -ltn; } | grep -Eq '${where}' || { echo 'nothing listens on ${vip}:${port}, nor on port ${port} of all addresses'; exit 1; }`,
  });
}
