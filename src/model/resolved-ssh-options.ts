import type { SshOptions } from './ssh-options.ts';

/**
 * What ssh_config(5) and given options make of one host: names, paths and commands are expanded and ready for use.
 * An absent field means that nobody says anything.
 */
export interface ResolvedSshOptions
  extends Said<Omit<SshOptions, 'hostName' | 'hostKeyAlgorithms' | 'kexAlgorithms' | 'ciphers' | 'macs'>> {
  /** Name or address to connect to; lower case. */
  readonly hostName: string;
  /** OpenSSH's default list as the option changes it, or the option's own list; wildcards are expanded. */
  readonly hostKeyAlgorithms?: readonly string[] | undefined;
  /** Of those that drover's own SSH knows; its default where an option changes that. */
  readonly kexAlgorithms?: readonly string[] | undefined;
  readonly ciphers?: readonly string[] | undefined;
  readonly macs?: readonly string[] | undefined;
  /** User certificates to offer besides those that lie beside identity files. */
  readonly certificateFiles?: readonly string[] | undefined;
  /** Whether names are hashed where new keys are recorded in known_hosts. Default no. */
  readonly hashKnownHosts?: boolean | undefined;
  /** IP version to connect by. Default: any. */
  readonly addressFamily?: 4 | 6 | undefined;
  /** Local address to connect from. */
  readonly bindAddress?: string | undefined;
}

type Said<T> = { readonly [K in keyof T]?: T[K] | undefined };
