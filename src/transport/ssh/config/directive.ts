import { diagnose } from '../../../errors/diagnose.ts';
import type { Diagnostic, DiagnosticCode, Place } from '../../../model/diagnostic.ts';
import type { ConfigWord } from './words.ts';

/** One line of a configuration file: a keyword and its arguments. */
export interface ConfigLine {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  /** The line as written, without white space at its end. */
  readonly source: string;
  /** As written. */
  readonly keyword: ConfigWord;
  readonly words: readonly ConfigWord[];
  /** All that follows the keyword, with quotes and comments: what ProxyCommand takes. */
  readonly rest: ConfigWord;
}

/** One criterion of a Match line. */
export interface Criterion {
  readonly name: 'all' | 'canonical' | 'final' | 'host' | 'originalhost' | 'user' | 'localuser' | 'undecidable';
  readonly negated: boolean;
  /** Empty for `all`, `canonical` and `final`. */
  readonly argument: string;
  readonly word: ConfigWord;
}

/** What a line says, as far as that can be told without a host. */
export type Directive =
  | { readonly kind: 'host'; readonly line: ConfigLine }
  | { readonly kind: 'match'; readonly line: ConfigLine; readonly criteria: readonly Criterion[] }
  | { readonly kind: 'include'; readonly line: ConfigLine; readonly files: readonly ConfigFile[] }
  /** A keyword that drover follows, or that it must not ignore. */
  | { readonly kind: 'setting'; readonly line: ConfigLine; readonly keyword: string }
  | { readonly kind: 'unknown'; readonly line: ConfigLine };

/** A configuration file with the files that it includes. */
export interface ConfigFile {
  readonly path: string;
  readonly directives: readonly Directive[];
}

/** The place of a word of a line, for diagnostics. */
export function placeOf({ file, line }: Pick<ConfigLine, 'file' | 'line'>, word: ConfigWord): Place {
  return { file, line, column: word.column, length: Math.max(1, word.length) };
}

/** A diagnostic at a word of a line. */
export function problemAt(
  line: ConfigLine,
  word: ConfigWord,
  what: { code?: DiagnosticCode; message: string; hint?: string | null },
): Diagnostic {
  const where = { place: placeOf(line, word), source: line.source, hint: what.hint ?? null };
  return diagnose(what.code ?? 'ssh-config', what.message, where);
}
