import type { Place } from './diagnostic.ts';
import type { Secret } from './secret.ts';
import type { SshHop, SshOptions } from './ssh-options.ts';

/** A value that YAML can hold. */
export type VarValue = string | number | boolean | null | readonly VarValue[] | { readonly [name: string]: VarValue };

/** Variables by name, as groups, hosts and plays define them. */
export type Vars = { readonly [name: string]: VarValue };

/** True for values that have named fields. */
export function isMapping(value: VarValue): value is Vars {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What happens with a host key that known_hosts does not hold: `strict` refuses it, `accept-new` records it. A changed key is always refused. */
export type HostKeyPolicy = 'strict' | 'accept-new';

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

/** How a host is reached. */
export interface ConnectionSettings {
  readonly transport: 'ssh' | 'local';
  /** Name or address to connect to. Default: the host's name. */
  readonly address: string;
  /** TCP port. Default 22. */
  readonly port: number;
  /** Login name. Default: the user who runs drover. */
  readonly user: string;
  /** Private key files, tried in order after the agent's keys. */
  readonly keyFiles: readonly string[];
  /** Path of the agent's socket, or null for none. Default `$SSH_AUTH_SOCK`. */
  readonly agentSocket: string | null;
  /** known_hosts files; new keys are appended to the first. */
  readonly knownHostsFiles: readonly string[];
  readonly hostKeyPolicy: HostKeyPolicy;
  /** Password for sudo, if one is known. */
  readonly becomePassword: Secret | null;
  readonly deadlines: Deadlines;
  /** What vars and arguments of ssh in them say themselves: it goes before ssh_config, which goes before the defaults. Absent: nothing. */
  readonly given?: SshOptions;
  /** The file to read in place of the user's and the system's ssh_config; `none` reads none. Absent: those. */
  readonly sshConfigFile?: string;
  /** Machines to go through, from the first to the last before the host. Absent or empty: none. */
  readonly jump?: readonly SshHop[];
  /** A command line whose input and output are the connection; tokens such as `%h` are not expanded yet. Absent: TCP. */
  readonly proxyCommand?: string;
  /** Password to log in with, if one is known. */
  readonly password?: Secret;
  /** What the host's vars say about privilege; it goes before what a play says. Absent: nothing. */
  readonly become?: HostBecome;
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

/** Privilege of a play's steps: run by sudo as `user`; null means as the login user. */
export interface Become {
  readonly method: 'sudo';
  /** Default `root`. */
  readonly user: string;
}

/** Every password that is known of a host, for what keeps them out of sight. */
export function passwordsOf({ connection }: Host): readonly string[] {
  return [connection.becomePassword, connection.password].flatMap((password) => password?.reveal() ?? []);
}
