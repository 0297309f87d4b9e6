import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { didYouMean } from '../errors/nearest.ts';
import { isEmptyNode, nodeKind, type YamlEntry } from '../errors/yaml-entries.ts';
import type { YamlSource } from '../errors/yaml-source.ts';
import { type Draft, define, type GroupDraft, groupDraft, hostDraft } from './draft.ts';
import { invalidName, parseHostKey } from './host-name.ts';
import { readYamlVars } from './read-yaml-vars.ts';

const GROUP_KEYS = ['hosts', 'children', 'vars'];

/** Adds what one inventory file says to the draft: groups at the top, each with `hosts`, `children` and `vars`. */
export function readGroups(source: YamlSource, draft: Draft): void {
  const root = source.resolve(source.root);
  if (root === null || isEmptyNode(root)) return;
  const groups = mapping({ source, draft }, root, 'an inventory is a mapping of groups');
  const plugin = groups.find(({ key, valueNode }) => key === 'plugin' && isScalar(source.resolve(valueNode)));
  if (plugin !== undefined) {
    const hint = `name an executable script that runs: exec ansible-inventory -i ${source.file} "$@"`;
    draft.problems.push(source.at(plugin.keyNode, 'unsupported', "Ansible's inventory plugins cannot be used", hint));
    return;
  }
  for (const entry of groups) readGroup({ source, draft }, entry);
}

interface Reading {
  readonly source: YamlSource;
  readonly draft: Draft;
}

function readGroup(reading: Reading, entry: YamlEntry): void {
  const { source, draft } = reading;
  const invalid = invalidName(entry.key);
  if (invalid !== null) {
    draft.problems.push(source.at(entry.keyNode, 'inventory-shape', `"${entry.key}" cannot be a group: ${invalid}`));
    return;
  }
  const group = groupDraft(draft, entry.key);
  const node = source.resolve(entry.valueNode);
  if (node === null || isEmptyNode(node)) return;
  const expected = `group "${group.name}" must be a mapping with hosts, children and vars`;
  for (const part of mapping(reading, node, expected)) readPart(reading, group, part);
}

function readPart(reading: Reading, group: GroupDraft, part: YamlEntry): void {
  const { source, draft } = reading;
  switch (part.key) {
    case 'hosts':
      for (const host of names(reading, part, `hosts of group "${group.name}"`)) readHost(reading, group, host);
      return;
    case 'children':
      for (const child of names(reading, part, `children of group "${group.name}"`)) readChild(reading, group, child);
      return;
    case 'vars':
      readGroupVars(reading, part.valueNode, group);
      return;
    default: {
      const hint = didYouMean(part.key, GROUP_KEYS) ?? 'a group has hosts, children and vars; variables go under vars';
      draft.problems.push(source.at(part.keyNode, 'key-unknown', `group "${group.name}" has no key "${part.key}"`, hint));
    }
  }
}

function readChild(reading: Reading, parent: GroupDraft, entry: YamlEntry): void {
  const { source, draft } = reading;
  if (entry.key === 'all') {
    draft.problems.push(source.at(entry.keyNode, 'inventory-cycle', 'group "all" contains every group and cannot be a child', 'remove it'));
    return;
  }
  readGroup(reading, entry);
  if (!draft.groups.has(entry.key) || parent.children.has(entry.key)) return;
  const place = source.place(entry.keyNode);
  parent.children.set(entry.key, { place, source: source.line(place.line) });
}

function readHost(reading: Reading, group: GroupDraft, entry: YamlEntry): void {
  const { source, draft } = reading;
  const { expansion, port, invalid } = parseHostKey(entry.key);
  if ('broken' in expansion) {
    const hint = 'ranges look like web[01:20], db[a:f] or web[01:20:2]';
    draft.problems.push(source.at(entry.keyNode, 'inventory-range', `host "${entry.key}" is a broken range: ${expansion.broken}`, hint));
    return;
  }
  if (invalid !== null) {
    draft.problems.push(source.at(entry.keyNode, 'inventory-shape', `"${entry.key}" cannot be a host: ${invalid}`));
    return;
  }
  const vars = readYamlVars(source, entry.valueNode, { owner: `host "${entry.key}"`, problems: draft.problems });
  const place = source.place(entry.keyNode);
  const portVar = { name: 'ansible_port', value: port, place, source: source.line(place.line) };
  for (const name of expansion.names) {
    group.hosts.add(name);
    // As in Ansible, only the entry that first names a host says its port.
    const given = port !== null && !draft.hosts.has(name) ? [portVar, ...vars] : vars;
    const own = hostDraft(draft, name);
    const by = { definedBy: { kind: 'host', name }, origin: 'inventory' } as const;
    for (const one of given) define(own, one, by);
  }
}

function readGroupVars({ source, draft }: Reading, node: Node | null, { name, vars }: GroupDraft): void {
  const written = readYamlVars(source, node, { owner: `group "${name}"`, problems: draft.problems });
  for (const one of written) define(vars, one, { definedBy: { kind: 'group', name }, origin: 'inventory' });
}

/** Entries of a part that names hosts or groups: a mapping, or a single name as Ansible allows. */
function names(reading: Reading, part: YamlEntry, what: string): readonly YamlEntry[] {
  const { source, draft } = reading;
  const node = source.resolve(part.valueNode);
  if (node === null || isEmptyNode(node)) return [];
  if (isScalar(node) && typeof node.value === 'string') return [{ key: node.value, keyNode: node, valueNode: null }];
  if (!isSeq(node)) return mapping(reading, node, `${what} must be a mapping of names`);
  draft.problems.push(
    source.at(node, 'inventory-shape', `${what} must be a mapping of names, not a list`, 'write "name:" in place of "- name"'),
  );
  return [];
}

function mapping({ source, draft }: Reading, node: Node, expected: string): ReturnType<YamlSource['entries']> {
  if (isMap(node)) return source.entries(node satisfies YAMLMap);
  draft.problems.push(source.at(node, 'inventory-shape', `${expected}, found ${nodeKind(node)}`));
  return [];
}
