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

/** Hosts are reached by drover's own SSH as vars and ssh_config say. */
export const CONNECTION_DEFAULTS: ConnectionDefaults = {
  transport: 'ssh',
  given: {},
  sshArguments: [],
  sshConfigFile: null,
  hostKeyPolicy: null,
  password: null,
  becomePassword: null,
  become: {},
  deadlines: DEFAULT_DEADLINES,
};
