import type { HostStep } from '../model/planned.ts';
import type { Restore, Undoable } from '../model/ports.ts';

/**
 * The steps that put back what others did: the last first, and then the handlers that those notified, so that what reads its configuration
 * at a restart gets the old one.
 */
export function undoSteps(
  restore: Restore,
  done: readonly Undoable[],
  { items, index }: { readonly items: readonly HostStep[]; readonly index: number },
): HostStep[] {
  const own = done.filter(({ item }) => item.handler === null);
  const wanted = new Set(own.flatMap(({ item }) => item.notifies));
  const handlers = items.filter(({ handler }) => handler !== null && wanted.has(handler)).map(whereItCan);
  const back = own
    .toReversed()
    .map(({ item, undo, irreversible }): HostStep => ({ ...item, step: restore(item.id, { undo, irreversible }) }));
  return [...back, ...handlers].map((item) => ({ ...item, id: `undo ${item.id}`, play: index, part: 'undo' }));
}

/** What a handler acts on may be gone with the undo, such as a unit that was new. */
function whereItCan(item: HostStep): HostStep {
  const { step } = item;
  return {
    ...item,
    step: {
      ...step,
      plan: (facts) => {
        const plan = step.plan(facts);
        return plan.result === 'refused' ? { result: 'skipped', reason: plan.reason } : plan;
      },
    },
  };
}
