import type { Place } from './diagnostic.ts';
import { Secret } from './secret.ts';
import type { SshOptions } from './ssh-options.ts';

/** A value that YAML can hold; one that is marked `!secret` is a Secret, which parameters give away as its text. */
export type VarValue = string | number | boolean | null | Secret | readonly VarValue[] | { readonly [name: string]: VarValue };

/** Variables by name, as groups, hosts and plays define them. */
export type Vars = { readonly [name: string]: VarValue };

/** True for values that have named fields. */
export function isMapping(value: VarValue): value is Vars {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Secret);
}

/**
 * What happens with a host key that known_hosts does not hold: `ask` asks once for all of a run where somebody can answer and else refuses it,
 * `strict` refuses it, `accept-new` records it. A changed key is always refused.
 */
export const HOST_KEY_POLICIES = ['strict', 'ask', 'accept-new'] as const;

export type HostKeyPolicy = (typeof HOST_KEY_POLICIES)[number];

/** Longest waits, each in milliseconds. */
export interface Deadlines {
  /** TCP connect, SSH handshake and host key check. Default 10 000. */
  readonly connectMs: number;
  /** Authentication, from the first attempt to the last. Default 15 000. */
  readonly authenticateMs: number;
  /** Opening a channel and starting the shell in it. Default 10 000. */
  readonly channelMs: number;
  /** From starting sudo to the shell behind it. Default 15 000. */
  readonly becomeMs: number;
  /** One batched read. Default 60 000. */
  readonly readMs: number;
  /** One action; package actions have a longer one of their own. Default 300 000. */
  readonly actionMs: number;
}

/** How hosts are reached: `ssh` by drover itself, `openssh` by the system's ssh(1), `local` is this machine. */
export const TRANSPORTS = ['ssh', 'openssh', 'local'] as const;

export type TransportName = (typeof TRANSPORTS)[number];

/** How a host is reached, as its vars and the operator say; what they leave open ssh_config and the defaults say. */
export interface ConnectionSettings {
  readonly transport: TransportName;
  /** Name or address to connect to, which Host lines of ssh_config may change. Default: the host's name. */
  readonly address: string;
  /** What vars and arguments of ssh in them say: it goes before ssh_config, which goes before the defaults. */
  readonly given: SshOptions;
  /** Arguments of ssh that only the system's can follow, for the transport `openssh`; the others are in `given`. */
  readonly sshArguments: readonly string[];
  /** The file to read in place of the user's and the system's ssh_config; `none` reads none; null: those. */
  readonly sshConfigFile: string | null;
  /** What the operator wants for all hosts; null: as vars and ssh_config say, else `ask`. */
  readonly hostKeyPolicy: HostKeyPolicy | null;
  /** Password to log in with, if one is known. */
  readonly password: Secret | null;
  /** Password for sudo, doas or su, if one is known. */
  readonly becomePassword: Secret | null;
  /** What the host's vars say about privilege; it goes before what a play says. */
  readonly become: HostBecome;
  /** The longest waits; that for connecting is the default of all machines on the way, and gives way to ConnectTimeout. */
  readonly deadlines: Deadlines;
}

/** Programs that give a command the rights of another user. */
export const BECOME_METHODS = ['sudo', 'doas', 'su'] as const;

export type BecomeMethod = (typeof BECOME_METHODS)[number];

/** Privilege as the vars of a host set it; an absent field is left to the play. */
export interface HostBecome {
  /** Whether steps run as another user at all. */
  readonly enabled?: boolean;
  readonly user?: string;
  readonly method?: BecomeMethod;
}

/** Where the vars of a host come from, for messages about them. */
export interface VarOrigins {
  /** Where the value that counts is defined; null for unknown names. */
  placeOf(name: string): Place | null;
  /** Files of this host's vars that ansible-vault encrypted as a whole: nobody knows which vars they define. */
  readonly encryptedFiles: readonly string[];
}

/** A managed machine: a name, the groups it is in (nearest last), its merged vars, and how to reach it. */
export interface Host {
  readonly name: string;
  readonly groups: readonly string[];
  readonly vars: Vars;
  readonly connection: ConnectionSettings;
  /** Absent for hosts that no inventory defines. */
  readonly origins?: VarOrigins;
}

/** Privilege of steps: run by `method` as `user`; null means as the login user. */
export interface Become {
  readonly method: BecomeMethod;
  /** Default `root`. */
  readonly user: string;
}

/** The privilege of steps on one host, of which a play or a flag wants this: the host's vars go before it, as in Ansible. */
export function becomeOn({ connection: { become: own } }: Host, wanted: Become | null): Become | null {
  if (!(own.enabled ?? wanted !== null)) return null;
  return { method: own.method ?? wanted?.method ?? 'sudo', user: own.user ?? wanted?.user ?? 'root' };
}

/** Every password that is known of a host, for what keeps them out of sight. */
export function passwordsOf({ connection }: Host): readonly string[] {
  return [connection.becomePassword, connection.password].flatMap((password) => password?.reveal() ?? []);
}
