import { dirname } from 'node:path';
import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, Scalar, type Tags, visit, YAMLMap, YAMLSeq } from 'yaml';
import type { Diagnostic, DiagnosticCode, Place } from '../model/diagnostic.ts';
import type { Secret, SecretKeeper, SecretSource } from '../model/secret.ts';
import { didYouMean } from './nearest.ts';
import { entriesOf } from './yaml-entries.ts';
import { aliasResolver } from './yaml-value.ts';

const TAG = '!secret';

/** `!secret` before text, and before where a secret comes from; read by `keepSecrets`. */
export const SECRET_TAGS: Tags = [
  { tag: TAG, resolve: (text: string) => text },
  { tag: TAG, collection: 'map', nodeClass: YAMLMap, resolve: (value) => value },
  { tag: TAG, collection: 'seq', nodeClass: YAMLSeq, resolve: (value) => value },
];

/** What makes secrets, and what a source of YAML knows of its nodes. */
interface Keeping {
  readonly secrets: SecretKeeper;
  readonly file: string;
  place(node: Node): Place;
  line(line: number): string | null;
  at(node: Node, code: DiagnosticCode, message: string, hint?: string | null): Diagnostic;
}

/** Replaces everything tagged `!secret` in a document by its secret, and says what is wrong with it. */
export function keepSecrets(document: Document, keeping: Keeping): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  visit(document, {
    Node: (key, node) => {
      if (isAlias(node) || node.tag !== TAG) return undefined;
      const made = key === 'key' ? wrong(node, keeping, 'a name cannot be secret') : secretOf(node, document, keeping);
      const isSecret = !('code' in made);
      if (!isSecret) problems.push(made);
      return inPlaceOf(node, isSecret ? made : null);
    },
  });
  return problems;
}

function inPlaceOf({ range, anchor }: Exclude<Node, Alias>, secret: Secret | null): Scalar {
  const kept = new Scalar<unknown>(secret);
  if (range) kept.range = range;
  if (anchor !== undefined) kept.anchor = anchor;
  return kept;
}

function wrong(node: Node, { at }: Keeping, message: string, hint: string | null = null): Diagnostic {
  return at(node, 'secret', message, hint);
}

function secretOf(node: Node, document: Document, keeping: Keeping): Secret | Diagnostic {
  if (isScalar(node)) {
    const text = typeof node.value === 'string' ? node.value : '';
    return text === '' ? wrong(node, keeping, '!secret stands before nothing', SHAPES) : keeping.secrets.known(text);
  }
  if (isSeq(node)) return wrong(node, keeping, '!secret stands before text or where it comes from, found a list', SHAPES);
  const resolve = aliasResolver(document);
  const entries = isMap(node) ? entriesOf(node, resolve).map(({ key, valueNode }) => [key, scalarOf(resolve(valueNode))] as const) : [];
  const source = sourceOf(entries);
  if ('message' in source) return wrong(node, keeping, source.message, source.hint ?? SHAPES);
  const place = keeping.place(node);
  return keeping.secrets.from(source, dirname(keeping.file), { what: 'the secret', place, line: keeping.line(place.line) });
}

function scalarOf(node: Node | null): unknown {
  return isScalar(node) ? node.value : null;
}

const SHAPES = 'write !secret TEXT, { env: NAME }, { file: PATH }, { command: "…" } or { age: PATH, key: NAME }';
const ORIGINS = ['env', 'file', 'command', 'age'] as const;
const AGE_KEYS = ['age', 'key', 'identity'];

interface Trouble {
  readonly message: string;
  readonly hint?: string;
}

/** Where a secret comes from, as a mapping says it; or what is wrong with that. */
export function sourceOf(entries: readonly (readonly [string, unknown])[]): SecretSource | Trouble {
  const origin = ORIGINS.find((name) => entries.some(([key]) => key === name));
  const keys = origin === 'age' ? AGE_KEYS : ORIGINS;
  const strange = entries.find(([key]) => !keys.some((name) => name === key))?.[0];
  if (strange !== undefined) return strangeKey(strange, origin === undefined ? [...ORIGINS, ...AGE_KEYS] : keys);
  if (origin === undefined) return { message: 'a secret must say where it comes from: env, file, command or age' };
  if (origin !== 'age' && entries.length > 1) return { message: 'a secret comes from one source: env, file, command or age' };
  const empty = entries.find(([, value]) => typeof value !== 'string' || value === '' || value.includes('\0'))?.[0];
  if (empty !== undefined) return { message: `the secret's "${empty}" must be text that is not empty` };
  const text = (key: string): string | null => {
    const value = entries.find(([name]) => name === key)?.[1];
    return typeof value === 'string' ? value : null;
  };
  const from = text(origin) ?? '';
  switch (origin) {
    case 'env':
      return { env: from };
    case 'file':
      return { file: from };
    case 'command':
      return { command: from };
    case 'age':
      return { age: from, key: text('key'), identity: text('identity') };
  }
}

/** Without a name that it resembles it may be a piece of the secret, cut at a colon or in braces: then it is not told. */
function strangeKey(key: string, keys: readonly string[]): Trouble {
  const hint = didYouMean(key, keys);
  const isTold = hint !== null || AGE_KEYS.includes(key) || ORIGINS.some((name) => name === key);
  return { message: isTold ? `a secret has no key "${key}"` : 'a secret has no such key', ...(hint === null ? {} : { hint }) };
}
