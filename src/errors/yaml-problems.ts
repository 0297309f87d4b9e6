import {
  type Alias,
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  type Node,
  type Pair,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { Diagnostic, DiagnosticCode, Place } from '../model/diagnostic.ts';
import { diagnose } from './diagnose.ts';
import { type Resolve, unmergeable } from './yaml-entries.ts';
import { writtenOutSize } from './yaml-value.ts';

/** Where something is wrong, and the source line of that place. */
interface Where {
  readonly place: Place;
  readonly source: string | null;
}

/** The problem of a parser's error. */
export function syntaxProblem(error: YAMLError, where: Where): Diagnostic {
  if (error.code === 'MULTIPLE_DOCS') {
    return diagnose('yaml-syntax', 'a second document starts here; a file holds one', { ...where, hint: 'make it a file of its own' });
  }
  const message = error.message.replace(/\s+/g, ' ').replace(/\.$/, '');
  const isVault = error.code === 'TAG_RESOLVE_FAILED' && message.includes('!vault');
  if (isVault) return diagnose('unsupported', 'values encrypted with ansible-vault cannot be read yet', where);
  const text = `not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
  return diagnose('yaml-syntax', text, { ...where, hint: quotesHint(error, where) });
}

const QUOTES = 'put text in quotes that starts with "{{" or another sign of YAML, or has ": " in it';

/** What is meant as text and needs quotes: `{{ x }}/y`, `@x`, `%x`, and `a: b` as a value. */
function quotesHint({ code }: YAMLError, { source }: Where): string | null {
  const isUnquoted = /(?:[:-]\s+|^\s*)\{\{/.test(source ?? '') || code === 'BAD_SCALAR_START' || code === 'BLOCK_AS_IMPLICIT_KEY';
  return isUnquoted ? QUOTES : null;
}

/** What a document is checked with. */
interface Checking {
  readonly resolve: Resolve;
  readonly text: string;
  at(node: Node, code: DiagnosticCode, message: string, hint?: string | null): Diagnostic;
}

/** Values of YAML 1.1 that neither JSON nor a role's parameter can have. */
const FOREIGN = /^tag:yaml\.org,2002:(binary|set|omap|pairs)$/;

/** A file whose aliases, written out, are more values than this is a mistake or an attack. */
const MOST_VALUES = 5_000_000;

/** Names that are no text, aliases without an anchor, what cannot be merged, and values that nothing can use. */
export function shapeProblems(document: Document, { resolve, text, at }: Checking): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  const report = (node: Node, message: string, hint: string | null = null): void => {
    problems.push(at(node, 'yaml-syntax', message, hint));
  };
  let aliases = 0;
  visit(document, {
    Pair: (_key, pair, path) => checkPair(pair, { parent: path.at(-1), resolve, text, report }),
    Alias: (_key, alias, path) => {
      aliases += 1;
      checkAlias(alias, { path, resolve, report });
    },
    Value: (_key, node) => {
      if (isMap(node)) problems.push(...duplicateKeys(node, at));
      const kind = FOREIGN.exec(node.tag ?? '')?.[1];
      if (kind !== undefined) report(node, `values tagged !!${kind} cannot be used`, 'write text, a list or a mapping');
    },
  });
  const root = document.contents;
  if (problems.some(({ code }) => code === 'yaml-syntax') || aliases === 0 || root === null || writtenOutSize(root, resolve) <= MOST_VALUES)
    return problems;
  return [at(root, 'yaml-syntax', `with its aliases written out the file has more than ${MOST_VALUES} values`)];
}

/** Each name that stands in a mapping a second time. The parser's own check compares every name with every other. */
function duplicateKeys(map: YAMLMap, at: Checking['at']): readonly Diagnostic[] {
  const seen = new Set<string>();
  return map.items.flatMap(({ key }) => {
    if (!isScalar(key) || typeof key.value === 'symbol') return [];
    const name = String(typeof key.value === 'boolean' ? key.source : key.value);
    if (seen.has(name)) return [at(key, 'key-duplicate', `the key "${name}" is already in this mapping`, 'keep one of them')];
    seen.add(name);
    return [];
  });
}

type Report = (node: Node, message: string, hint?: string | null) => void;

interface PairCheck extends Pick<Checking, 'resolve' | 'text'> {
  readonly parent: unknown;
  readonly report: Report;
}

function checkPair(pair: Pair, { parent, resolve, text, report }: PairCheck): void {
  const { key } = pair;
  // Words stand for booleans only as values: a key such as "on" is a name.
  if (isScalar(key) && typeof key.value === 'boolean' && key.source !== undefined) key.value = key.source;
  if (isCollection(key)) {
    // {{ x }} without quotes is a mapping whose only name is a mapping.
    const braces = isMap(parent) && text.startsWith('{{', parent.range?.[0]) ? parent : null;
    if (braces === null) report(key, 'a list or mapping cannot be a name');
    else report(braces, 'text that starts with "{{" must stand in quotes', 'write "{{ … }}"');
  }
  const stranger = unmergeable(pair, resolve);
  if (stranger !== null) report(stranger, '<< merges mappings, and this is none');
}

interface AliasCheck extends Pick<Checking, 'resolve'> {
  readonly path: readonly unknown[];
  readonly report: Report;
}

function checkAlias(alias: Alias, { path, resolve, report }: AliasCheck): void {
  const target = resolve(alias);
  if (!isNode(target)) report(alias, `*${alias.source} has no anchor &${alias.source} before it`);
  else if (path.includes(target)) report(alias, `*${alias.source} stands inside the value it names`);
}
