import type { Diagnostic, DiagnosticCode, Place } from '../model/diagnostic.ts';

/** Where a problem is and what to do about it; absent fields are null. */
export interface Where {
  readonly place?: Place | null;
  /** The source line of the place. */
  readonly source?: string | null;
  readonly hint?: string | null;
}

/** Makes a diagnostic. */
export function diagnose(code: DiagnosticCode, message: string, where: Where = {}): Diagnostic {
  return { code, message, place: where.place ?? null, source: where.source ?? null, hint: where.hint ?? null };
}

/** Drops repeated diagnostics (same code, place and message), keeping the first of each. */
export function uniqueDiagnostics(problems: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Map<string, Diagnostic>();
  for (const problem of problems) {
    const key = diagnosticKey(problem);
    if (!seen.has(key)) seen.set(key, problem);
  }
  return [...seen.values()];
}

/** A text that is equal for diagnostics of the same code, place and message. */
export function diagnosticKey({ code, place, message }: Diagnostic): string {
  return JSON.stringify([code, place?.file, place?.line, place?.column, place?.path, message]);
}

/** Sorts diagnostics by file (in order of first appearance), line and column; those without a place come first. */
export function inPlaceOrder(problems: readonly Diagnostic[]): readonly Diagnostic[] {
  const files = [...new Set(problems.map((problem) => problem.place?.file ?? ''))];
  const rank = ({ place }: Diagnostic): readonly [number, number, number] =>
    place === null ? [-1, 0, 0] : [files.indexOf(place.file), place.line, place.column];
  return [...problems].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
  });
}
