/** What kind of machine a lab host is: Debian with systemd and sshd, the same with dnf and rpm in place of apt and dpkg, or busybox and dropbear with nothing else. */
export type LabHostKind = 'debian' | 'redhat' | 'busybox';

/** One host of a lab fleet, as plain data that may cross process borders. */
export interface LabHost {
  readonly name: string;
  readonly kind: LabHostKind;
  /** Its address on the fleet's own bridge. */
  readonly address: string;
  readonly port: number;
  /** Login name of the inventory: `drover` (sudo without a password) where there is sudo, `root` on busybox. */
  readonly user: string;
  /** The inventory's groups of this host, outermost first. */
  readonly groups: readonly string[];
  /** Name of the container, unique on this machine; its link on the bridge is `vb-MACHINE`. */
  readonly machine: string;
  /** Folder with the host's overlay (`upper`, `work`, `merged`), console log and supervisor's pid. */
  readonly directory: string;
}

/** A running fleet as plain data: what another process needs to use it. */
export interface FleetData {
  /** What the starter called it; for messages only. */
  readonly name: string;
  /** 1 to 99: the fleet's place on this machine. Bridge `dlN`, network 10.213.N.0/24, control group `drover-lab-N`. */
  readonly number: number;
  readonly directory: string;
  readonly bridge: string;
  /** This machine's own address on the bridge. */
  readonly gateway: string;
  readonly hosts: readonly LabHost[];
  /** Hosts that have a disk and a key, are in no inventory, and are off until a test resets them. */
  readonly spares: readonly LabHost[];
  /** Private key (ed25519, no passphrase) that every login name of every host accepts. */
  readonly keyFile: string;
  /** known_hosts with the key of every host, read from the hosts' disks. */
  readonly knownHostsFile: string;
  /** YAML inventory with addresses, login names, ports and the key file. */
  readonly inventoryFile: string;
  /** Folder of .deb files and their index that the Debian hosts see as an apt source. */
  readonly aptDirectory: string;
  /** Folder of .rpm files and their metadata that the Red Hat-like host sees as a dnf repository. */
  readonly rpmDirectory: string;
  /** Milliseconds from the cached roots to the SSH banner of the last host; with hosts that are off at first, to the last one's disk. */
  readonly startMs: number;
  /** The shared read-only roots, by kind of host. */
  readonly roots: Readonly<Record<LabHostKind, string>>;
}

/** What a fleet is made of. */
export interface FleetOptions {
  /** Number of Debian hosts: the first half are `web01…`, the rest `db01…`. At most 180. */
  readonly hosts: number;
  /** Whether to add the host `busybox`. */
  readonly busybox: boolean;
  /** Whether to add the host `el9`. Default: no. */
  readonly redhat?: boolean;
  /** Number of Debian hosts `lb01…` besides, which are off at first. Default 0. */
  readonly balancers?: number;
  /** Whether all hosts are off at first, each until it is reset. Default: no. */
  readonly asleep?: boolean;
  /** Word for messages and the state folder. Default `lab`. */
  readonly name?: string;
  /** Takes progress lines. Default: none are written. */
  readonly log?: (line: string) => void;
}

/** Password of the user `askpass` on Debian hosts, whose sudo asks for it. */
export const ASKPASS_PASSWORD = 'correct horse battery staple';

/** Whether hosts of a kind have systemd, sshd and sudo, and log in as `drover`. */
export function hasSystemd(kind: LabHostKind): boolean {
  return kind !== 'busybox';
}
