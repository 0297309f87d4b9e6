import type { DiagnosticCode } from '../model/diagnostic.ts';

/** Keys of a play. */
export const PLAY_KEYS: readonly string[] = ['name', 'hosts', 'roles', 'vars', 'become', 'become_user', 'allow', 'tags'];

/** Keys of a role use that is a mapping. */
export const ROLE_KEYS: readonly string[] = ['role', 'params', 'tags'];

/** What to say about a key that drover's users know from Ansible. */
export interface KnownKey {
  readonly code: DiagnosticCode;
  readonly hint: string;
}

const IN_ROLES: KnownKey = { code: 'key-unknown', hint: 'logic belongs in roles: write one with defineRole and name it under roles' };
const IN_INVENTORY: KnownKey = {
  code: 'key-unknown',
  hint: 'how hosts are reached stands in the inventory, such as ansible_user and ansible_port',
};
const LATER: KnownKey = {
  code: 'unsupported',
  hint: 'all hosts of a play are handled at once, as far as --forks allows; leave the key out',
};

/** Keys of Ansible's plays that drover does not have, with what to do instead. */
export const ANSIBLE_PLAY_KEYS: ReadonlyMap<string, KnownKey> = new Map([
  ...['tasks', 'pre_tasks', 'post_tasks', 'handlers', 'block', 'when', 'environment', 'module_defaults'].map(
    (key) => [key, IN_ROLES] as const,
  ),
  ...['remote_user', 'port', 'connection'].map((key) => [key, IN_INVENTORY] as const),
  ...['serial', 'max_fail_percentage', 'any_errors_fatal', 'strategy', 'order', 'throttle'].map((key) => [key, LATER] as const),
  ['gather_facts', { code: 'key-unknown', hint: 'drover reads the facts that its steps need; leave the key out' }],
  ['become_method', { code: 'unsupported', hint: 'drover becomes another user by sudo; leave the key out' }],
  ['vars_files', { code: 'unsupported', hint: 'put the vars into the inventory or under vars' }],
  ['vars_prompt', { code: 'unsupported', hint: 'put the vars into the inventory or under vars' }],
  ['import_playbook', { code: 'unsupported', hint: 'run the playbooks one after the other' }],
]);
