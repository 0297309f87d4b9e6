import { isMap, isNode, isScalar, isSeq, type Node } from 'yaml';
import { didYouMean, nearestName } from '../errors/nearest.ts';
import { isEmptyNode, nodeKind, type YamlEntry } from '../errors/yaml-entries.ts';
import { ALLOWANCES, type Allowance, allowanceOf } from '../model/allowance.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { Become, Vars } from '../model/host.ts';
import { ANSIBLE_PLAY_KEYS, PLAY_KEYS } from './play-keys.ts';
import { type RoleDraft, readRoles } from './read-roles.ts';
import { type RolloutDraft, readRollout } from './read-rollout.ts';
import { type Reading, readMapping, readNames, readPattern, readText, report, spotOf } from './read-text.ts';

/** A play whose roles are not loaded yet. */
export interface PlayDraft {
  readonly name: string;
  readonly hosts: string;
  readonly hostsPlace: Place | null;
  readonly hostsSource: string | null;
  readonly become: Become | null;
  readonly allow: Allowance;
  readonly tags: readonly string[];
  readonly vars: Vars;
  readonly roles: readonly RoleDraft[];
  readonly rollout: RolloutDraft | null;
}

/** Reads the plays of a YAML playbook; every problem goes to `reading`, and what is readable is kept. */
export function readPlays(reading: Reading): readonly PlayDraft[] {
  const { source } = reading;
  const root = source.resolve(source.root);
  if (root === null || isEmptyNode(root)) {
    reading.problems.push(emptyFile(source.file));
    return [];
  }
  if (!isSeq(root)) {
    const hint = isMap(root) ? 'start each play with "- "' : null;
    report(reading, root, { message: `a playbook is a list of plays, found ${nodeKind(root)}`, hint });
    return [];
  }
  return root.items.flatMap((item) => (isNode(item) ? readPlay(reading, item) : []));
}

function emptyFile(file: string): Diagnostic {
  const hint = 'a play looks like: - { hosts: all, roles: [motd] }';
  return { code: 'playbook-shape', message: 'the playbook is empty', place: { file, line: 1, column: 1 }, source: null, hint };
}

function readPlay(reading: Reading, item: Node): readonly PlayDraft[] {
  const node = reading.source.resolve(item);
  if (!isMap(node)) {
    report(reading, item, { message: `a play is a mapping with hosts and roles, found ${nodeKind(node)}` });
    return [];
  }
  const entries = new Map(reading.source.entries(node).map((entry) => [entry.key, entry]));
  for (const entry of entries.values()) if (!PLAY_KEYS.includes(entry.key)) reportKey(reading, entry);
  const get = <T>(key: string, read: (reading: Reading, entry: YamlEntry) => T, fallback: T): T => {
    const entry = entries.get(key);
    return entry === undefined ? fallback : read(reading, entry);
  };
  const hosts = get('hosts', readPattern, null);
  const where = spotOf(reading, entries.get('hosts'));
  const isMisspelt = [...entries.keys()].some((key) => !PLAY_KEYS.includes(key) && nearestName(key, PLAY_KEYS) === 'hosts');
  if (!entries.has('hosts') && !isMisspelt)
    report(reading, node, { message: 'the play has no hosts', hint: 'add hosts: with a host pattern, such as hosts: all' });
  return [
    {
      name: get('name', readText, null) ?? hosts ?? '',
      hosts: hosts ?? '',
      hostsPlace: where.place,
      hostsSource: where.source,
      become: readBecome(reading, entries.get('become'), entries.get('become_user')),
      allow: allowanceOf(get('allow', readAllow, [])),
      tags: get('tags', readNames, []),
      vars: get('vars', readVars, {}),
      roles: get('roles', (at, entry) => readRoles(at, entry), []),
      rollout: readRollout(reading, node, entries),
    },
  ];
}

function reportKey(reading: Reading, { key, keyNode }: YamlEntry): void {
  const known = ANSIBLE_PLAY_KEYS.get(key);
  const hint = known?.hint ?? didYouMean(key, PLAY_KEYS) ?? `a play has ${PLAY_KEYS.join(', ')}`;
  const message = known?.code === 'unsupported' ? `"${key}" is not supported yet` : `a play has no key "${key}"`;
  report(reading, keyNode, { code: known?.code ?? 'key-unknown', message, hint });
}

function readVars(reading: Reading, entry: YamlEntry): Vars {
  return Object.fromEntries(readMapping(reading, entry).map(({ key, valueNode }) => [key, reading.source.value(valueNode)]));
}

function readAllow(reading: Reading, entry: YamlEntry): readonly string[] {
  const words = readNames(reading, entry);
  for (const word of words) {
    if (ALLOWANCES.some((known) => known === word)) continue;
    const hint = didYouMean(word, ALLOWANCES) ?? `a play may allow ${ALLOWANCES.join(' and ')}`;
    report(reading, entry.valueNode ?? entry.keyNode, { message: `"allow" does not know "${word}"`, hint });
  }
  return words;
}

function readBecome(reading: Reading, become: YamlEntry | undefined, user: YamlEntry | undefined): Become | null {
  const node = become === undefined ? null : reading.source.resolve(become.valueNode);
  const name = user === undefined ? null : readText(reading, user);
  if (isMap(node)) return becomeUser(reading, node, name);
  const isOn = isScalar(node) && node.value === true;
  if (become !== undefined && !isOn && !(isScalar(node) && node.value === false)) {
    const message = `"become" must be true, false or { user: NAME }, found ${nodeKind(node)}`;
    report(reading, become.valueNode ?? become.keyNode, { message });
  }
  if (isOn) return { method: 'sudo', user: name ?? 'root' };
  if (user !== undefined)
    report(reading, user.keyNode, { message: '"become_user" has no effect without become', hint: 'add become: true' });
  return null;
}

function becomeUser(reading: Reading, node: Node, fallback: string | null): Become {
  let name = fallback ?? 'root';
  for (const entry of isMap(node) ? reading.source.entries(node) : []) {
    if (entry.key === 'user') name = readText(reading, entry) ?? name;
    else report(reading, entry.keyNode, { code: 'key-unknown', message: `"become" has no key "${entry.key}"`, hint: 'it has user' });
  }
  return { method: 'sudo', user: name };
}
