import { type FactKind, factId } from '../model/fact.ts';
import type { HostStep } from '../model/planned.ts';
import type { Restore, Undoable } from '../model/ports.ts';
import type { UndoFact } from '../model/run.ts';
import type { Step } from '../model/step.ts';
import { isThere } from './world.ts';

/**
 * The steps that put back what others did: the last first, each fact once, and then the handlers that those notified, so that what reads its
 * configuration at a restart gets the old one.
 */
export function undoSteps(
  restore: Restore,
  done: readonly Undoable[],
  { items, index }: { readonly items: readonly HostStep[]; readonly index: number },
): HostStep[] {
  const own = done.filter(({ item }) => item.handler === null);
  const wanted = new Set(own.flatMap(({ item }) => item.notifies));
  const handlers = items.filter(({ handler }) => handler !== null && wanted.has(handler)).map(whereItCan);
  const secrets = new Set(own.flatMap(({ item, undo }) => (item.step.secret === true ? undo.map(factId) : [])));
  const back = eachFactOnce(own)
    .toReversed()
    .map(({ item, undo, irreversible }): HostStep => ({ ...item, step: hiding(secrets, undo, restore(item.id, { undo, irreversible })) }));
  return [...back, ...handlers].map((item) => ({ ...item, id: `undo ${item.id}`, play: index, part: 'undo' }));
}

/** What was there before secret contents may have been one as well. */
function hiding(secrets: ReadonlySet<string>, undo: readonly UndoFact[], step: Step): Step {
  return undo.some((fact) => secrets.has(factId(fact))) ? { ...step, secret: true } : step;
}

/**
 * The same steps, in which a fact that several of them replaced stands once, with its oldest value: what lies between is nobody's wish. It stands with the
 * first of them, behind which all that rests on it is put back; where one of them made it go, with that one, because what was there with it comes back
 * behind it. Steps of which nothing is left are left out.
 */
export function eachFactOnce(done: readonly Undoable[]): Undoable[] {
  const places = new Map<string, Place>();
  const real = done.map(({ undo }) => undo.filter(({ kind }) => !ANSWERS.has(kind)));
  for (const [at, undo] of real.entries()) {
    for (const fact of undo)
      places.set(factId(fact), merge(places.get(factId(fact)), { at, fact, notifies: done[at]?.item.notifies ?? [] }));
  }
  return done.flatMap((each, at) => {
    const own = [...places.values()].filter((place) => place.at === at);
    if (own.length === 0 && (real[at]?.length !== 0 || each.irreversible === null)) return [];
    const notifies = [...new Set([...each.item.notifies, ...own.flatMap((place) => place.notifies)])];
    return [{ ...each, item: { ...each.item, notifies }, undo: own.map(({ fact }) => fact) }];
  });
}

/** A fact, the index of the step with which it is put back, and the handlers of all that replaced it. */
interface Place {
  readonly at: number;
  readonly fact: UndoFact;
  readonly notifies: readonly string[];
}

function merge(oldest: Place | undefined, later: Place): Place {
  if (oldest === undefined) return later;
  const { fact } = oldest;
  return {
    at: later.fact.isGone === true && isThere(fact.before) ? later.at : oldest.at,
    fact: {
      ...fact,
      before: withContent(fact.before, later.fact.before),
      ...(isThere(later.fact.before) ? {} : { isRemade: true }),
    },
    notifies: [...oldest.notifies, ...later.notifies],
  };
}

type Value = UndoFact['before'];

/** A step that left a content alone may not have read it: it is what a later one found. */
function withContent(before: Value, later: Value): Value {
  if (!('type' in before) || before.type !== 'file' || !('type' in later) || later.type !== 'file') return before;
  const { content } = before;
  const isMore = content === null || (content.bytes === null && content.digest === later.content?.digest);
  return isMore ? { ...before, content: later.content ?? content } : before;
}

/** Facts that are answers to questions: nobody puts them back. */
const ANSWERS: ReadonlySet<FactKind> = new Set<FactKind>(['guard', 'notice', 'moduleConfig']);

/** What a handler acts on may be gone with the undo, such as a unit that was new. */
export function whereItCan(item: HostStep): HostStep {
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
