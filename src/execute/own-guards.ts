import type { FactKind, FactRequest, FactView } from '../model/fact.ts';
import { type HostStep, levelOf } from '../model/planned.ts';
import type { Prediction, Step, StepPlan } from '../model/step.ts';

/**
 * What a command says is a matter of who asks it: where steps of several privilege levels have the same guard, that of the second level and of those
 * behind is made another command by a comment, so that each level has an answer of its own.
 */
export function withOwnGuards(items: readonly HostStep[]): HostStep[] {
  const levels = new Map<string, string[]>();
  for (const { become, step } of items) {
    for (const { key } of step.reads.filter(isGuard)) {
      const asked = levels.get(key) ?? [];
      levels.set(key, asked.includes(levelOf(become)) ? asked : [...asked, levelOf(become)]);
    }
  }
  return items.map((item) => {
    const number = (key: string): number => levels.get(key)?.indexOf(levelOf(item.become)) ?? 0;
    if (!item.step.reads.some((request) => isGuard(request) && number(request.key) > 0)) return item;
    return { ...item, step: renamed(item.step, (key) => (number(key) > 0 ? `${key}\n# level ${number(key) + 1}` : key)) };
  });
}

function isGuard({ kind }: { readonly kind: FactKind | 'tree' }): boolean {
  return kind === 'guard';
}

function renamed(step: Step, rename: (key: string) => string): Step {
  const named = (kind: FactKind | 'tree', key: string): string => (isGuard({ kind }) ? rename(key) : key);
  return {
    ...step,
    reads: step.reads.map((request): FactRequest => ({ ...request, key: named(request.kind, request.key) })),
    plan: (facts) => {
      const view: FactView = { base: facts.base, get: (kind, key) => facts.get(kind, named(kind, key)) };
      return predicting(step.plan(view), (each) => ({ ...each, key: named(each.kind, each.key) }));
    },
  };
}

function predicting(plan: StepPlan, change: (prediction: Prediction) => Prediction): StepPlan {
  return plan.result === 'change' ? { ...plan, predicted: plan.predicted.map(change) } : plan;
}
