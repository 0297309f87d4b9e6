import { diagnose } from '../errors/diagnose.ts';
import type { Checked, Diagnostic, DiagnosticCode, Place } from '../model/diagnostic.ts';
import type { Host } from '../model/host.ts';
import type { Inventory } from './inventory.ts';
import { matchTerm } from './match-term.ts';
import { type PatternTerm, parsePattern, type TermKind } from './pattern.ts';

/** Where a pattern stands, and whether it may select nothing. */
export interface SelectOptions {
  /** Place of the pattern in a file; absent or null for the command line. */
  readonly place?: Place | null;
  /** The source line of the place. */
  readonly source?: string | null;
  /** False reports `pattern-empty` where known names leave no host, such as `web:&db`. Default true. */
  readonly allowEmpty?: boolean;
  /** Reads the file of `@file`, null where that cannot be done. Absent where a pattern may name none. */
  readonly readPatterns?: (path: string) => string | null;
}

/**
 * The hosts that a pattern selects, each once. As in Ansible, unions come first, then intersections (`&`), then exclusions (`!`), wherever they
 * stand; a pattern without a union starts from all hosts. The order is that of the unions, within a group that of the group.
 * Unknown names, and globs, regular expressions and slices that match nothing, are problems; a glob in an exclusion may match nothing.
 */
export function selectHosts(inventory: Inventory, pattern: string, options: SelectOptions = {}): Checked<readonly Host[]> {
  const problems: Diagnostic[] = [];
  const found: Found = { union: [], intersection: [], exclusion: [] };
  for (const { term, context } of termsOf(inventory, { pattern, options }, problems)) {
    const match = matchTerm(inventory, term.text);
    if ('hosts' in match) found[term.kind].push(match.hosts);
    else if (!isHarmless(term, match.code)) {
      const problem = { code: match.code, message: match.reason, hint: match.hint };
      problems.push(locate(problem, { offset: term.offset, length: term.text.length }, context));
    }
  }
  const value = problems.length > 0 ? [] : combine(inventory, found);
  if (value.length === 0 && problems.length === 0 && options.allowEmpty === false) {
    const problem = { code: 'pattern-empty', message: `host pattern "${pattern}" selects no host`, hint: null } as const;
    problems.push(locate(problem, { offset: 0, length: pattern.length }, { pattern, options }));
  }
  return { value, problems };
}

/** Names that terms stand for, by how the terms join. */
type Found = Record<TermKind, (readonly string[])[]>;

function combine(inventory: Inventory, { union, intersection, exclusion }: Found): readonly Host[] {
  const hosts = new Map(inventory.hosts.map((host) => [host.name, host]));
  const names = new Set(union.length === 0 ? (inventory.groups.get('all')?.members ?? []) : union.flat());
  const within = intersection.map((set) => new Set(set));
  const without = new Set(exclusion.flat());
  return [...names].flatMap((name) => {
    const host = hosts.get(name);
    return host !== undefined && !without.has(name) && within.every((set) => set.has(name)) ? [host] : [];
  });
}

interface PlacedTerm {
  readonly term: PatternTerm;
  readonly context: Context;
}

/** The terms of a pattern; in place of `@file` those of the file's lines. */
function termsOf(inventory: Inventory, context: Context, problems: Diagnostic[]): readonly PlacedTerm[] {
  const parsed = parsePattern(context.pattern, (text) => inventory.hostVars.has(text));
  if ('broken' in parsed) {
    const problem = { code: 'pattern-syntax', message: `host pattern "${context.pattern}": ${parsed.broken}`, hint: null } as const;
    problems.push(locate(problem, parsed, context));
    return [];
  }
  return parsed.terms.flatMap((term) => {
    if (!term.text.startsWith('@')) return [{ term, context }];
    const lines = linesOf(term, context);
    if ('hint' in lines) {
      problems.push(locate(lines, { offset: term.offset, length: term.text.length }, context));
      return [];
    }
    return lines.flatMap((line) => termsOf(inventory, line, problems));
  });
}

/** Each line of the file as a pattern of its own; empty ones and comments are passed over. */
function linesOf({ kind, text }: PatternTerm, { options }: Context): readonly Context[] | Mistake {
  const file = text.slice(1);
  if (kind !== 'union')
    return { code: 'pattern-syntax', message: `"${text}" cannot stand behind & or !`, hint: 'write & or ! in its lines' };
  if (options.readPatterns === undefined) {
    return {
      code: 'pattern-syntax',
      message: `"${text}" names a file of patterns`,
      hint: 'files of patterns may be named on the command line only',
    };
  }
  const content = options.readPatterns(file);
  if (content === null) return { code: 'file-missing', message: `there is no file "${file}" of patterns that can be read`, hint: null };
  const lines = content.split(/\r?\n/).flatMap((line, index) => {
    const pattern = line.trim();
    if (pattern === '' || pattern.startsWith('#')) return [];
    const place = { file, line: index + 1, column: line.indexOf(pattern) + 1, length: pattern.length };
    return [{ pattern, options: { place, source: line } }];
  });
  // A pattern without a union would start from all hosts.
  return lines.length > 0 ? lines : { code: 'pattern-empty', message: `the file "${file}" holds no pattern`, hint: null };
}

function isHarmless(term: PatternTerm, code: DiagnosticCode): boolean {
  return term.kind === 'exclusion' && code === 'pattern-empty' && !/\[-?[0-9:-]+\]$/.test(term.text);
}

interface Mistake {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint: string | null;
}

interface Context {
  readonly pattern: string;
  readonly options: SelectOptions;
}

/** Puts the caret under the part of the pattern, where the source line shows the pattern as it is. */
function locate({ code, message, hint }: Mistake, span: { offset: number; length: number }, { pattern, options }: Context): Diagnostic {
  const place = options.place ?? null;
  const source = options.source ?? null;
  const start = place === null || source === null ? -1 : source.indexOf(pattern, place.column - 1);
  const exact = place === null || start === -1 ? place : { ...place, column: start + span.offset + 1, length: span.length };
  return diagnose(code, message, { place: exact, source, hint });
}
