import type { HostKeyPolicy } from '../../model/host.ts';
import type { Secret } from '../../model/secret.ts';
import type { ChosenAlgorithms } from './algorithms.ts';

/** One SSH connection on the way to a host, a jump host's or the host's own: everything is settled. */
export interface SshStop {
  /** As the inventory or ProxyJump names it. */
  readonly name: string;
  /** Name or IP address to connect to. */
  readonly address: string;
  readonly port: number;
  /** Login name. */
  readonly user: string;
  readonly keys: KeySettings;
  /** Password to log in with, if one is known. */
  readonly password: Secret | null;
  readonly hostKey: HostKeySettings;
  /** How the connection is protected. */
  readonly algorithms: ChosenAlgorithms;
  /** A command line for /bin/sh whose input and output are the connection; null: TCP, or through the stop before this one. */
  readonly proxyCommand: string | null;
  readonly keepalive: Keepalive;
  /** Longest wait for TCP connect, handshake and host key check, in milliseconds. */
  readonly connectMs: number;
  /** Longest authentication, in milliseconds. */
  readonly authenticateMs: number;
  /** IP version to connect by; 0: any. */
  readonly addressFamily: 0 | 4 | 6;
  /** Local address to connect from; null: the system's choice. */
  readonly bindAddress: string | null;
}

/** What to log in with. */
export interface KeySettings {
  /** Private key files in the order in which they are tried. */
  readonly files: readonly string[];
  /** False where the files are the defaults, of which nobody expects that they are all there. */
  readonly areNamed: boolean;
  /** Offer only keys that `files` name, also of those in the agent. */
  readonly only: boolean;
  /** Path of the agent's socket; null for none. */
  readonly agentSocket: string | null;
}

/** How a host's key is checked. */
export interface HostKeySettings {
  /** What known_hosts holds it by: the alias, the address, or `[address]:port`. */
  readonly name: string;
  /** known_hosts files; new keys are appended to the first. */
  readonly files: readonly string[];
  readonly policy: HostKeyPolicy;
  /** Algorithms to ask for, in order; null: all that the transport can, those first for which a key is known. */
  readonly algorithms: readonly string[] | null;
  /** Whether names are hidden where keys are recorded (HashKnownHosts). */
  readonly hashed: boolean;
}

/** Signs of life that are asked for on a silent link. */
export interface Keepalive {
  /** Milliseconds; 0: never. Default 10 000. */
  readonly intervalMs: number;
  /** Unanswered ones after which the link is lost, at the next that is due. Default 2: within 30 s. */
  readonly countMax: number;
}

/** The connections that lead to a host, the first one to make first, the host's own last. */
export type SshRoute = readonly [...SshStop[], SshStop];
