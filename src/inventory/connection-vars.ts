/**
 * The vars that set each connection setting; of several that are set the first counts, so drover's own names win over Ansible's.
 * Ansible's are in the order in which they win there (`ansible-doc -t connection ssh`: of the names of an option the last).
 */
export const CONNECTION_VARS = {
  address: ['drover_host', 'ansible_ssh_host', 'ansible_host'],
  port: ['drover_port', 'ansible_ssh_port', 'ansible_port'],
  user: ['drover_user', 'ansible_ssh_user', 'ansible_user'],
  keyFile: ['drover_key_file', 'ansible_ssh_private_key_file', 'ansible_private_key_file'],
  password: ['drover_password', 'ansible_ssh_password', 'ansible_ssh_pass', 'ansible_password'],
  transport: ['drover_transport', 'ansible_connection'],
  become: ['drover_become', 'ansible_become'],
  becomeUser: ['drover_become_user', 'ansible_sudo_user', 'ansible_become_user'],
  becomeMethod: ['drover_become_method', 'ansible_become_method'],
  becomePassword: ['drover_become_password', 'ansible_sudo_pass', 'ansible_become_pass', 'ansible_become_password'],
  hostKeyPolicy: ['drover_host_key_policy', 'ansible_ssh_host_key_checking', 'ansible_host_key_checking'],
  knownHostsFile: ['drover_known_hosts_file'],
  deadlines: ['drover_deadlines'],
} as const;

export type ConnectionVar = keyof typeof CONNECTION_VARS;

/** Vars that hold arguments of ssh: of an option the first that gives it counts, and the setting's own vars count after the first two of these. */
export const SSH_ARGUMENT_VARS = ['drover_ssh_args', 'ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args'] as const;

/** How many of SSH_ARGUMENT_VARS go before the settings' own vars, as they do on the command line that Ansible makes. */
export const ARGUMENTS_BEFORE_SETTINGS = 2;

/** Vars whose values only the connection sees: neither roles nor `{{ }}` do. */
export const HIDDEN_VARS: readonly string[] = [...CONNECTION_VARS.password, ...CONNECTION_VARS.becomePassword];

/** Every name that drover itself gives a meaning to; other names that start with `drover_` are mistakes. */
export const DROVER_VARS: readonly string[] = [...Object.values(CONNECTION_VARS).flat(), ...SSH_ARGUMENT_VARS].filter((name) =>
  name.startsWith('drover_'),
);

const OWN_FLAGS = 'drover chooses the flags itself';
const OWN_PROGRAM = 'drover runs it by its name';
const ANY_METHOD = 'name the user in ansible_become_user and the password in ansible_become_password';

/** Vars of Ansible that change how a host is reached and that drover cannot follow, with what to do; they are refused, never ignored. */
export const UNSUPPORTED_VARS: ReadonlyMap<string, string> = new Map([
  ['ansible_become_exe', OWN_PROGRAM],
  ['ansible_sudo_exe', OWN_PROGRAM],
  ['ansible_su_exe', OWN_PROGRAM],
  ['ansible_doas_exe', OWN_PROGRAM],
  ['ansible_become_flags', OWN_FLAGS],
  ['ansible_sudo_flags', OWN_FLAGS],
  ['ansible_su_flags', OWN_FLAGS],
  ['ansible_doas_flags', OWN_FLAGS],
  ['ansible_su_user', ANY_METHOD],
  ['ansible_su_pass', ANY_METHOD],
  ['ansible_doas_user', ANY_METHOD],
  ['ansible_doas_pass', ANY_METHOD],
  ['ansible_ssh_executable', 'drover does not run the ssh command'],
  ['ansible_ssh_pkcs11_provider', 'add the key to the agent: ssh-add -s; or give -I in ansible_ssh_args to drover_transport: openssh'],
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
