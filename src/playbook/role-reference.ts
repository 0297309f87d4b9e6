import type { Vars } from '../model/host.ts';
import type { Role } from '../model/role.ts';

/** A role with parameters and tags, as a typed play uses it. */
export interface RoleUseDefinition {
  readonly role: string | Role;
  readonly params?: Vars;
  readonly tags?: string | readonly string[];
}

/** A role as a typed play names it: by name, as an imported role, or with parameters and tags. */
export type RoleReference = string | Role | RoleUseDefinition;
