/** The vars that set each connection setting; of several that are set the first counts, so drover's own names win over Ansible's. */
export const CONNECTION_VARS = {
  address: ['drover_host', 'ansible_host', 'ansible_ssh_host'],
  port: ['drover_port', 'ansible_port', 'ansible_ssh_port'],
  user: ['drover_user', 'ansible_user', 'ansible_ssh_user'],
  keyFile: ['drover_key_file', 'ansible_ssh_private_key_file', 'ansible_private_key_file'],
  transport: ['drover_transport', 'ansible_connection'],
  becomePassword: ['drover_become_password', 'ansible_become_password', 'ansible_become_pass', 'ansible_sudo_pass'],
  hostKeyPolicy: ['drover_host_key_policy'],
  knownHostsFile: ['drover_known_hosts_file'],
  deadlines: ['drover_deadlines'],
} as const;

export type ConnectionVar = keyof typeof CONNECTION_VARS;

/** Every name that drover itself gives a meaning to; other names that start with `drover_` are mistakes. */
export const DROVER_VARS: readonly string[] = Object.values(CONNECTION_VARS)
  .flat()
  .filter((name) => name.startsWith('drover_'));

const IN_THE_PLAY = 'say become in the play';
const NO_SSH_ARGS = 'drover does not run the ssh command; ProxyJump and its like come later';
const NO_PASSWORD_LOGIN = 'log in with a key file or an agent';

/** Vars of Ansible that change how a host is reached and that drover cannot follow yet, with what to do; they are refused, never ignored. */
export const UNSUPPORTED_VARS: ReadonlyMap<string, string> = new Map([
  ['ansible_become', IN_THE_PLAY],
  ['ansible_become_user', IN_THE_PLAY],
  ['ansible_become_exe', 'drover runs sudo by its name'],
  ['ansible_become_flags', 'drover chooses the flags of sudo itself'],
  ['ansible_password', NO_PASSWORD_LOGIN],
  ['ansible_ssh_pass', NO_PASSWORD_LOGIN],
  ['ansible_ssh_password', NO_PASSWORD_LOGIN],
  ['ansible_ssh_args', NO_SSH_ARGS],
  ['ansible_ssh_common_args', NO_SSH_ARGS],
  ['ansible_ssh_extra_args', NO_SSH_ARGS],
]);

/** Keys of `drover_deadlines`, each in seconds, and the setting each sets. */
export const DEADLINE_KEYS = {
  connect: 'connectMs',
  authenticate: 'authenticateMs',
  channel: 'channelMs',
  become: 'becomeMs',
  read: 'readMs',
  action: 'actionMs',
} as const;
