import type { Allowance } from './allowance.ts';
import type { Place } from './diagnostic.ts';
import type { Become, Vars, VarValue } from './host.ts';
import type { Role } from './role.ts';

/** A role with raw parameters, as a play uses it. */
export interface RoleUse {
  readonly role: Role;
  /** Parameters before `{{ }}` is resolved; checked for each host. */
  readonly params: VarValue;
  readonly tags: readonly string[];
  /**
   * Where the parameter at this path stands, its value (default) or its key; the nearest thing that has a place.
   * null for typed playbooks without positions.
   */
  place(path: readonly PropertyKey[], part?: 'key' | 'value'): Place | null;
  /** The source line at a place, for diagnostics. */
  source(place: Place): string | null;
}

/** A host pattern with roles and how they are carried out. */
export interface Play {
  readonly name: string;
  /** Host pattern. */
  readonly hosts: string;
  readonly hostsPlace: Place | null;
  /** The source line of `hostsPlace`. */
  readonly hostsSource?: string | null;
  readonly become: Become | null;
  readonly allow: Allowance;
  readonly tags: readonly string[];
  /** Defaults for the play's hosts; the inventory's vars win over them. */
  readonly vars: Vars;
  readonly roles: readonly RoleUse[];
}

export interface Playbook {
  readonly file: string;
  readonly plays: readonly Play[];
}
