import type { z } from 'zod'; // type only: a role's parameters are a zod schema
import type { Allowance } from './allowance.ts';
import type { BaseFacts, OsFamily } from './fact.ts';
import type { Vars } from './host.ts';
import type { Step } from './step.ts';

/** A platform that a role supports. */
export interface Platform {
  readonly family: OsFamily;
  /** Lowest supported version by its leading number, such as `11` for Debian 11. Default: any. */
  readonly minVersion?: number;
  /** Highest supported version. Default: any. */
  readonly maxVersion?: number;
  /** Init system that the role needs. Default: any. */
  readonly init?: BaseFacts['init'];
}

/** What a role's `steps` gets. */
export interface RoleContext<P> {
  /** Checked parameters, with defaults filled in. */
  readonly params: P;
  readonly facts: BaseFacts;
  /** What the play allows beyond changing the host. */
  readonly allow: Allowance;
  readonly host: { readonly name: string; readonly groups: readonly string[]; readonly vars: Vars };
}

/** What a role's `steps` returns: steps in order, handlers by name and what must hold behind both, or why the role cannot be applied to this host. */
export type RoleSteps =
  | {
      readonly steps: readonly Step[];
      readonly handlers?: { readonly [name: string]: Step | readonly Step[] };
      /** Steps that come after the handlers of the play: `verify`. */
      readonly proofs?: readonly Step[];
    }
  | { readonly refused: string };

/** A reusable, typed, pure function from parameters and facts to steps. Made by `defineRole`. */
export interface Role<P = unknown> {
  /** Marks the value as a role, whichever copy of drover made it. */
  readonly drover: 'role';
  readonly name: string;
  /** One sentence: what state the role brings about. */
  readonly description: string;
  readonly platforms: readonly Platform[] | 'any';
  readonly params: z.ZodType<P>;
  steps(context: RoleContext<P>): RoleSteps;
}
