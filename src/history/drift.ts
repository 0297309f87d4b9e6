import type { RunLine, StepMark } from '../model/history.ts';
import type { Drift, DriftRun } from '../model/run.ts';

/** A step that is not as wanted, in digests by the folder's key. */
export interface Drifted {
  /** Digest of what is wanted now; null: not known. */
  readonly wanted: string | null;
  /** What is there now, by field; null: it cannot be compared. */
  readonly found: Readonly<Record<string, string | null>>;
}

/** Ids of runs in place of the runs. */
type Verdict = { readonly [K in keyof Drift]: Drift[K] extends DriftRun | null ? string | null : Drift[K] };

/** What the history says of a step that is not as wanted: until when it was, and who wrote what is there now. */
export function driftOf(mark: StepMark, drifted: Drifted, runs: ReadonlyMap<string, RunLine>): Drift {
  const { asWanted, writer, by } = judge(mark, drifted);
  const named = (id: string | null): DriftRun | null => {
    const run = id === null ? undefined : runs.get(id);
    return run === undefined ? null : { run: run.id, mode: run.mode, startedAt: run.startedAt, user: run.user };
  };
  return { asWanted: named(asWanted), writer, by: named(by) };
}

function judge(mark: StepMark, drifted: Drifted): Verdict {
  const { ok, set, trouble } = mark;
  const asWanted = ok?.run ?? null;
  // Where it came later than all that is known, it may have left anything.
  if (trouble !== undefined && trouble.run > (asWanted ?? '') && trouble.run > (set?.run ?? ''))
    return { asWanted, writer: 'unknown', by: trouble.run };
  if (set !== undefined && compare(drifted.found, set.after) === 'same') return { asWanted, writer: 'drover', by: set.run };
  return { asWanted, writer: isOfSomeoneElse(mark, drifted) ? 'someone-else' : 'unknown', by: null };
}

/** True where it was as wanted and the same is wanted still, or where its values of then are known and others are there. */
function isOfSomeoneElse({ ok, set }: StepMark, { wanted, found }: Drifted): boolean {
  if (ok === undefined) return false;
  if (ok.wanted !== null && ok.wanted === wanted) return true;
  if (set === undefined || compare(found, set.after) !== 'other') return false;
  return set.run >= ok.run || (set.wanted !== null && set.wanted === ok.wanted);
}

/** `same`: all fields are as they were left; `other`: one is not; else some cannot be compared. */
function compare(found: Drifted['found'], left: Readonly<Record<string, string>>): 'same' | 'other' | 'unknown' {
  const fields = Object.entries(found).map(([field, digest]) => {
    const then = Object.hasOwn(left, field) ? left[field] : undefined;
    if (digest === null || then === undefined) return 'unknown';
    return digest === then ? 'same' : 'other';
  });
  if (fields.includes('other')) return 'other';
  return fields.length > 0 && fields.every((field) => field === 'same') ? 'same' : 'unknown';
}
