import { isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';

/** A key and value of a YAML mapping, with the nodes that have their places. */
export interface YamlEntry {
  readonly key: string;
  readonly keyNode: Node;
  /** null where nothing is written after the colon. */
  readonly valueNode: Node | null;
}

/** The node itself, or what an alias stands for; null where that is nothing. */
export type Resolve = (node: Node | null) => Node | null;

/**
 * Entries of a mapping, keys as text. What `<<` merges in comes first, as PyYAML has it, and a key of the mapping itself replaces it in its
 * place; of several `<<` the last wins, of several mappings in one the first.
 */
export function entriesOf(map: YAMLMap, resolve: Resolve): readonly YamlEntry[] {
  const all = map.items.flatMap(({ key, value }) =>
    isNode(key) ? [entryOf(key, isNode(value) && !isUnwritten(value) ? value : null, resolve)] : [],
  );
  const merged = all.filter(isMerge).flatMap((entry) => mergedEntries(resolve(entry.valueNode), resolve));
  const own = all.filter((entry) => !isMerge(entry));
  return [...new Map([...merged, ...own].map((entry) => [entry.key, entry])).values()];
}

/** What stands behind a `<<` and is no mapping, so that it cannot be merged in. */
export function unmergeable(pair: Pair, resolve: Resolve): Node | null {
  if (!isNode(pair.key) || !isMerge(entryOf(pair.key, null, resolve)) || !isNode(pair.value)) return null;
  const value = resolve(pair.value);
  const sources = isSeq(value) ? value.items.filter(isNode) : [pair.value];
  return sources.find((source) => !isMap(resolve(source))) ?? null;
}

/** Words for what a node holds: `nothing`, `text`, `a list`, `a mapping`, `the number 3`, `true`. */
export function nodeKind(node: Node | null): string {
  if (node === null || (isScalar(node) && node.value === null)) return 'nothing';
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node)) return 'an alias';
  if (typeof node.value === 'boolean') return String(node.value);
  return typeof node.value === 'number' ? `the number ${node.value}` : 'text';
}

/** True where nothing, `~` or `null` is written. */
export function isEmptyNode(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

/** The parser makes an empty node where nothing is written after the colon. */
function isUnwritten(node: Node): boolean {
  return isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1];
}

function entryOf(key: Node, valueNode: Node | null, resolve: Resolve): YamlEntry {
  const node = resolve(key) ?? key;
  return { key: isScalar(node) ? String(node.value) : String(node), keyNode: key, valueNode };
}

function isMerge({ key, keyNode }: YamlEntry): boolean {
  // The parser's merge tag makes a symbol of the plain key.
  return key === 'Symbol(<<)' && isScalar(keyNode) && typeof keyNode.value === 'symbol';
}

function mergedEntries(node: Node | null, resolve: Resolve): readonly YamlEntry[] {
  if (isMap(node)) return entriesOf(node, resolve);
  if (!isSeq(node)) return [];
  return [...node.items].reverse().flatMap((item) => (isNode(item) ? mergedEntries(resolve(item), resolve) : []));
}
