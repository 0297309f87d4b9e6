import type { Content } from './content.ts';
import type { DiskFact } from './disk-fact.ts';
import type { IpvsFact } from './ipvs-fact.ts';
import type { KernelParameterFact, ModuleConfigFact, ModuleFact } from './kernel-fact.ts';
import type { InterfaceFact, RouteFact } from './network-fact.ts';
import type { NoticeFact } from './notice-fact.ts';
import type { PostfixFact } from './postfix-fact.ts';
import type { SysfsFact } from './sysfs-fact.ts';

/** An address on an interface, as `ip -o addr` reports it. */
export interface InterfaceAddress {
  readonly interface: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly address: string;
  readonly prefix: number;
  readonly scope: string;
  /** Interface label such as `lo:0`, null where there is none. */
  readonly label: string | null;
}

export type OsFamily = 'debian' | 'redhat' | 'alpine' | 'suse' | 'arch' | 'other';
export type InitSystem = 'systemd' | 'openrc' | 'sysv' | 'none';
/** What configures the network at boot: NetworkManager, systemd-networkd, ifupdown, or Red Hat's ifcfg scripts. */
export type NetworkSystem = 'networkmanager' | 'networkd' | 'ifupdown' | 'ifcfg' | 'unknown';
export type PackageManager = 'apt' | 'dnf' | 'yum' | 'apk' | 'none';

/** What drover knows of every host before it asks a role for steps. */
export interface BaseFacts {
  readonly hostname: string;
  readonly kernel: { readonly name: string; readonly release: string; readonly machine: string };
  /** From /etc/os-release (os-release(5)); empty strings where the file has no such field. */
  readonly os: {
    readonly family: OsFamily;
    readonly id: string;
    readonly idLike: readonly string[];
    readonly version: string;
    readonly codename: string;
    readonly name: string;
  };
  readonly init: InitSystem;
  readonly packageManager: PackageManager;
  /** The network system that runs now, judged by what it keeps under /run, then by what is installed. */
  readonly network: NetworkSystem;
  readonly addresses: readonly InterfaceAddress[];
  /** /proc/sys/kernel/random/boot_id: differs after every boot. */
  readonly bootId: string;
  /** `$SSH_CONNECTION`: the connection drover itself came by, null for a local host. */
  readonly sshConnection: { readonly client: string; readonly server: string; readonly serverPort: number } | null;
  /** Whose rights the play's steps run with. */
  readonly as: { readonly user: string; readonly group: string; readonly uid: number; readonly home: string };
  /** True where the utilities are busybox's applets (no getent, useradd, …). */
  readonly busybox: boolean;
}

/** What is at a path, not following a final symbolic link. Modes are four octal digits, such as `0644`. */
export type FileFact =
  | { readonly type: 'absent' }
  | { readonly type: 'file'; readonly mode: string; readonly owner: string; readonly group: string; readonly content: Content | null }
  | { readonly type: 'directory'; readonly mode: string; readonly owner: string; readonly group: string }
  | { readonly type: 'link'; readonly target: string; readonly owner: string; readonly group: string; readonly toDirectory: boolean }
  | { readonly type: 'other'; readonly what: string };

/** A package. `candidate` is asked for only by `latest`; null means unknown. */
export interface PackageFact {
  /** False also for a removed package whose configuration is left, and for one that was unpacked but never configured. */
  readonly installed: boolean;
  /** null where it is not installed. */
  readonly version: string | null;
  readonly candidate: string | null;
}

/** A unit or service. On SysV hosts `load` is `loaded` when there is an init script. */
export interface ServiceFact {
  readonly load: 'loaded' | 'not-found' | 'masked' | 'other';
  readonly active: 'active' | 'inactive' | 'failed' | 'other';
  /** systemd's UnitFileState (systemctl(1), `is-enabled`), or `enabled`/`disabled` by runlevel links. */
  readonly enabled: string;
  /** True where the unit file changed on disk after systemd last read it. */
  readonly needsReload: boolean;
  /** Changes with every start (systemd InvocationID; empty on SysV). */
  readonly invocation: string;
  /** True for a oneshot without RemainAfterExit (systemd.service(5)): it ends by itself and is never found active. */
  readonly ends: boolean;
}

