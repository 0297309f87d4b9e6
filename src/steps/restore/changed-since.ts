import { ANY, type FactKind, type FactValues, type FactView } from '../../model/fact.ts';
import type { UndoFact } from '../../model/run.ts';

/** What is compared of kinds whose other fields pass, or follow from these. Default: the fields that are put back. */
const COMPARED: { readonly [K in FactKind]?: readonly (keyof FactValues[K] & string)[] } = {
  package: ['installed', 'version'],
  route: ['routes'],
  ipvs: ['exists', 'scheduler', 'persistentSec', 'servers'],
};

/** What stands in the words for it. */
export const CHANGED_SINCE = 'was changed since the run';

/**
 * Which fields of a fact somebody has changed since the run, in words that follow its name; null where it is as the run found or left it. A unit that has
 * failed since counts as running: nobody has stopped it.
 */
export function changedSince({ kind, key, before, known }: UndoFact, facts: FactView, restored: readonly string[]): string | null {
  if (known === undefined) return null;
  const now = facts.get(kind, key);
  const names: readonly string[] = COMPARED[kind] ?? restored;
  const differing = [...known.toReversed(), before].map((value) =>
    names.filter((name) => !isSame(fieldOf(value, name), fieldOf(now, name))),
  );
  const [fewest = []] = differing.sort((a, b) => a.length - b.length);
  return fewest.length === 0 ? null : `${CHANGED_SINCE}: ${fewest.map((name) => told(name, now)).join(', ')}`;
}

function fieldOf(value: object, name: string): unknown {
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

/** What only the host decided, what was not predicted, and a content that was not kept, may be anything. */
function isSame(kept: unknown, now: unknown): boolean {
  if (kept === ANY || kept === undefined || now === ANY || (now === 'failed' && kept === 'active')) return true;
  const [old, present] = [digestOf(kept), digestOf(now)];
  if (old !== null || present !== null) return kept === null || old === present;
  return JSON.stringify(kept) === JSON.stringify(now);
}

function digestOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'content' || !('digest' in value)) return null;
  return String(value.digest);
}

function told(name: string, now: object): string {
  const value = fieldOf(now, name);
  const text = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? ` is ${value}` : '';
  return `${name}${text}`;
}
