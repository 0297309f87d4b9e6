/** Every mistake a user can make in a file or on the command line. docs/errors.md has a row for each. */
export const DIAGNOSTIC_CODES = [
  'yaml-syntax',
  'key-duplicate',
  'unsupported',
  'file-missing',
  'inventory-shape',
  'inventory-cycle',
  'inventory-range',
  'inventory-script',
  'host-unknown',
  'pattern-syntax',
  'pattern-empty',
  'connection-setting',
  'ssh-config',
  'playbook-shape',
  'key-unknown',
  'role-missing',
  'role-invalid',
  'parameter-invalid',
  'var-unknown',
  'template-syntax',
  'secret',
  'tag-unknown',
  'argument',
] as const;

export type DiagnosticCode = (typeof DIAGNOSTIC_CODES)[number];

/** A place in a source file; line and column count from 1. `length` is how many characters the caret underlines. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length?: number;
  /** Where in the output of the program `file`; it stands in place of line and column, which nobody knows. */
  readonly path?: string;
}

/** A located mistake: what is wrong, where, and what to do about it. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  /** One sentence: what was found and what was expected. */
  readonly message: string;
  /** null for mistakes on the command line. */
  readonly place: Place | null;
  /** The source line of the place, for the caret. */
  readonly source: string | null;
  readonly hint: string | null;
}

/** A value, and all the problems found on the way to it. With a problem the value may be partial and must not be used on hosts. */
export interface Checked<T> {
  readonly value: T;
  readonly problems: readonly Diagnostic[];
}
