import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { didYouMean } from '../errors/nearest.ts';
import { isEmptyNode, nodeKind, type YamlEntry } from '../errors/yaml-entries.ts';
import type { YamlSource } from '../errors/yaml-source.ts';
import { type Draft, define, type GroupDraft, groupDraft, hostDraft } from './draft.ts';
import { invalidName, parseHostKey } from './host-name.ts';
import type { VarDefinition } from './inventory.ts';

const GROUP_KEYS = ['hosts', 'children', 'vars'];

/** Adds what one inventory file says to the draft: groups at the top, each with `hosts`, `children` and `vars`. */
export function readGroups(source: YamlSource, draft: Draft): void {
  const root = source.resolve(source.root);
  if (root === null || isEmptyNode(root)) return;
  const groups = mapping({ source, draft }, root, 'an inventory is a mapping of groups');
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
      readVars(reading, part.valueNode, group);
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
  for (const name of expansion.names) {
    group.hosts.add(name);
    if (port !== null) definePort(reading, name, { port, entry });
    readVars(reading, entry.valueNode, { name, vars: hostDraft(draft, name), isHost: true });
  }
}

function definePort({ source, draft }: Reading, host: string, { port, entry }: { port: number; entry: YamlEntry }): void {
  const place = source.place(entry.keyNode);
  const definition = { name: 'ansible_port', value: port, definedBy: { kind: 'host', name: host }, origin: 'inventory', place } as const;
  const vars = hostDraft(draft, host);
  if (!vars.has('ansible_port')) define(vars, { ...definition, source: source.line(place.line) });
}

interface VarOwner {
  readonly name: string;
  readonly vars: Map<string, VarDefinition>;
  readonly isHost?: boolean;
}

function readVars(reading: Reading, node: Node | null, owner: VarOwner): void {
  const { source } = reading;
  const resolved = source.resolve(node);
  if (resolved === null || isEmptyNode(resolved)) return;
  const kind = owner.isHost === true ? 'host' : 'group';
  for (const entry of mapping(reading, resolved, `vars of ${kind} "${owner.name}" must be a mapping of names to values`)) {
    const place = source.place(entry.valueNode ?? entry.keyNode);
    define(owner.vars, {
      name: entry.key,
      value: source.value(entry.valueNode),
      definedBy: { kind, name: owner.name },
      origin: 'inventory',
      place,
      source: source.line(place.line),
    });
  }
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
