import { type Alias, type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, visit } from 'yaml';
import type { VarValue } from '../model/host.ts';
import { entriesOf, type Resolve } from './yaml-entries.ts';

/** Finds what the aliases of a document stand for, all at once: the parser's own way goes through the document again for each. */
export function aliasResolver(document: Document): Resolve {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node | null>();
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node)) targets.set(node, anchors.get(node.source) ?? null);
      else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return (node) => (isAlias(node) ? (targets.get(node) ?? null) : node);
}

/** Gives the plain values of nodes; what several aliases stand for is made once and shared. */
export function plainValues(resolve: Resolve): (node: Node | null) => VarValue {
  const shared = new Map<Node, VarValue>();
  const plain = (node: Node | null): VarValue => {
    if (isAlias(node)) {
      const target = resolve(node);
      if (target === null) return null;
      const known = shared.get(target) ?? plain(target);
      shared.set(target, known);
      return known;
    }
    if (isMap(node)) return Object.fromEntries(entriesOf(node, resolve).map(({ key, valueNode }) => [key, plain(valueNode)]));
    if (isSeq(node)) return node.items.map((item) => plain(isNode(item) ? item : null));
    return isScalar<VarValue>(node) ? node.value : null;
  };
  return plain;
}

/** How many values a node is with its aliases written out; it must not contain itself. */
export function writtenOutSize(root: Node, resolve: Resolve): number {
  const sizes = new Map<Node, number>();
  const sizeOf = (node: unknown): number => {
    const target = isNode(node) ? resolve(node) : null;
    if (target === null) return 0;
    const size = sizes.get(target) ?? partsOf(target).reduce<number>((sum, part) => sum + sizeOf(part), 1);
    if (isAlias(node)) sizes.set(target, size);
    return size;
  };
  return sizeOf(root);
}

function partsOf(node: Node): readonly unknown[] {
  if (isMap(node)) return node.items.flatMap(({ key, value }) => [key, value]);
  return isSeq(node) ? node.items : [];
}
