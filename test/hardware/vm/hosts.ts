/** What a host of the hardware lab is: the virtual machine itself, or a systemd-nspawn container inside it that shares its kernel. */
type HardwareHostKind = 'machine' | 'container';

/** One host as the image has it; the same in every run. */
export interface PlannedHost {
  readonly name: string;
  readonly kind: HardwareHostKind;
  /** Its group in the inventory. */
  readonly group: string;
  /** Its IPv4 address on the bridge inside of the virtual machine, which all hosts share. */
  readonly inside: string;
  /** Which network system configures it. */
  readonly network: 'networkd' | 'ifupdown';
  /** Whether nginx answers on port 80 with the host's name. */
  readonly isServingHttp: boolean;
}

/** A host of a running hardware lab as plain data that may cross process borders. */
export interface HardwareHost extends PlannedHost {
  /** Where this machine reaches its SSH server: a port that QEMU forwards. */
  readonly address: '127.0.0.1';
  readonly port: number;
  /** Login name of the inventory, with sudo without a password. */
  readonly user: 'drover';
}

/** Length of the network's prefix inside, and its router, which leads nowhere (QEMU's user networking, restricted). */
export const INSIDE = { prefixLength: 24, gateway: '10.0.2.2' } as const;

/** The disks after the root disk: their serial numbers, which udev makes /dev/disk/by-id/virtio-SERIAL of, and what is on each. */
export const DISKS = {
  blank: 'BLANK1',
  ext4: 'EXT4DISK1',
  partitioned: 'MSDOS1',
  lvm: 'LVMPV1',
} as const;

/** All hosts. `metal` has the BMC, the TPM and the disks. */
export const HOSTS: readonly PlannedHost[] = [
  host('metal', 'metal', 10, { kind: 'machine' }),
  host('lb1', 'directors', 11),
  host('real1', 'realservers', 12, { isServingHttp: true }),
  host('real2', 'realservers', 13, { isServingHttp: true }),
  host('tun1', 'tunnels', 14),
  host('tun2', 'tunnels', 15, { network: 'ifupdown' }),
  host('client', 'clients', 16),
];

function host(name: string, group: string, number: number, more: Partial<PlannedHost> = {}): PlannedHost {
  return { name, group, inside: `10.0.2.${number}`, kind: 'container', network: 'networkd', isServingHttp: false, ...more };
}
