/** A machine on the way to a host, as `ProxyJump` names it: `[user@]host[:port]`. */
export interface SshHop {
  readonly host: string;
  /** Absent: as ssh_config says of this host, else the user who runs drover. */
  readonly user?: string;
  /** Absent: as ssh_config says of this host, else 22. */
  readonly port?: number;
}

/**
 * Options of ssh_config(5) that drover follows, as `-o`, flags of ssh(1) or a configuration file give them; an absent field was not given.
 * Paths and commands are as written: `~` and tokens such as `%h` are not expanded yet.
 */
export interface SshOptions {
  readonly hostName?: string;
  readonly port?: number;
  readonly user?: string;
  /** In the order in which they are tried; an empty list is `none`. */
  readonly identityFiles?: readonly string[];
  /** Offer only keys that `identityFiles` name, also of those in the agent. */
  readonly identitiesOnly?: boolean;
  /** Path of the agent's socket, `SSH_AUTH_SOCK` for the one of the environment, or null for `none`. */
  readonly identityAgent?: string | null;
  /** From the first machine to the last before the host; an empty list is `none`. */
  readonly proxyJump?: readonly SshHop[];
  /** A command line for the shell whose input and output are the connection; null is `none`. */
  readonly proxyCommand?: string | null;
  readonly userKnownHostsFiles?: readonly string[];
  readonly globalKnownHostsFiles?: readonly string[];
  /** `ask` and `yes` refuse unknown keys where nobody can be asked; `no` accepts any key, also a changed one. */
  readonly strictHostKeyChecking?: 'yes' | 'ask' | 'accept-new' | 'no';
  /** The name under which known_hosts holds the host's key. */
  readonly hostKeyAlias?: string;
  /** As written: a list, or one that starts with `+`, `-` or `^` and changes the default. */
  readonly hostKeyAlgorithms?: string;
  /** As written, like hostKeyAlgorithms. */
  readonly kexAlgorithms?: string;
  readonly ciphers?: string;
  readonly macs?: string;
  /** Longest wait for the connection, in seconds. */
  readonly connectTimeoutSec?: number;
  /** Seconds of silence after which a sign of life is asked for; 0 is never. */
  readonly serverAliveIntervalSec?: number;
  /** Unanswered signs of life after which the link counts as dead. */
  readonly serverAliveCountMax?: number;
}
