import type { Vars } from '../model/host.ts';
import type { Role } from '../model/role.ts';
import type { BecomeDefinition } from './become.ts';

/** A role with parameters, tags and privilege, as a typed play uses it. */
export interface RoleUseDefinition {
  readonly role: string | Role;
  readonly params?: Vars;
  readonly tags?: string | readonly string[];
  /** Whom its steps become. Default, and what is left open: as the play says. */
  readonly become?: boolean | BecomeDefinition;
}

/** A role as a typed play names it: by name, as an imported role, or with parameters and tags. */
export type RoleReference = string | Role | RoleUseDefinition;
