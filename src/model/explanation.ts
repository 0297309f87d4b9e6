import type { Place } from './diagnostic.ts';
import type { FactRequest, FactState } from './fact.ts';
import type { HostStep } from './planned.ts';
import type { StepRecord } from './run.ts';

/** A fact that a step looks at, as it was read. */
export interface ReadFact {
  readonly request: FactRequest;
  readonly state: FactState;
}

/** Why a step would change something on a host or not: what it wants, what is there, and which steps have a say in it. */
export interface StepExplanation {
  readonly host: string;
  readonly item: HostStep;
  /** What the plan makes of it. */
  readonly record: StepRecord;
  /** The facts that it looks at, as they are now: earlier steps of the plan may change them. */
  readonly facts: readonly ReadFact[];
  /** Handlers that it notifies, with what the plan makes of them. */
  readonly notifies: readonly StepRecord[];
  /** For handlers: all steps that could notify it, with what the plan makes of them. */
  readonly notifiers: readonly StepRecord[];
}

/** Where the value of a parameter comes from. */
export interface ParamOrigin {
  readonly name: string;
  /** As the role gets it, defaults filled in. */
  readonly value: unknown;
  /** The names of it say that it is not to be shown. */
  readonly isSecret: boolean;
  /** As it is written, where `{{ }}` makes the value of it; else null. */
  readonly written: string | null;
  /** Where it stands in the playbook; null: nowhere, or in a typed playbook. */
  readonly place: Place | null;
  readonly isDefault: boolean;
  /** The vars that `{{ }}` in it names. */
  readonly vars: readonly VarOrigin[];
}

/** A var that a parameter is made of. */
export interface VarOrigin {
  readonly name: string;
  readonly from: 'inventory' | 'play' | 'drover';
  /** The definition that counts, then those that it replaced; empty for drover's own names and vars of the play. */
  readonly definitions: readonly { readonly owner: string; readonly place: Place; readonly value: unknown; readonly isSecret: boolean }[];
}

/** An explained step, with the parameters of each use of its role in the play. */
export interface ExplainedStep extends StepExplanation {
  readonly uses: readonly (readonly ParamOrigin[])[];
}
