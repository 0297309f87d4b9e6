import { isMap, isNode, isSeq, type Node } from 'yaml';
import type { YamlSource } from '../errors/yaml-source.ts';
import type { Place } from '../model/diagnostic.ts';

/** Finds the place of a path below a node; `named` (the role's name) stands for the node itself. */
export type FindPlace = (path: readonly PropertyKey[], part?: 'key' | 'value') => Place;

/** Makes a finder of places; a path that leads to nothing has the place of the nearest thing above. */
export function placeFinder(source: YamlSource, root: Node | null, named: Node): FindPlace {
  return (path, part = 'value') => {
    let spot: Spot = { key: named, value: named, inside: source.resolve(root) };
    for (const segment of path) {
      const next = child(source, spot.inside, segment);
      if (next === null) return source.place(isContainer(spot.inside) ? spot.key : spot.value);
      spot = next;
    }
    return source.place(part === 'key' ? spot.key : spot.value);
  };
}

interface Spot {
  readonly key: Node;
  readonly value: Node;
  /** What the path goes on in. */
  readonly inside: Node | null;
}

function child(source: YamlSource, node: Node | null, segment: PropertyKey): Spot | null {
  if (isMap(node)) {
    const entry = source.entries(node).find(({ key }) => key === String(segment));
    if (entry === undefined) return null;
    return { key: entry.keyNode, value: entry.valueNode ?? entry.keyNode, inside: source.resolve(entry.valueNode) };
  }
  const item = isSeq(node) ? node.items[Number(segment)] : undefined;
  return isNode(item) ? { key: item, value: item, inside: source.resolve(item) } : null;
}

function isContainer(node: Node | null): boolean {
  return isMap(node) || isSeq(node);
}
