import type { Action } from './action.ts';
import type { FieldValue } from './content.ts';
import type { Expected, FactKind, FactRequest, FactValues, FactView } from './fact.ts';

/** One field of one thing: before → after. */
export interface Change {
  readonly field: string;
  readonly before: FieldValue;
  readonly after: FieldValue;
}

/** What a fact will be after the step. `tree` says that a path and all below it is gone. */
export type Prediction =
  | { [K in FactKind]: { readonly kind: K; readonly key: string; readonly value: Expected<FactValues[K]> } }[FactKind]
  | { readonly kind: 'tree'; readonly key: string };

/**
 * What later steps can no longer be sure of, because only the action decides it:
 * `package`: things that are absent now (files, units, users, groups) and guards; `everything`: all facts but the predicted ones.
 */
export type Cloud = 'nothing' | 'package' | 'everything';

/** A step's decision on known facts. */
export type StepPlan =
  | { readonly result: 'ok'; readonly note?: string }
  | { readonly result: 'refused'; readonly reason: string }
  /** There is something to do that the step does not do, and why. */
  | { readonly result: 'skipped'; readonly reason: string }
  | {
      readonly result: 'change';
      readonly changes: readonly Change[];
      readonly predicted: readonly Prediction[];
      readonly actions: readonly Action[];
      /** Default `nothing`. */
      readonly cloud?: Cloud;
      /** Why the change cannot be undone from its before-values; absent when it can. */
      readonly irreversible?: string;
    };

/** What every step constructor takes besides its desired state. */
export interface StepOptions {
  /** Names of handlers of the same role that run at the end of the play if this step changes something. */
  readonly notify?: string | readonly string[] | undefined;
}

/** One idempotent unit of desired state. */
export interface Step {
  /** The constructor's name: `file`, `package`, … */
  readonly kind: string;
  /** What it is about: a path, a unit, a user. With role and kind it makes the step's id `role/kind[subject]`. */
  readonly subject: string;
  readonly notify: readonly string[];
  /** The facts that `plan` looks at. */
  readonly reads: readonly FactRequest[];
  /**
   * True where every earlier change may matter, whatever it says of itself: the step is decided only when all of them are carried out and its
   * facts were read anew. Default: false.
   */
  readonly fresh?: boolean;
  /** Contents in its changes are secret as a whole: that they differ is shown, and not what. Texts that hold secrets are masked anyway. Default: false. */
  readonly secret?: boolean;
  /** The desired fields, shown when the facts are known only after apply. */
  readonly wants: readonly { readonly field: string; readonly after: FieldValue }[];
  /** Pure: decides from facts alone what would change. Never called with an unknown or unreadable fact. */
  plan(facts: FactView): StepPlan;
}
