import type { Action } from '../../model/action.ts';
import type { FactKind, FactRequest, FactValues, FactView } from '../../model/fact.ts';
import type { UndoFact } from '../../model/run.ts';
import type { Change, Cloud, Prediction, Step, StepPlan } from '../../model/step.ts';
import { StepArgumentError } from '../step.ts';

/** What brings one fact back. */
export interface Part {
  readonly changes: readonly Change[];
  readonly predicted: readonly Prediction[];
  readonly actions: readonly Action[];
  readonly cloud?: Cloud;
  /** Why the part cannot be undone itself. */
  readonly irreversible?: string;
  /** What cannot be put back, in words that follow "cannot be undone:". */
  readonly lost?: readonly string[];
}

/** A part, or why the fact cannot be brought back on this host as it is now. */
export type Brought = Part | { readonly refused: string };

/** The fact is as it was. */
export const NOTHING: Part = { changes: [], predicted: [], actions: [] };

/** Nothing can be done about it. */
export function lost(...reasons: readonly string[]): Part {
  return { ...NOTHING, lost: reasons };
}

/** A fact with the value that it shall have again. */
export interface Former<K extends FactKind> {
  readonly key: string;
  readonly before: FactValues[K];
  /** It was removed and made again by the steps that are undone: what is there now may be something else. Default: false. */
  readonly isRemade?: true;
}

/** The step whose facts are put back. */
export interface Original {
  /** All facts that it replaced, each once. */
  readonly undo: readonly UndoFact[];
  /** Why it cannot be undone from them; null when it can. */
  readonly irreversible: string | null;
  /** False where it makes no directories, so that what it made is not looked at as one. */
  readonly makesDirectories: boolean;
}

/** What a part is planned on. */
export interface Restoring extends Original {
  /** The facts as the parts before this one leave them. */
  readonly facts: FactView;
  /** What the parts before this one do. */
  readonly actions: readonly Action[];
}

/** One kind of fact: what has to be read to bring one back, and how. */
export interface Restorer<K extends FactKind> {
  /** Where its part stands among those of a step, from 0: removals of what others need come late, what others need early. */
  rank(former: Former<K>): number;
  /** Fields that are shown when the rest is known after apply only. */
  readonly fields: readonly string[];
  reads(former: Former<K>, original: Original): readonly FactRequest[];
  plan(former: Former<K>, restoring: Restoring): Brought;
}

/** A step's plan as a part. */
export function partOf(plan: StepPlan): Brought {
  switch (plan.result) {
    case 'ok':
      return NOTHING;
    case 'refused':
      return { refused: plan.reason };
    case 'skipped':
      return lost(plan.reason);
    case 'change': {
      const { result: _result, ...part } = plan;
      return part;
    }
  }
}

/** The plan of another step as a part; refused where that step cannot say what was there before. */
export function planBy(make: () => Step, facts: FactView): Brought {
  try {
    return partOf(make().plan(facts));
  } catch (error) {
    if (error instanceof StepArgumentError) return { refused: `what was there before cannot be made by drover: ${error.message}` };
    throw error;
  }
}

/** A text, or undefined for what is not known: predictions leave parts to the host, and a report keeps none of these. */
export function known<V extends string | number | boolean | readonly string[]>(value: V | null | undefined): V | undefined {
  return value === null || !['string', 'number', 'boolean', 'object'].includes(typeof value) ? undefined : value;
}
