import { isMap, type Node } from 'yaml';
import { isEmptyNode, nodeKind } from '../errors/yaml-entries.ts';
import type { YamlSource } from '../errors/yaml-source.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { WrittenVar } from './draft.ts';

/** Whose vars they are, such as `host "web1"`, and where problems go. */
interface VarsOwner {
  readonly owner: string;
  readonly problems: Diagnostic[];
}

/** Reads a mapping of vars. Anything but a mapping or nothing is a problem. */
export function readYamlVars(source: YamlSource, node: Node | null, { owner, problems }: VarsOwner): readonly WrittenVar[] {
  const resolved = source.resolve(node);
  if (resolved === null || isEmptyNode(resolved)) return [];
  if (!isMap(resolved)) {
    const message = `vars of ${owner} must be a mapping of names to values, found ${nodeKind(resolved)}`;
    problems.push(source.at(resolved, 'inventory-shape', message));
    return [];
  }
  return source.entries(resolved).map(({ key, keyNode, valueNode }): WrittenVar => {
    const place = source.place(valueNode ?? keyNode);
    return { name: key, value: source.value(valueNode), place, source: source.line(place.line) };
  });
}
