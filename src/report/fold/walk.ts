import type { ActionFailure, HostError } from '../../model/run.ts';
import type { ReportChange, ReportStep, ReportValue } from '../report.ts';

/** What becomes of the parts of a record: texts and numbers that hosts may have values of their own in, and figures that are never compared. */
export interface Visitor {
  text(text: string): string;
  number(number: number): string | number;
  figure(figure: number): number;
  digest(digest: string): string;
}

/** A step with each of its texts, numbers and figures replaced, always in the same order. All else, also what is not known here, stays. */
export function walkStep(step: ReportStep, visitor: Visitor): ReportStep {
  return {
    ...step,
    id: visitor.text(step.id),
    on: orNull(step.on, visitor.text),
    subject: visitor.text(step.subject),
    notifiedBy: step.notifiedBy.map(visitor.text),
    reason: orNull(step.reason, visitor.text),
    durationMs: orNull(step.durationMs, visitor.figure),
    changes: step.changes.map((change) => walkChange(change, visitor)),
    failure: orNull(step.failure, (failure) => walkFailure(failure, visitor)),
    irreversible: orNull(step.irreversible, visitor.text),
    ...(step.wanted === undefined ? {} : { wanted: visitor.digest(step.wanted) }),
  };
}

/** The same for a host's error. */
export function walkError(error: HostError, { text }: Visitor): HostError {
  return { ...error, message: text(error.message), hint: orNull(error.hint, text) };
}

function walkChange(change: ReportChange, visitor: Visitor): ReportChange {
  return {
    ...change,
    field: visitor.text(change.field),
    before: walkValue(change.before, change, visitor),
    after: walkValue(change.after, change, visitor),
    diff: orNull(change.diff, visitor.text),
    diffNote: orNull(change.diffNote, visitor.text),
  };
}

function walkFailure(failure: ActionFailure, visitor: Visitor): ActionFailure {
  return {
    ...failure,
    action: visitor.text(failure.action),
    output: visitor.text(failure.output),
    durationMs: visitor.figure(failure.durationMs),
  };
}

/**
 * Sizes and digests of contents are figures: the diff tells what matters of them, or the note does where there is none.
 * A diff that is cut short does not: then they are left, and count as they are.
 */
function walkValue(value: ReportValue, { diff, diffNote }: ReportChange, visitor: Visitor): ReportValue {
  if (typeof value === 'string') return visitor.text(value);
  if (typeof value === 'number') return visitor.number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(visitor.text);
  const isCut = diff !== null && diffNote !== null;
  return isCut
    ? value
    : { ...value, size: visitor.figure(value.size), sha256: value.sha256 === null ? null : visitor.digest(value.sha256) };
}

function isList(value: object): value is readonly string[] {
  return Array.isArray(value);
}

function orNull<T>(value: T | null, map: (value: T) => T): T | null {
  return value === null ? null : map(value);
}
