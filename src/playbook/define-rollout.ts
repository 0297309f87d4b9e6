import type { Order, RolloutSettings } from '../model/rollout.ts';
import type { RoleReference, RoleUseDefinition } from './role-reference.ts';

/** A number of hosts, or a percentage of the play's hosts. */
export type AmountDefinition = number | `${number}%`;

/** A failure domain: of the hosts with the same value of the var `by`, never more than `max` (default 1) are out of service at once. */
export interface SpreadDefinition {
  readonly by: string;
  readonly max?: number;
}

/** A role around the work on a host: on that host, or on those of the pattern `on`, which may hold `{{ }}`. */
export type AroundReference =
  | Exclude<RoleReference, RoleUseDefinition>
  | (RoleUseDefinition & { readonly on?: string | readonly string[] });

/** A role that is carried out once for the run or for each batch (default), on its first healthy host or on `on`. */
export type OnceReference =
  | Exclude<RoleReference, RoleUseDefinition>
  | (RoleUseDefinition & { readonly on?: string | readonly string[]; readonly per?: 'run' | 'batch' });

/** How a play of a typed playbook goes through its hosts. Without any of these: all at once, with nothing around them. */
export interface RolloutDefinition {
  /** Sizes of the batches; the last of a list repeats. Default: all hosts at once. */
  readonly serial?: AmountDefinition | readonly AmountDefinition[];
  /** Default: `inventory`. The same seed shuffles in the same way. */
  readonly order?: Exclude<Order['kind'], 'shuffle'> | { readonly shuffle: string | number };
  readonly spread?: SpreadDefinition | readonly SpreadDefinition[];
  /** More failed and unreachable hosts than this halt the rollout. Default: 0 in total. */
  readonly maxFailures?: AmountDefinition | { readonly batch?: AmountDefinition; readonly total?: AmountDefinition };
  /** Whether `after` is carried out where the roles failed. Default: `putBack`, it is. */
  readonly onFailure?: RolloutSettings['onFailure'];
  /** Time between a batch and its gate: seconds, or text with `ms`, `s`, `m` or `h`. Default: 0. */
  readonly soak?: number | `${number}${'ms' | 's' | 'm' | 'h'}`;
  /** What becomes of a batch whose gate does not open. Default: `halt`; `undo` also puts back what it changed. */
  readonly onGateFailure?: RolloutSettings['onGateFailure'];
  /** Carried out before the hosts of the run or of a batch. Default: none. */
  readonly once?: readonly OnceReference[];
  /** Carried out before each host's roles. Default: none. */
  readonly before?: readonly AroundReference[];
  /** Carried out after each host's roles, also when they failed. Default: none. */
  readonly after?: readonly AroundReference[];
  /** What must hold behind each batch, for each of its hosts. Default: none. */
  readonly gate?: readonly AroundReference[];
}
