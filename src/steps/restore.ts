import type { Action } from '../model/action.ts';
import { ANY, type FactKind, type FactRequest, type FactValues, type FactView, factId } from '../model/fact.ts';
import type { Restore } from '../model/ports.ts';
import type { UndoFact } from '../model/run.ts';
import type { Change, Cloud, Prediction, StepPlan } from '../model/step.ts';
import { changedSince } from './restore/changed-since.ts';
import { restorers } from './restore/kinds.ts';
import { type Brought, lost, type Original, type Part, type Restorer, type Restoring } from './restore/part.ts';
import { reloads } from './restore/service.ts';
import { makeStep } from './step.ts';

/**
 * Makes a step that brings facts back to what they were: `ok` where they are. Skipped where nothing can be brought back, with the reason; where
 * only some of it can, the change says what is not. Refused where the host as it is now is in the way. `id` is that of the original step.
 */
export const restore: Restore = (id, { undo, irreversible }) => {
  const original: Original = { undo: eachOnce(undo), irreversible, makesDirectories: makesDirectories(id) };
  const parts = original.undo.flatMap((fact) => boundTo(restorers[fact.kind], fact)).sort((a, b) => a.rank - b.rank);
  const reads = parts.flatMap((part) => part.reads(original));
  return makeStep(
    {
      kind: 'restore',
      subject: id,
      reads,
      // Whether a directory is empty is known only when the steps before this one have removed what they made in it.
      ...(mayRemoveDirectories(original) && reads.some(({ kind }) => kind === 'guard') ? { fresh: true } : {}),
      wants: parts.flatMap((part) => part.wants(parts.length > 1)),
      plan: (facts) => planRestore(parts, original, facts),
    },
    {},
  );
};

/** Steps that can make directories, and undone removals; of an id that names no kind of step nobody knows. */
function makesDirectories(id: string): boolean {
  const [, kind] = /^[^[]*\/(\w+)\[/.exec(id) ?? [];
  return kind === undefined || ['directory', 'systemdUnit', 'user'].includes(kind) || (kind === 'absent' && id.startsWith('undo '));
}

function mayRemoveDirectories({ makesDirectories, undo }: Original): boolean {
  return makesDirectories || undo.some(({ isRemade }) => isRemade === true);
}

function eachOnce(undo: readonly UndoFact[]): UndoFact[] {
  return undo.filter((fact, index) => undo.findIndex((other) => factId(other) === factId(fact)) === index);
}

/** A fact with what is to be done about it. */
interface Bound {
  readonly fact: UndoFact;
  readonly rank: number;
  reads(original: Original): readonly FactRequest[];
  wants(several: boolean): readonly { readonly field: string; readonly after: Change['after'] }[];
  plan(restoring: Restoring): Brought;
}

function boundTo<K extends FactKind>(restorer: Restorer<K> | null, fact: UndoFact): Bound[] {
  if (restorer === null) return [];
  const { key, isRemade } = fact;
  const former = { key, before: fact.before as FactValues[K], ...(isRemade ? { isRemade } : {}) }; // an undo fact's kind fixes the type of its value
  const wants = Object.entries(former.before).flatMap(([field, after]) =>
    restorer.fields.includes(field) && after !== ANY && after !== undefined ? [{ field, after }] : [],
  );
  return [
    {
      fact,
      rank: restorer.rank(former),
      reads: (original) => restorer.reads(former, original),
      wants: (several) => wants.map(({ field, after }) => ({ field: several ? prefixed(fact, field) : field, after })),
      plan: (restoring) => {
        const since = changedSince(fact, restoring.facts, restorer.fields);
        return since === null ? restorer.plan(former, restoring) : lost(`${named(fact)} ${since}`);
      },
    },
  ];
}

function prefixed(fact: UndoFact, field: string): string {
  return `${named(fact)} ${field}`;
}

function named({ kind, key }: UndoFact): string {
  return kind === 'file' ? key : `${kind} ${key}`;
}

function planRestore(parts: readonly Bound[], original: Original, facts: FactView): StepPlan {
  const { irreversible } = original;
  if (parts.length === 0) return skipped([irreversible ?? 'nothing was kept of what was there before']);
  const done: Part[] = [];
  for (const { fact, plan } of parts) {
    const part = plan({ ...original, facts: seenThrough(facts, done), actions: actionsOf(done) });
    if ('refused' in part) return { result: 'refused', reason: part.refused };
    done.push(
      parts.length === 1 ? part : { ...part, changes: part.changes.map((each) => ({ ...each, field: prefixed(fact, each.field) })) },
    );
  }
  const left = [...new Set(done.flatMap((part) => part.lost ?? []))];
  if (done.every((part) => part.changes.length === 0)) return unchanged(left, irreversible);
  return changed(done, { facts, lost: left.length === 0 && isPartly(original) ? [irreversible ?? ''] : left });
}

function skipped(reasons: readonly string[]): StepPlan {
  return { result: 'skipped', reason: `cannot be undone: ${reasons.join('; ')}` };
}

function unchanged(lost: readonly string[], irreversible: string | null): StepPlan {
  if (lost.length > 0) return skipped(lost);
  return irreversible === null ? { result: 'ok' } : { result: 'ok', note: `as it was, as far as drover knows: ${irreversible}` };
}

/** What paths and accounts had besides their facts is gone; of other kinds the fact is all that a step changes. */
function isPartly({ undo, irreversible }: Original): boolean {
  return irreversible !== null && undo.some(({ kind }) => kind === 'file' || kind === 'user' || kind === 'group');
}

function changed(parts: readonly Part[], { facts, lost }: { facts: FactView; lost: readonly string[] }): StepPlan {
  const actions = actionsOf(parts);
  const irreversible = parts.flatMap((part) => part.irreversible ?? []);
  return {
    result: 'change',
    changes: [
      ...parts.flatMap((part) => part.changes),
      ...(lost.length === 0 ? [] : [{ field: 'not put back', before: null, after: lost.join('; ') }]),
    ],
    predicted: lastOfEach(parts.flatMap((part) => part.predicted)),
    actions: [...actions, ...reloads({ actions, facts })],
    cloud: widest(parts.map((part) => part.cloud ?? 'nothing')),
    ...(irreversible.length === 0 ? {} : { irreversible: irreversible.join('; ') }),
  };
}

function actionsOf(parts: readonly Part[]): Action[] {
  return parts.flatMap((part) => part.actions);
}

function lastOfEach(predicted: readonly Prediction[]): Prediction[] {
  return predicted.filter((one, index) => !predicted.slice(index + 1).some((other) => other.kind === one.kind && other.key === one.key));
}

function widest(clouds: readonly Cloud[]): Cloud {
  if (clouds.includes('everything')) return 'everything';
  return clouds.includes('package') ? 'package' : 'nothing';
}

/** The facts as earlier parts leave them. */
function seenThrough(facts: FactView, parts: readonly Part[]): FactView {
  const predicted = parts.flatMap((part) => part.predicted);
  return {
    base: facts.base,
    get<K extends FactKind>(kind: K, key: string): FactValues[K] {
      const found = predicted.findLast((each) => each.kind === kind && each.key === key);
      // A prediction of this kind has its value; parts that only the host decides stay ANY in it.
      return found === undefined || found.kind === 'tree' ? facts.get(kind, key) : (found.value as FactValues[K]);
    },
  };
}
