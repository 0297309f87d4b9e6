import type { Allowance } from './allowance.ts';
import type { Place } from './diagnostic.ts';
import { type Become, becomeOn, type Host, type Vars, type VarValue } from './host.ts';
import type { Role } from './role.ts';
import type { RolloutSettings } from './rollout.ts';

/** A role with raw parameters, as a play uses it. */
export interface RoleUse {
  readonly role: Role;
  /** Parameters before `{{ }}` is resolved; checked for each host. */
  readonly params: VarValue;
  readonly tags: readonly string[];
  /** Whom its steps become; null: nobody. Default: as the play says. */
  readonly become?: Become | null;
  /**
   * Where the parameter at this path stands, its value (default) or its key; the nearest thing that has a place.
   * null for typed playbooks without positions.
   */
  place(path: readonly PropertyKey[], part?: 'key' | 'value'): Place | null;
  /** The source line at a place, for diagnostics. */
  source(place: Place): string | null;
}

/** A role around the work on a host: on the host itself, or on others. Its parameters are resolved with the vars of the host that is worked on. */
export interface AroundUse {
  readonly use: RoleUse;
  /** Host pattern, may hold `{{ }}`; null: the host itself. */
  readonly on: string | null;
  readonly onPlace: Place | null;
  /** The source line of `onPlace`. */
  readonly onSource: string | null;
}

/** A role that is carried out once, before the hosts of a run or of a batch: on the first of them that is healthy, or on a named host. */
export interface OnceUse extends AroundUse {
  readonly per: 'run' | 'batch';
}

/** The rollout settings of a play as its playbook has them. */
export interface Rollout extends RolloutSettings {
  readonly once: readonly OnceUse[];
  /** Carried out in order before a host's roles. */
  readonly before: readonly AroundUse[];
  /** Carried out in order after them, whatever became of them; the first that fails leaves the host out of service. */
  readonly after: readonly AroundUse[];
  /** What must hold behind each batch, for each of its hosts. */
  readonly gate: readonly AroundUse[];
  /** Where the key `spread` stands, for its problems. */
  readonly spreadPlace: Place | null;
  /** The source line of `spreadPlace`. */
  readonly spreadSource: string | null;
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
  /** Batches, budgets and what is done around each host; null where the play says nothing of them. */
  readonly rollout: Rollout | null;
}

export interface Playbook {
  readonly file: string;
  readonly plays: readonly Play[];
}

/** Whom the steps of a role become on a host: the host's vars go before its use, and that before the play. */
export function becomeOfRole(host: Host, play: Play, use: RoleUse): Become | null {
  return becomeOn(host, use.become === undefined ? play.become : use.become);
}
