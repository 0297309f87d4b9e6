import { ANY, type FactRequest, type FactState, type FactValues, factId } from '../model/fact.ts';
import type { Decided } from '../model/planned.ts';
import type { Promised } from '../model/ports.ts';

/** What the facts that these steps touched must be now. Later predictions replace earlier ones of the same fact. */
export function promises(decided: readonly Decided[]): Promised[] {
  const last = new Map<string, Promised>();
  for (const { item, decision } of decided) {
    if (decision.kind !== 'change') continue;
    for (const prediction of decision.plan.predicted) {
      if (prediction.kind === 'tree') forgetBelow(last, prediction.key);
      const kind = prediction.kind === 'tree' ? 'file' : prediction.kind;
      last.set(factId({ kind, key: prediction.key }), { prediction, by: item.id, isActed: decision.plan.actions.length > 0 });
    }
  }
  return [...last.values()];
}

function forgetBelow(last: Map<string, Promised>, path: string): void {
  for (const id of last.keys()) if (id.startsWith(`file ${path}/`)) last.delete(id);
}

/** What to read back: files with their content only where it is not as promised. */
export function verifyRequests(promised: readonly Promised[]): FactRequest[] {
  return promised.map(({ prediction }): FactRequest => {
    if (prediction.kind === 'tree') return { kind: 'file', key: prediction.key };
    const { kind, key, value } = prediction;
    const digest = kind === 'file' && 'content' in value ? contentDigest(value.content) : null;
    return digest === null ? { kind, key } : { kind, key, content: { unless: digest } };
  });
}

function contentDigest(content: unknown): string | null {
  if (typeof content !== 'object' || content === null || !('digest' in content)) return null;
  return typeof content.digest === 'string' ? content.digest : null;
}

/** Steps whose promise the host does not keep, with what was found instead. */
export function broken(
  promised: readonly Promised[],
  facts: ReadonlyMap<string, FactState>,
): { readonly by: string; readonly reason: string }[] {
  return promised.flatMap(({ prediction, by, isActed = true }) => {
    const kind = prediction.kind === 'tree' ? 'file' : prediction.kind;
    const expected = prediction.kind === 'tree' ? { type: 'absent' } : prediction.value;
    const found = facts.get(factId({ kind, key: prediction.key }));
    if (found?.state !== 'known') return [{ by, reason: `${kind} ${prediction.key} could not be read back` }];
    const difference = firstDifference(expected, found.value, '');
    if (difference === null) return [];
    if (kind === 'guard') return [{ by, reason: brokenCheck(prediction.key, found.value, isActed) }];
    return [{ by, reason: `after the change ${kind} ${prediction.key} is not as planned: ${difference}` }];
  });
}

/** Longest check that is quoted, in characters. */
const QUOTED = 120;

/** A check that does not hold, in words: itself where it is a short line, and the last line that it printed. */
function brokenCheck(check: string, value: FactValues[keyof FactValues], isActed: boolean): string {
  const last = 'output' in value ? (value.output.trim().split('\n').at(-1) ?? '') : '';
  const verb = isActed ? 'say so' : 'hold';
  const quoted = check.length > QUOTED || check.includes('\n') ? `its check does not ${verb}` : `this check does not ${verb}: ${check}`;
  return `${isActed ? 'it was carried out, but afterwards ' : ''}${quoted}${last === '' ? '' : `: ${last}`}`;
}

/** The first place where a value is not as expected, in words; null when it matches. ANY matches all; a null content was not asked for. */
export function firstDifference(expected: unknown, found: unknown, path: string): string | null {
  if (expected === ANY) return null;
  if (path.endsWith('content') && expected === null) return null;
  if (isRecord(expected) && isRecord(found)) return differenceInRecords(expected, found, path);
  if (JSON.stringify(expected) === JSON.stringify(found)) return null;
  return `${path.replace(/^\./, '')} is ${show(found)}, planned was ${show(expected)}`;
}

function differenceInRecords(
  expected: Readonly<Record<string, unknown>>,
  found: Readonly<Record<string, unknown>>,
  path: string,
): string | null {
  // Contents are the same when their digests are.
  const names = expected.kind === 'content' ? ['digest'] : Object.keys(expected);
  for (const name of names) {
    const difference = firstDifference(expected[name], found[name], `${path}.${name}`);
    if (difference !== null) return difference;
  }
  return null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
}
