import type { Allowance } from '../model/allowance.ts';
import type { Vars } from '../model/host.ts';
import type { Role } from '../model/role.ts';
import type { BecomeDefinition } from './become.ts';
import type { RolloutDefinition } from './define-rollout.ts';
import type { RoleReference } from './role-reference.ts';

const ROLE_NAME = /^[a-z][a-z0-9_-]*$/;

/** What a role is made of: all of `Role` but its mark. */
export type RoleDefinition<P> = Omit<Role<P>, 'drover'>;

/**
 * Makes a role; the type of `params` in `steps` comes from the schema.
 * Throws on a name that is not lower-case letters, digits, `-` and `_`.
 *
 * @example
 * export default defineRole({
 *   name: 'motd',
 *   description: 'Puts a message of the day in place',
 *   platforms: 'any',
 *   params: z.object({ text: z.string().describe('What users see when they log in') }),
 *   steps: ({ params }) => ({ steps: [file('/etc/motd', { content: params.text })] }),
 * });
 */
export function defineRole<P>(definition: RoleDefinition<P>): Role<P> {
  if (!ROLE_NAME.test(definition.name)) {
    throw new Error(`a role's name is lower-case letters, digits, "-" and "_", found ${JSON.stringify(definition.name)}`);
  }
  return { ...definition, drover: 'role' };
}

/** A play of a typed playbook. */
export interface PlayDefinition extends RolloutDefinition {
  /** Default: the host pattern. */
  readonly name?: string;
  /** Host pattern, or several that are joined. */
  readonly hosts: string | readonly string[];
  readonly roles: readonly RoleReference[];
  /** Defaults for the play's hosts; the inventory's vars win over them. Default: none. */
  readonly vars?: Vars;
  /** True for root by sudo, or whom to become and how. Default: the login user. */
  readonly become?: boolean | BecomeDefinition;
  /** What the roles may do beyond changing the host: `reboot` it where needed, `disconnect` drover on the way. Default: neither. */
  readonly allow?: readonly (keyof Allowance)[];
  /** Default: none. */
  readonly tags?: string | readonly string[];
}

/** What the default export of a typed playbook is. Made by `definePlaybook`. */
export interface PlaybookDefinition {
  /** Marks the value as a playbook, whichever copy of drover made it. */
  readonly drover: 'playbook';
  readonly plays: readonly PlayDefinition[];
}

/**
 * Makes a playbook from plays, checked when it is loaded like one in YAML.
 *
 * @example
 * export default definePlaybook([{ hosts: 'web', become: true, roles: [{ role: 'motd', params: { text: 'hello' } }] }]);
 */
export function definePlaybook(plays: readonly PlayDefinition[]): PlaybookDefinition {
  return { drover: 'playbook', plays };
}

/** True for what `defineRole` makes, by whichever copy of drover. */
export function isRole(value: unknown): value is Role {
  if (typeof value !== 'object' || value === null) return false;
  const role: Partial<Record<keyof Role, unknown>> = value;
  return role.drover === 'role' && typeof role.name === 'string' && typeof role.steps === 'function' && isSchema(role.params);
}

function isSchema(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'safeParse' in value && '_zod' in value;
}