export interface UserFact {
  readonly exists: boolean;
  readonly uid: number | null;
  /** Primary group's name. */
  readonly group: string | null;
  /** Supplementary groups, sorted. */
  readonly groups: readonly string[];
  readonly comment: string | null;
  readonly home: string | null;
  readonly shell: string | null;
}

export interface GroupFact {
  readonly exists: boolean;
  readonly gid: number | null;
}

/** A kernel parameter's live value, white space folded; null where the key does not exist. */
export interface SysctlFact {
  readonly value: string | null;
  /** Lines of sysctl.d(5) files and /etc/sysctl.conf that set it, in the order in which they are read at boot. */
  readonly settings?: readonly SysctlSetting[];
}

/** A line of a configuration file that sets a kernel parameter. */
export interface SysctlSetting {
  readonly file: string;
  readonly value: string;
}

/** Result of a guard or read-only command that was run while reading. */
export interface GuardFact {
  readonly exitCode: number;
  readonly output: string;
}

/** An address on an interface; the key is `interface address/prefix`, null label where there is none. */
export interface AddressFact {
  readonly present: boolean;
  /** False where the host has no such interface. */
  readonly hasInterface: boolean;
  readonly label: string | null;
  readonly scope: string | null;
  /** IPv6: its preferred lifetime is over, so that it is not chosen as source where there is another. */
  readonly deprecated: boolean;
}

/** The value type of every kind of fact. */
export interface FactValues {
  readonly file: FileFact;
  readonly package: PackageFact;
  readonly service: ServiceFact;
  readonly user: UserFact;
  readonly group: GroupFact;
  readonly sysctl: SysctlFact;
  readonly guard: GuardFact;
  readonly address: AddressFact;
  readonly interface: InterfaceFact;
  readonly route: RouteFact;
  readonly disk: DiskFact;
  readonly postfix: PostfixFact;
  readonly sysfs: SysfsFact;
  readonly ipvs: IpvsFact;
  readonly module: ModuleFact;
  readonly moduleConfig: ModuleConfigFact;
  readonly kernelParameter: KernelParameterFact;
  readonly notice: NoticeFact;
}

export type FactKind = keyof FactValues;

/** Names one fact: a kind and its key (path, package, unit, user, …). */
export interface FactRef<K extends FactKind = FactKind> {
  readonly kind: K;
  readonly key: string;
}

/** A fact to read, with how much of it. Requests for the same fact are merged: the one that needs most wins. */
export interface FactRequest<K extends FactKind = FactKind> extends FactRef<K> {
  /**
   * Files: `always` brings the bytes, `{ unless }` brings them only if the SHA-256 differs from the given one.
   * Default: metadata only (and the digest where any request asks for content).
   */
  readonly content?: 'always' | { readonly unless: string };
  /** Packages: also ask the package manager for the newest version it knows. */
  readonly candidate?: boolean;
}

/** What is known of a fact: its value, that only an earlier action decides it, or why it could not be read. */
export type FactState<V = FactValues[FactKind]> =
  | { readonly state: 'known'; readonly value: V }
  | { readonly state: 'unknown'; readonly because: string }
  | { readonly state: 'unreadable'; readonly reason: string };

/** The facts that a step's `plan` may look at: those it asked for in `reads`, all of them known. */
export interface FactView {
  readonly base: BaseFacts;
  get<K extends FactKind>(kind: K, key: string): FactValues[K];
}

/** Matches every value: part of a prediction that only the host decides (a new uid, an installed version). */
export const ANY: unique symbol = Symbol.for('drover.any') as never;
export type Any = typeof ANY;

/** A value in which any part may be ANY. */
export type Expected<V> = V extends readonly unknown[]
  ? V | Any
  : V extends object
    ? { readonly [P in keyof V]: Expected<V[P]> | Any }
    : V | Any;

export function factId(ref: FactRef): string {
  return `${ref.kind} ${ref.key}`;
}
