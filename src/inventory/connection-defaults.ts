import type { ConnectionSettings, Deadlines } from '../model/host.ts';

/** How hosts are reached where no var says otherwise; the address defaults to the host's name. */
export type ConnectionDefaults = Omit<ConnectionSettings, 'address'>;

/** The longest waits where no var says otherwise, in milliseconds. */
export const DEFAULT_DEADLINES: Deadlines = {
  connectMs: 10_000,
  authenticateMs: 15_000,
  channelMs: 10_000,
  becomeMs: 15_000,
  readMs: 60_000,
  actionMs: 300_000,
};

/** What the defaults depend on. */
export interface Operator {
  /** Login name of the user who runs drover. */
  readonly user: string;
  /** Home directory, an absolute path. */
  readonly home: string;
  /** `$SSH_AUTH_SOCK`, or null. */
  readonly agentSocket: string | null;
}

/**
 * OpenSSH's defaults (ssh_config(5): IdentityFile, UserKnownHostsFile, GlobalKnownHostsFile) with strict host keys:
 * port 22, the agent, then `~/.ssh/id_ed25519`, `id_ecdsa`, `id_rsa`.
 */
export function connectionDefaults({ user, home, agentSocket }: Operator): ConnectionDefaults {
  return {
    transport: 'ssh',
    port: 22,
    user,
    keyFiles: ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => `${home}/.ssh/${name}`),
    agentSocket,
    knownHostsFiles: [`${home}/.ssh/known_hosts`, '/etc/ssh/ssh_known_hosts'],
    hostKeyPolicy: 'strict',
    becomePassword: null,
    deadlines: DEFAULT_DEADLINES,
  };
}
