import {
  address,
  type BaseFacts,
  command,
  defineRole,
  type InterfaceSystem,
  interfaceFiles,
  route,
  type Step,
  tunnel,
  verify,
} from 'drover';
import { givesWay, ipv6IsOn, otherPrefixes, sessionOver } from './found.ts';
import { isWithin, neighbourOf, plainAddress } from './network.ts';
import { params, type TunnelParams } from './params.ts';

const RELOAD = 'read the network files';

/** The kernel's, written into files as well: each network system has a default of its own. */
const METRIC = 1024;

/** A 6in4 tunnel with an address of the subnet that is routed through it, which outgoing connections prefer. */
export default defineRole({
  name: 'ipv6-tunnel',
  description: 'IPv6 through an IPv4 tunnel (6in4), with outgoing connections from an address of the routed subnet, now and after a reboot',
  platforms: [
    { family: 'debian', minVersion: 10 },
    { family: 'redhat', minVersion: 5 },
  ],
  params,
  steps({ params: wanted, facts, allow }) {
    const system = wanted.renderer ?? facts.network;
    if (system === 'unknown') return { refused: 'the host’s network system is not known; set renderer' };
    const preference = preferenceOf(wanted, facts);
    const other = otherPrefixes(wanted, facts);
    const problem = noSuchAddress(wanted.local, facts) ?? unsaid(wanted, { system, preference, facts }) ?? sessionOver(other, facts, allow);
    if (problem !== null) return { refused: problem };
    const reload = reloading(system, wanted.name, facts);
    return {
      steps: [
        ipv6IsOn(wanted.name),
        ...other.map(givesWay),
        ...live(wanted, preference, allow.disconnect),
        ...atBoot(wanted, { system, preference, notify: reload === null ? undefined : RELOAD }),
      ],
      ...(reload === null ? {} : { handlers: { [RELOAD]: reload } }),
      proofs: [...proofs(wanted, preference), ...(system === 'networkd' && reload !== null ? [configuredBy(wanted.name)] : [])],
    };
  },
});

type Preference = NonNullable<TunnelParams['sourcePreference']>;

/** IPv6 routes have a preferred source since Linux 3.0. */
function isOldKernel({ kernel }: BaseFacts): boolean {
  return Number.parseInt(kernel.release, 10) < 3;
}

function preferenceOf({ sourcePreference }: TunnelParams, facts: BaseFacts): Preference {
  return sourcePreference ?? (isOldKernel(facts) ? 'kernel' : 'route-src');
}

/** The kernel sends tunnel packets from any address it is told; without this one nothing would come back. */
function noSuchAddress(local: string, { addresses }: BaseFacts): string | null {
  const own = addresses.filter((each) => each.family === 'ipv4' && !each.address.startsWith('127.'));
  if (own.some((each) => each.address === local)) return null;
  const list = own.map((each) => `${each.address} (${each.interface})`).join(', ');
  return `${local} is no address of this host, so a tunnel cannot come from it (local); it has ${list === '' ? 'none' : list}`;
}

interface Choice {
  readonly system: InterfaceSystem;
  readonly preference: Preference;
}

/** What the host's kernel or the files of its network system cannot say; null when they can. */
function unsaid({ ttl }: TunnelParams, { system, preference, facts }: Choice & { readonly facts: BaseFacts }): string | null {
  if (preference === 'route-src' && isOldKernel(facts)) {
    return `kernel ${facts.kernel.release} knows no preferred source of IPv6 routes; set sourcePreference to kernel`;
  }
  if (preference === 'deprecate-tunnel' && (system === 'networkmanager' || system === 'ifcfg')) {
    return `the files of ${system} cannot make an address deprecated; set sourcePreference to route-src or kernel`;
  }
  if (system === 'ifcfg' && ttl !== 64)
    return `network-scripts give every tunnel the host's default ttl, 64; a ttl of ${ttl} would not last`;
  return null;
}

/** The tunnel's own address comes first: where the kernel has no other reason it prefers the one that was added last. */
function live(wanted: TunnelParams, preference: Preference, overSession: boolean): Step[] {
  const { name, local, remote, ttl, mtu, tunnelAddress, subnetAddresses, routes, metric } = wanted;
  const on = { interface: name, madeBefore: true, overSession };
  return [
    tunnel({ name, local, remote, ttl, mtu, overSession }),
    address({ ...on, address: tunnelAddress, deprecated: preference === 'deprecate-tunnel' }),
    ...subnetAddresses.map((each) => address({ ...on, address: `${each}/128`, deprecated: false })),
    ...routes.map((to) => route({ to, device: name, source: sourceOf(wanted, preference), metric, overSession })),
  ];
}

