import type { Action } from '../model/action.ts';
import type { Decided } from '../model/planned.ts';

/** One action of a write script, and the steps it belongs to (more than one where transactions were merged). */
export interface Unit {
  readonly steps: readonly string[];
  readonly action: Action;
}

type PackageAction = Extract<Action, { kind: 'packages' }>;

/** The actions of decided steps in order; neighbouring package actions become one transaction. */
export function unitsOf(decided: readonly Decided[]): Unit[] {
  const units: Unit[] = [];
  for (const { item, decision } of decided) {
    if (decision.kind !== 'change') continue;
    for (const action of decision.plan.actions) {
      const last = units.at(-1);
      if (last?.action.kind === 'packages' && action.kind === 'packages') {
        units[units.length - 1] = { steps: [...last.steps, item.id], action: mergePackages(last.action, action) };
      } else units.push({ steps: [item.id], action });
    }
  }
  return units;
}

/** A package that both install and remove keeps the later wish. */
function mergePackages(a: PackageAction, b: PackageAction): PackageAction {
  const later = new Set([...b.install, ...b.remove, ...b.upgrade]);
  const join = (first: readonly string[], second: readonly string[]): string[] => [...first.filter((name) => !later.has(name)), ...second];
  return { ...a, install: join(a.install, b.install), remove: join(a.remove, b.remove), upgrade: join(a.upgrade, b.upgrade) };
}
