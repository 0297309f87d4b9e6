import type { Diagnostic, Place } from '../model/diagnostic.ts';

const LONGEST_SOURCE = 160;

/** The parts of a diagnostic as lines, for displays that colour them. */
export interface DiagnosticParts {
  /** As `formatPlace`, or null for the command line. */
  readonly where: string | null;
  readonly code: string;
  readonly message: string;
  /** The numbered source line and the caret line; empty without a source line. */
  readonly frame: readonly string[];
  readonly hint: string | null;
}

/** Splits a diagnostic into its parts, without colours. */
export function diagnosticParts(diagnostic: Diagnostic): DiagnosticParts {
  const { place, source, code, message, hint } = diagnostic;
  return {
    where: place === null ? null : formatPlace(place),
    code,
    message,
    frame: place === null || source === null ? [] : frame(place, source),
    hint,
  };
}

/** `path:line:column`, or the program and the path within what it printed. */
export function formatPlace({ file, line, column, path }: Place): string {
  return path === undefined ? `${file}:${line}:${column}` : `${file}:${path}`;
}

/** A diagnostic as plain text: `path:line:col  error CODE  sentence`, the source line, a caret, the hint. No final newline. */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const parts = diagnosticParts(diagnostic);
  const head = `error ${parts.code}  ${parts.message}`;
  const lines = [parts.where === null ? head : `${parts.where}  ${head}`, ...parts.frame];
  if (parts.hint !== null) lines.push(`  hint: ${parts.hint}`);
  return lines.join('\n');
}

/** Several diagnostics as plain text, an empty line between them. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(renderDiagnostic).join('\n\n');
}

function frame(place: Place, source: string): readonly string[] {
  const number = String(place.line);
  const start = place.column - 1;
  // A window of a very long line, so that the caret stays in sight.
  const from = start > LONGEST_SOURCE / 2 && source.length > LONGEST_SOURCE ? start - LONGEST_SOURCE / 4 : 0;
  const shown = source.slice(from, from + LONGEST_SOURCE).trimEnd();
  const indent = source.slice(from, start).replace(/[^\t]/g, ' ');
  const length = Math.max(1, Math.min(place.length ?? 1, shown.length - (start - from)));
  return [`  ${number} | ${shown}`, `  ${' '.repeat(number.length)} | ${indent}${'^'.repeat(length)}`];
}
