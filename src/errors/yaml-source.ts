import { LineCounter, type Node, parseDocument, type Tags, type YAMLMap } from 'yaml';
import type { Diagnostic, DiagnosticCode, Place } from '../model/diagnostic.ts';
import type { VarValue } from '../model/host.ts';
import type { SecretKeeper } from '../model/secret.ts';
import { diagnose } from './diagnose.ts';
import { maskSecretLines } from './secret-names.ts';
import { entriesOf, type YamlEntry } from './yaml-entries.ts';
import { shapeProblems, syntaxProblem } from './yaml-problems.ts';
import { keepSecrets, SECRET_TAGS } from './yaml-secrets.ts';
import { isJson, JSON_TAGS, YAML_TAGS } from './yaml-tags.ts';
import { aliasResolver, plainValues } from './yaml-value.ts';

/** A parsed YAML file that knows where everything stands. */
export interface YamlSource {
  readonly file: string;
  /** null for an empty file. */
  readonly root: Node | null;
  /** Syntax errors, duplicate keys and unknown tags. */
  readonly problems: readonly Diagnostic[];
  /** False where syntax errors make the rest of the file meaningless. */
  readonly usable: boolean;
  /** Where a node stands; the caret covers it up to the end of its first line. */
  place(node: Node): Place;
  /** The text of a line, counted from 1, with values of secret names masked; null outside the file. */
  line(line: number): string | null;
  /** Makes a diagnostic at a node. */
  at(node: Node, code: DiagnosticCode, message: string, hint?: string | null): Diagnostic;
  /** The node itself, or what an alias stands for. */
  resolve(node: Node | null): Node | null;
  /** Entries of a mapping in order, with `<<` merged in behind them; keys become text. */
  entries(map: YAMLMap): readonly YamlEntry[];
  /** The plain value of a node. */
  value(node: Node | null): VarValue;
}

/**
 * Parses YAML text (1.2, plus `yes`/`no`/`on`/`off`, `<<` and digits with a leading zero kept as text) and collects all its problems.
 * `moreTags` says what else may be tagged, and how it is read; `secrets` makes secrets of what is tagged `!secret`, which without it is unknown.
 */
export function parseYamlSource(file: string, text: string, moreTags: Tags = [], secrets: SecretKeeper | null = null): YamlSource {
  const lineCounter = new LineCounter();
  const ownTags = isJson(text) ? JSON_TAGS : YAML_TAGS;
  const customTags = (tags: Tags): Tags => [...ownTags, ...moreTags, ...(secrets === null ? [] : SECRET_TAGS), ...tags];
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, merge: true, customTags });
  const lines = text.split(/\r?\n/);
  const line = maskedLines(lines);
  const placeOf = (start: number, end: number): Place => {
    const { line: row, col } = lineCounter.linePos(start);
    const rest = (lines[row - 1] ?? '').length - (col - 1);
    return { file, line: Math.max(1, row), column: Math.max(1, col), length: Math.max(1, Math.min(end - start, rest)) };
  };
  const place = (node: Node): Place => placeOf(node.range?.[0] ?? 0, node.range?.[1] ?? 0);
  const at: YamlSource['at'] = (node, code, message, hint = null) => {
    const where = place(node);
    return diagnose(code, message, { place: where, source: line(where.line), hint });
  };
  const problems = [...document.errors, ...document.warnings].map((error) => {
    const where = placeOf(error.pos[0], error.pos[1]);
    return syntaxProblem(error, { place: where, source: line(where.line) });
  });
  if (secrets !== null) problems.push(...keepSecrets(document, { file, secrets, at, place, line }));
  const resolve = aliasResolver(document);
  problems.push(...shapeProblems(document, { resolve, at, text }));
  return {
    file,
    root: document.contents,
    problems,
    usable: problems.every((problem) => problem.code !== 'yaml-syntax'),
    place,
    line,
    at,
    resolve,
    entries: (map) => entriesOf(map, resolve),
    value: plainValues(resolve),
  };
}

/** Gives lines with their secrets masked; all are masked once, when the first is wanted. */
function maskedLines(lines: readonly string[]): YamlSource['line'] {
  let masked: readonly string[] | null = null;
  return (number) => {
    masked ??= maskSecretLines(lines);
    return masked[number - 1] ?? null;
  };
}
