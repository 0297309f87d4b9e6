import { type BaseFacts, interfaceFiles, type Step, service, systemdUnit } from 'drover';

/** What keeps the addresses over a reboot. */
export type Keeper = 'networkd' | 'ifupdown' | 'networkmanager' | 'ifcfg' | 'unit';

const COMMENT = 'Service addresses for IPVS direct routing (role lo0-vip)';

/** The host's own network system; a unit where it does not manage lo. null: nothing is known. */
export function keeperOf({ network, os, init }: BaseFacts): Keeper | null {
  if (network === 'unknown') return init === 'systemd' ? 'unit' : null;
  return network === 'networkmanager' && !managesLoopback(os) ? 'unit' : network;
}

/** NetworkManager manages lo since 1.42: Debian 12, Ubuntu 23.04, Red Hat 9.2, and streams, whose version has no minor number. */
function managesLoopback({ family, id, idLike, version }: BaseFacts['os']): boolean {
  const [major = 0, minor] = version.split('.').map(Number);
  if (family === 'debian') return major >= ([id, ...idLike].includes('ubuntu') ? 23 : 12);
  return major > 9 || (major === 9 && (minor === undefined || minor >= 2));
}

/** Label of an address on lo, by its place in the list; NetworkManager gives none. */
export function labelOf(keeper: Keeper, index: number): string | undefined {
  return keeper === 'networkmanager' ? undefined : `lo:${index}`;
}

/** Brings the addresses up at boot, after the kernel parameters: network systems start behind systemd-sysctl, and behind rc.sysinit. */
export function keep(keeper: Keeper, vips: readonly string[], dropInFor: string | undefined): Step[] {
  if (keeper === 'unit') return byUnit(vips);
  const addresses = vips.map((vip, index) => ({ address: `${vip}/32`, label: labelOf(keeper, index) }));
  return interfaceFiles({ system: keeper, name: 'lo', type: 'loopback', id: 'lo0-vip', addresses, dropInFor, comment: COMMENT });
}

/** Enabled only: now the addresses are there already. */
function byUnit(vips: readonly string[]): Step[] {
  return [
    systemdUnit({
      name: 'lo0-vip',
      sections: {
        Unit: { Description: COMMENT, After: 'systemd-sysctl.service', Before: 'network.target' },
        Service: {
          Type: 'oneshot',
          RemainAfterExit: 'yes',
          ExecStart: vips.map((vip, index) => `/sbin/ip addr replace ${vip}/32 dev lo label lo:${index}`),
        },
        Install: { WantedBy: 'multi-user.target' },
      },
    }),
    service({ name: 'lo0-vip', enabled: true }),
  ];
}