/** ifupdown reads no files with a dot in their names. */
function idOf(name: string): string {
  return name.replaceAll('.', '-');
}

function sourceOf({ subnetAddresses }: TunnelParams, preference: Preference): string | undefined {
  return preference === 'route-src' ? subnetAddresses[0] : undefined;
}

function atBoot(wanted: TunnelParams, { system, preference, notify }: Choice & { readonly notify: string | undefined }): Step[] {
  const { name, local, remote, ttl, mtu, tunnelAddress, subnetAddresses, routes, metric = METRIC } = wanted;
  return interfaceFiles({
    system,
    name,
    type: 'tunnel',
    id: idOf(name),
    tunnel: { local, remote, ttl, mtu },
    addresses: [
      { address: tunnelAddress, deprecated: preference === 'deprecate-tunnel' },
      ...subnetAddresses.map((each) => ({ address: `${each}/128` })),
    ],
    routes: routes.map((to) => ({ to, metric, source: sourceOf(wanted, preference) })),
    comment: 'IPv6 tunnel (role ipv6-tunnel)',
    notify,
  });
}

/**
 * Network systems that keep running learn of the files, so that they do not bring back what was before. They find the tunnel as the files
 * have it. networkctl can do so since systemd 244; ifupdown and network-scripts only act at boot.
 */
function reloading(system: InterfaceSystem, name: string, { os }: BaseFacts): Step | null {
  if (system === 'networkd' && !(os.id === 'debian' && Number.parseInt(os.version, 10) < 11)) {
    return command({ name: RELOAD, command: networkctlReload(name), always: true });
  }
  if (system === 'networkmanager') {
    return command({ name: RELOAD, command: 'if systemctl -q is-active NetworkManager; then nmcli connection reload; fi', always: true });
  }
  return null;
}

/** systemd-networkd takes the interface up anew after it has answered: what is looked at next must not be seen half-way. */
function networkctlReload(name: string): string {
  return `systemctl -q is-active systemd-networkd || exit 0
networkctl reload
n=0
until sleep 1; networkctl list --no-legend ${name} | grep -q ' configured'; do n=$((n+1)); [ $n -lt 20 ] || exit 0; done`;
}

/** Of the .network files that match an interface only the first by name counts: one of netplan or for all names may stand before ours. */
function configuredBy(name: string): Step {
  const own = `60-${idOf(name)}.network`;
  const text = `systemctl -q is-active systemd-networkd || exit 0
n=0 f=
while i=$(cat "/sys/class/net/$1/ifindex" 2>/dev/null) && f=$(sed -n s/^NETWORK_FILE=//p "/run/systemd/netif/links/$i" 2>/dev/null); [ "\${f##*/}" != "$2" ]; do
  [ -n "$i" ] && [ -z "$f" ] && [ $n -lt 20 ] || { echo "systemd-networkd configures $1 by \${f:-no file}, not by $2: of the files that match it only the first by name counts"; exit 1; }
  n=$((n+1)); sleep 0.25
done`;
  return verify({ name: `systemd-networkd goes by ${own}`, command: ['sh', '-c', text, 'sh', name, own] });
}

function proofs(wanted: TunnelParams, preference: Preference): Step[] {
  const { subnetAddresses, tunnelAddress, routes, peer, name } = wanted;
  const [first] = subnetAddresses;
  const probe = probeOf(tunnelAddress, routes);
  const chosen =
    first === undefined || probe === null || preference === 'kernel'
      ? []
      : [
          verify({
            name: `connections come from ${plainAddress(first)}`,
            command: `ip -6 route get ${probe} | { read -r line; case "$line " in *' dev ${name} '*'src ${plainAddress(first)} '*) ;; *) echo "$line"; exit 1;; esac; }`,
          }),
        ];
  const answers =
    peer === undefined
      ? []
      : [
          verify({
            name: `${plainAddress(peer)} answers`,
            command: `if command -v ping6 >/dev/null; then p=ping6; else p='ping -6'; fi; $p -c 1 -w 10 ${plainAddress(peer)}`,
          }),
        ];
  return [...chosen, ...answers];
}

/** The destination that is hardest to get right, where a route leads to it; otherwise one behind the first route. */
function probeOf(tunnelAddress: string, routes: readonly string[]): string | null {
  const hardest = neighbourOf(tunnelAddress);
  if (routes.some((each) => isWithin(hardest, each))) return hardest;
  const [first] = routes;
  return first === undefined ? null : (first.split('/')[0] ?? null);
}
