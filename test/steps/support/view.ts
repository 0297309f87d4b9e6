import { type BaseFacts, type FactKind, type FactState, type FactValues, type FactView, factId } from '../../../src/model/fact.ts';
import type { Step, StepPlan } from '../../../src/model/step.ts';

/** Facts as a step's plan sees them. */
export function viewOf(facts: ReadonlyMap<string, FactState>, base: BaseFacts): FactView {
  return {
    base,
    get<K extends FactKind>(kind: K, key: string): FactValues[K] {
      const fact = facts.get(factId({ kind, key }));
      if (fact?.state !== 'known') throw new Error(`${kind} ${key} is ${JSON.stringify(fact)}`);
      return fact.value as FactValues[K];
    },
  };
}

/** Literal facts by `kind key`. */
export type Literals = Readonly<Record<string, FactValues[FactKind]>>;

/** Plans a step on literal facts; only the facts that it asked for are there. */
export function planOn(step: Step, literals: Literals, base: BaseFacts): StepPlan {
  const asked = new Set(step.reads.map(factId));
  const facts = Object.entries(literals).filter(([id]) => asked.has(id));
  return step.plan(viewOf(new Map(facts.map(([id, value]) => [id, { state: 'known', value }])), base));
}
