import { address, type BaseFacts, command, interfaceFiles, type Step } from 'drover';
import type { DirectorParams } from './parameters.ts';

type Place = Pick<DirectorParams, 'vip' | 'vipPrefix' | 'interface' | 'networkFile'>;

/** The service address, now and after a reboot, by the host's own network system. */
export function serviceAddress(place: Place, facts: BaseFacts): Step[] {
  const { vip, vipPrefix, interface: name } = place;
  const label = facts.network === 'ifcfg' ? `${name}:vip` : undefined;
  const other = facts.addresses.filter((on) => on.address === vip && on.interface === name && on.prefix !== vipPrefix);
  return [
    ...other.map((on) => address({ interface: name, address: `${vip}/${on.prefix}`, state: 'absent' })),
    address({ interface: name, address: `${vip}/${vipPrefix}`, label, notify: 'announce the address' }),
    ...atBoot(place, facts.network),
  ];
}

/** Why the address cannot be kept over a reboot; null when it can. */
export function keeperProblem({ interface: name, networkFile }: Place, network: BaseFacts['network']): string | null {
  if (network === 'unknown') return 'no network system is known on this host that would keep the service address over a reboot';
  if (network !== 'networkd' || networkFile !== undefined) return null;
  return `systemd-networkd configures ${name}: say in networkFile which .network file does it (networkctl status ${name} shows it)`;
}

/** Neighbours and routers that know the address from another director learn where it is now. */
export function announcement({ vip, interface: name }: Place): Step {
  return command({
    name: `arping -U -I ${name} ${vip}`,
    command: ['sh', '-c', 'command -v arping >/dev/null || exit 0; arping -q -U -c 2 -I "$1" "$2" || true', 'sh', name, vip],
    always: true,
    affects: [],
  });
}

function atBoot({ vip, vipPrefix, interface: name, networkFile }: Place, network: BaseFacts['network']): Step[] {
  const cidr = `${vip}/${vipPrefix}`;
  if (network === 'unknown') return [];
  // One profile has all addresses of its interface, and its name is known to NetworkManager alone.
  if (network === 'networkmanager') return [inProfile(name, cidr)];
  const label = network === 'ifcfg' ? `${name}:vip` : undefined;
  const files = interfaceFiles({
    system: network,
    name,
    type: 'ethernet',
    id: 'ipvs-director',
    addresses: [{ address: cidr, label }],
    dropInFor: networkFile,
    comment: 'Service address of this director (role ipvs-director)',
  });
  return network === 'networkd' && networkFile !== undefined ? [configures(networkFile, name), ...files] : files;
}

/** A drop-in for another file would never be read; networkd says by which file it configures an interface (/run/systemd/netif/links). */
function configures(networkFile: string, name: string): Step {
  const script =
    'f=$(sed -n s/^NETWORK_FILE=//p "/run/systemd/netif/links/$(cat "/sys/class/net/$1/ifindex")"); ' +
    '[ "${f##*/}" = "$2" ] || { echo "systemd-networkd configures $1 by ${f:-no file}, not by $2"; exit 1; }';
  return command({ name: `${networkFile} configures ${name}`, command: ['sh', '-c', script, 'sh', name, networkFile], readOnly: true });
}

const PROFILE = 'p=$(nmcli -g GENERAL.CON-UUID device show "$1") && [ -n "$p" ]';

function inProfile(name: string, cidr: string): Step {
  return command({
    name: `NetworkManager keeps ${cidr} on ${name}`,
    command: [
      'sh',
      '-c',
      `{ ${PROFILE}; } || { echo "NetworkManager has no active profile on $1 that could keep the address (nmcli device)"; exit 1; }
nmcli connection modify "$p" +ipv4.addresses "$2"`,
      'sh',
      name,
      cidr,
    ],
    unless: [
      'sh',
      '-c',
      `${PROFILE} && nmcli -g ipv4.addresses connection show "$p" | tr -d ' ' | tr , '\\n' | grep -qxF "$2"`,
      'sh',
      name,
      cidr,
    ],
    affects: [],
  });
}
