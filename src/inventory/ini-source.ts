import { diagnose } from '../errors/diagnose.ts';
import { isSecretName } from '../errors/secret-names.ts';
import type { Diagnostic, DiagnosticCode, Place } from '../model/diagnostic.ts';

/** A piece of a line: offset from its start and length. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** A line of an INI inventory that knows where it stands. */
export interface IniLine {
  readonly text: string;
  /** Text without the blanks around it, and where that starts. */
  readonly trimmed: string;
  readonly indent: number;
  /** The line with values of secret names masked. */
  readonly source: string;
  place(span: Span): Place;
  /** The text of a piece for a message; `this` where it may be a secret. */
  shown(span: Span): string;
  /** Makes a diagnostic at a piece of the line. */
  at(span: Span, code: DiagnosticCode, problem: { readonly message: string; readonly hint?: string }): Diagnostic;
}

/** The lines of an INI inventory that are neither empty nor comments. */
export function* iniLines(file: string, text: string): Generator<IniLine> {
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|[\r\n]/)
    .entries()) {
    const trimmed = line.trim();
    if (trimmed !== '' && trimmed[0] !== '#' && trimmed[0] !== ';') yield new Line({ file, number: index + 1 }, line.trimEnd(), trimmed);
  }
}

class Line implements IniLine {
  readonly text: string;
  readonly trimmed: string;
  readonly indent: number;
  readonly #from: { readonly file: string; readonly number: number };
  #source: string | null = null;

  constructor(from: { readonly file: string; readonly number: number }, text: string, trimmed: string) {
    this.#from = from;
    this.text = text;
    this.trimmed = trimmed;
    this.indent = text.length - trimmed.length;
  }

  get source(): string {
    this.#source ??= maskSecretAssignments(this.text);
    return this.#source;
  }

  place({ offset, length }: Span): Place {
    return { file: this.#from.file, line: this.#from.number, column: offset + 1, length: Math.max(1, length) };
  }

  shown({ offset, length }: Span): string {
    const text = this.text.slice(offset, offset + length);
    return this.source.slice(offset, offset + length) === text ? `"${text}"` : 'this';
  }

  at(span: Span, code: DiagnosticCode, { message, hint }: { readonly message: string; readonly hint?: string }): Diagnostic {
    return diagnose(code, message, { place: this.place(span), source: this.source, hint: hint ?? null });
  }
}

/** A line with everything behind the first secret name replaced by `[secret]`, also where `=` is missing; columns before it stay. */
function maskSecretAssignments(line: string): string {
  for (const match of line.matchAll(/([\w.-]+)(["']?\s*[=:\s]\s*)(?=\S)/g)) {
    if (isSecretName(match[1] ?? '')) return `${line.slice(0, match.index + match[0].length)}[secret]`;
  }
  return line;
}
