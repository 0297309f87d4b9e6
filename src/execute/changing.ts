import type { ChangingStep } from '../model/event.ts';
import { factId } from '../model/fact.ts';
import type { Decided } from '../model/planned.ts';
import type { UndoFact } from '../model/run.ts';
import type { Prediction } from '../model/step.ts';

/** Steps that only look, or wait: there is nothing to undo. */
const PASSIVE: ReadonlySet<string> = new Set(['verify', 'waitFor', 'pause']);

/** What these steps replace, and by what: for those that change something. */
export function changingSteps(decided: readonly Decided[]): ChangingStep[] {
  return decided.flatMap(({ item, decision }): ChangingStep[] => {
    if (decision.kind !== 'change' || PASSIVE.has(item.step.kind)) return [];
    const { undo, plan } = decision;
    const irreversible = plan.irreversible ?? null;
    if (undo.length === 0 && irreversible === null) return [];
    return [{ item, undo, irreversible, after: undo.flatMap((fact) => afterOf(fact, plan.predicted)) }];
  });
}

/** The last prediction counts; below a path that goes nothing is left. */
function afterOf({ kind, key }: UndoFact, predicted: readonly Prediction[]): ChangingStep['after'] {
  const id = factId({ kind, key });
  const last = predicted.findLast((each) => (each.kind === 'tree' ? isBelow(id, each.key) : factId(each) === id));
  if (last === undefined) return [];
  return [{ kind, key, value: last.kind === 'tree' ? { type: 'absent' } : last.value }];
}

function isBelow(id: string, path: string): boolean {
  return id === `file ${path}` || id.startsWith(`file ${path}/`);
}
