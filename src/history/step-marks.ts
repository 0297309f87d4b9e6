import type { DigestKey } from '../digest-key.ts';
import type { Marks, StepMark } from '../model/history.ts';
import { MASK } from '../report/redact.ts';
import type { ReportChange, ReportStep, ReportValue } from '../report/report.ts';
import { mergeMarks } from './marks.ts';

/** The run that marks are read from. */
export interface MarkedRun {
  readonly run: string;
  readonly isApply: boolean;
  readonly key: DigestKey;
  /** False for a report whose digests were made with another key: they say nothing now. */
  readonly isOwnKey: boolean;
}

/** A step that puts another back begins with this, and goes on with the id of that one. */
const UNDO = 'undo ';

/** What the steps of a host tell of what they found or did there. */
export function marksOf(steps: readonly ReportStep[], run: MarkedRun): Marks {
  const marks = steps.map((step): Marks => {
    const isUndo = step.id.startsWith(UNDO);
    const mark = isUndo ? undoMark(step, run) : markOf(step, run);
    return mark === null ? {} : { [isUndo ? step.id.slice(UNDO.length) : step.id]: mark };
  });
  return mergeMarks({}, marks);
}

/** Steps around the roles come and go, handlers answer to others: neither says what is to stay. */
function markOf(step: ReportStep, { run, isApply, key, isOwnKey }: MarkedRun): StepMark | null {
  if (step.handler || step.part !== 'roles') return null;
  const wanted = isOwnKey ? (step.wanted ?? null) : null;
  if (step.outcome === 'ok') return { ok: { run, wanted } };
  if (!isApply || !wasBegun(step)) return null;
  if (!isDone(step)) return { trouble: { run } };
  return { ok: { run, wanted }, set: { run, wanted, after: digestsOf(step.changes, key) } };
}

/** What puts a step back is drover's own hand as well, but it is not what that step wants. */
function undoMark(step: ReportStep, { run, isApply, key }: MarkedRun): StepMark | null {
  if (step.handler || !isApply || !wasBegun(step)) return null;
  return isDone(step) ? { set: { run, wanted: null, after: digestsOf(step.changes, key) } } : { trouble: { run } };
}

function wasBegun({ outcome, progress }: ReportStep): boolean {
  return outcome !== 'ok' && progress !== 'planned' && progress !== 'not-started';
}

function isDone({ outcome, progress }: ReportStep): boolean {
  return outcome === 'changed' && progress === 'done';
}

function digestsOf(changes: readonly ReportChange[], key: DigestKey): Readonly<Record<string, string>> {
  return Object.fromEntries(
    changes.flatMap(({ field, after }) => {
      const digest = valueDigest(after, key);
      return digest === null ? [] : [[field, digest]];
    }),
  );
}

/** A field's value as a digest that can be compared; null where a secret stands in it, so that nobody knows which value it was. */
export function valueDigest(value: ReportValue, key: DigestKey): string | null {
  if (typeof value !== 'object' || value === null || !('size' in value)) {
    const text = JSON.stringify(value);
    return text.includes(MASK) ? null : shortDigest(text, key);
  }
  return value.sha256 === null ? null : shortDigest(`content ${value.size} ${value.sha256}`, key);
}

/** Enough to tell values of one field apart. */
function shortDigest(text: string, key: DigestKey): string {
  return key.digest(text).slice(0, 12);
}
