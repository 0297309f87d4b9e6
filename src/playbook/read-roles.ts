import { isMap, isNode, isScalar, isSeq, type Node } from 'yaml';
import { didYouMean } from '../errors/nearest.ts';
import { isEmptyNode, nodeKind, type YamlEntry } from '../errors/yaml-entries.ts';
import type { VarValue } from '../model/host.ts';
import { type BecomeWords, NO_BECOME } from './become.ts';
import { type FindPlace, placeFinder } from './place-finder.ts';
import { KNOWN_ROLE_KEYS, ROLE_KEYS } from './play-keys.ts';
import { readBecome } from './read-become.ts';
import { type Reading, readNames, readText, report } from './read-text.ts';

/** A role use whose role is not loaded yet. */
export interface RoleDraft {
  readonly role: string;
  /** Where the role's name stands. */
  readonly node: Node;
  readonly params: VarValue;
  readonly tags: readonly string[];
  /** What it says about whom its steps become. */
  readonly become: BecomeWords;
  readonly place: FindPlace;
  /** Its mapping; empty where only its name is written. */
  readonly entries: ReadonlyMap<string, YamlEntry>;
}

/** Reads a list of roles: names, or mappings with `role`, `params`, `tags` and `become`, and what else the keys allow. */
export function readRoles(reading: Reading, entry: YamlEntry, keys: readonly string[] = ROLE_KEYS): readonly RoleDraft[] {
  const node = reading.source.resolve(entry.valueNode);
  if (isEmptyNode(node)) return [];
  if (isSeq(node)) return node.items.flatMap((item) => (isNode(item) ? readRole(reading, item, { list: entry.key, keys }) : []));
  report(reading, entry.valueNode ?? entry.keyNode, {
    message: `"${entry.key}" must be a list, found ${nodeKind(node)}`,
    hint: 'write "- NAME" for each role',
  });
  return [];
}

interface RoleList {
  /** The key that the list stands under. */
  readonly list: string;
  /** Keys that its mappings may have. */
  readonly keys: readonly string[];
}

function readRole(reading: Reading, item: Node, { list, keys }: RoleList): readonly RoleDraft[] {
  const { source } = reading;
  const node = source.resolve(item);
  if (isScalar(node) && typeof node.value === 'string') {
    return [
      { role: node.value, node: item, params: {}, tags: [], become: NO_BECOME, place: placeFinder(source, null, item), entries: new Map() },
    ];
  }
  if (!isMap(node)) {
    report(reading, item, { message: `a role is a name or a mapping with role and params, found ${nodeKind(node)}` });
    return [];
  }
  const entries = new Map(source.entries(node).map((entry) => [entry.key, entry]));
  for (const entry of entries.values()) if (!keys.includes(entry.key)) reportKey(reading, entry, keys);
  const named = entries.get('role');
  if (named === undefined) {
    report(reading, item, { message: `this entry of ${list} names no role`, hint: 'write { role: NAME, params: { … } }' });
    return [];
  }
  const role = readText(reading, named);
  const tags = entries.get('tags');
  if (role === null) return [];
  const nameNode = named.valueNode ?? named.keyNode;
  return [
    {
      role,
      node: nameNode,
      ...readParams(reading, entries.get('params'), nameNode),
      tags: tags === undefined ? [] : readNames(reading, tags),
      become: readBecome(reading, entries),
      entries,
    },
  ];
}

function readParams(reading: Reading, entry: YamlEntry | undefined, named: Node): Pick<RoleDraft, 'params' | 'place'> {
  const { source } = reading;
  const node = source.resolve(entry?.valueNode ?? null);
  const place = placeFinder(source, node, named);
  if (entry === undefined || isEmptyNode(node)) return { params: {}, place };
  if (isMap(node)) return { params: source.value(node), place };
  report(reading, entry.valueNode ?? entry.keyNode, { message: `"params" must be a mapping of names to values, found ${nodeKind(node)}` });
  return { params: {}, place };
}

function reportKey(reading: Reading, { key, keyNode }: YamlEntry, keys: readonly string[]): void {
  const { code = 'key-unknown', hint = didYouMean(key, keys) } = KNOWN_ROLE_KEYS.get(key) ?? {};
  const otherwise = 'parameters of a role go under params, as in { role: NAME, params: { … } }';
  report(reading, keyNode, { code, message: `a role use has no key "${key}"`, hint: hint ?? otherwise });
}
