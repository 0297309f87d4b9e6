import type { DiagnosticCode } from '../model/diagnostic.ts';

/** Keys of a play that say how it goes through its hosts. */
export const SETTING_KEYS: readonly string[] = ['serial', 'order', 'spread', 'maxFailures', 'onFailure', 'soak', 'onGateFailure'];

/** Keys of a play with the roles around each host's turn, in the order in which they come. */
export const AROUND_KEYS = ['once', 'before', 'after', 'gate'] as const;

/** Keys that make a play a rollout. */
export const ROLLOUT_KEYS: readonly string[] = [...SETTING_KEYS, ...AROUND_KEYS];

/** Keys of a play and of a role use that say whom steps become. */
const BECOME_KEYS: readonly string[] = ['become', 'become_user', 'become_method'];

/** Keys of a play. */
export const PLAY_KEYS: readonly string[] = ['name', 'hosts', 'roles', 'vars', ...BECOME_KEYS, 'allow', 'tags', ...ROLLOUT_KEYS];

/** Keys of a role use that is a mapping. */
export const ROLE_KEYS: readonly string[] = ['role', 'params', 'tags', ...BECOME_KEYS];

/** Keys of a role under `before`, `after` and `gate`. */
export const AROUND_ROLE_KEYS: readonly string[] = [...ROLE_KEYS, 'on'];

/** Keys of a role under `once`. */
export const ONCE_ROLE_KEYS: readonly string[] = [...AROUND_ROLE_KEYS, 'per'];

/** What to say about a key that drover's users know from elsewhere. */
export interface KnownKey {
  readonly code: DiagnosticCode;
  readonly hint: string;
}

const IN_ROLES: KnownKey = { code: 'key-unknown', hint: 'logic belongs in roles: write one with defineRole and name it under roles' };
const IN_INVENTORY: KnownKey = {
  code: 'key-unknown',
  hint: 'how hosts are reached stands in the inventory, such as ansible_user and ansible_port',
};
const DELEGATED: KnownKey = { code: 'key-unknown', hint: 'put the role under before or after: { role: NAME, on: HOST }' };
const ONCE: KnownKey = { code: 'key-unknown', hint: 'put the role under once: { role: NAME, per: run }' };
const THROTTLED: KnownKey = {
  code: 'key-unknown',
  hint: '--forks says how many hosts are worked on at the same time, serial how many go together as a batch',
};

const OWN_FLAGS: KnownKey = { code: 'key-unknown', hint: 'drover calls sudo, doas and su with flags of its own; leave the key out' };

/** Keys of Ansible's plays that drover does not have, with what to do instead. */
export const ANSIBLE_PLAY_KEYS: ReadonlyMap<string, KnownKey> = new Map([
  ...['tasks', 'pre_tasks', 'post_tasks', 'handlers', 'block', 'when', 'environment', 'module_defaults'].map(
    (key) => [key, IN_ROLES] as const,
  ),
  ...['remote_user', 'port', 'connection'].map((key) => [key, IN_INVENTORY] as const),
  ['max_fail_percentage', { code: 'key-unknown', hint: 'write maxFailures: 10%, or a number of hosts' }],
  ['any_errors_fatal', { code: 'key-unknown', hint: 'write maxFailures: 0' }],
  [
    'strategy',
    { code: 'key-unknown', hint: 'a host goes through the whole play at its own pace; serial makes batches; leave the key out' },
  ],
  ['throttle', THROTTLED],
  ['run_once', ONCE],
  ['delegate_to', DELEGATED],
  ['gather_facts', { code: 'key-unknown', hint: 'drover reads the facts that its steps need; leave the key out' }],
  ['become_flags', OWN_FLAGS],
  ['vars_files', { code: 'unsupported', hint: 'put the vars into the inventory or under vars' }],
  ['vars_prompt', { code: 'unsupported', hint: 'put the vars into the inventory or under vars' }],
  ['import_playbook', { code: 'unsupported', hint: 'run the playbooks one after the other' }],
]);

/** Keys that a role use does not have, with what to do instead. */
export const KNOWN_ROLE_KEYS: ReadonlyMap<string, KnownKey> = new Map([
  ['vars', { code: 'key-unknown', hint: 'parameters of a role go under params' }],
  ['delegate_to', DELEGATED],
  ['run_once', ONCE],
  ['throttle', THROTTLED],
  ['become_flags', OWN_FLAGS],
  ['on', { code: 'key-unknown', hint: 'roles are carried out on other hosts under once, before, after and gate' }],
  ['per', { code: 'key-unknown', hint: 'only roles under once have per' }],
]);
