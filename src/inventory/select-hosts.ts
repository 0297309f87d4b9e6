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
}

/**
 * The hosts that a pattern selects, each once, in the inventory's order. As in Ansible, unions come first, then intersections (`&`),
 * then exclusions (`!`), wherever they stand; a pattern without a union starts from all hosts.
 * Unknown names, and globs, regular expressions and slices that match nothing, are problems; a glob in an exclusion may match nothing.
 */
export function selectHosts(inventory: Inventory, pattern: string, options: SelectOptions = {}): Checked<readonly Host[]> {
  const parsed = parsePattern(pattern, (text) => inventory.hostVars.has(text));
  if ('broken' in parsed) {
    const problem = { code: 'pattern-syntax', message: `host pattern "${pattern}": ${parsed.broken}`, hint: null } as const;
    return { value: [], problems: [locate(problem, parsed, { pattern, options })] };
  }
  const problems: Diagnostic[] = [];
  const sets: Record<TermKind, ReadonlySet<string>[]> = { union: [], intersection: [], exclusion: [] };
  for (const term of parsed.terms) {
    const match = matchTerm(inventory, term.text);
    if ('hosts' in match) sets[term.kind].push(new Set(match.hosts));
    else if (!isHarmless(term, match.code)) {
      const problem = { code: match.code, message: match.reason, hint: match.hint };
      problems.push(locate(problem, { offset: term.offset, length: term.text.length }, { pattern, options }));
    }
  }
  const value = problems.length > 0 ? [] : combine(inventory, sets);
  if (value.length === 0 && problems.length === 0 && options.allowEmpty === false) {
    const problem = { code: 'pattern-empty', message: `host pattern "${pattern}" selects no host`, hint: null } as const;
    problems.push(locate(problem, { offset: 0, length: pattern.length }, { pattern, options }));
  }
  return { value, problems };
}

function combine(inventory: Inventory, { union, intersection, exclusion }: Record<TermKind, ReadonlySet<string>[]>): readonly Host[] {
  return inventory.hosts.filter(
    ({ name }) =>
      (union.length === 0 || union.some((set) => set.has(name))) &&
      intersection.every((set) => set.has(name)) &&
      !exclusion.some((set) => set.has(name)),
  );
}

function isHarmless(term: PatternTerm, code: DiagnosticCode): boolean {
  return term.kind === 'exclusion' && code === 'pattern-empty' && !/\[-?[0-9:-]+\]$/.test(term.text);
}

interface Found {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint: string | null;
}

interface Context {
  readonly pattern: string;
  readonly options: SelectOptions;
}

/** Puts the caret under the part of the pattern, where the source line shows the pattern as it is. */
function locate({ code, message, hint }: Found, span: { offset: number; length: number }, { pattern, options }: Context): Diagnostic {
  const place = options.place ?? null;
  const source = options.source ?? null;
  const start = place === null || source === null ? -1 : source.indexOf(pattern, place.column - 1);
  const exact = place === null || start === -1 ? place : { ...place, column: start + span.offset + 1, length: span.length };
  return diagnose(code, message, { place: exact, source, hint });
}
