import { isMap, isNode, isSeq, type Node } from 'yaml';
import { didYouMean, nearestName } from '../errors/nearest.ts';
import { isEmptyNode, nodeKind, type YamlEntry } from '../errors/yaml-entries.ts';
import { ALLOWANCES, type Allowance, allowanceOf } from '../model/allowance.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { Become, Vars } from '../model/host.ts';
import { type BecomeWords, becomeOfPlay } from './become.ts';
import { ANSIBLE_PLAY_KEYS, PLAY_KEYS } from './play-keys.ts';
import { checkBecome, readBecome } from './read-become.ts';
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
  /** What it says of that: its roles may leave some of it open. */
  readonly becomeWords: BecomeWords;
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
  const becomeWords = readBecome(reading, entries);
  const roles = get('roles', (at, entry) => readRoles(at, entry), []);
  const rollout = readRollout(reading, node, entries);
  checkBecome(reading, { entries, become: becomeWords }, [...roles, ...usesAround(rollout)]);
  return [
    {
      name: get('name', readText, null) ?? hosts ?? '',
      hosts: hosts ?? '',
      hostsPlace: where.place,
      hostsSource: where.source,
      become: becomeOfPlay(becomeWords),
      becomeWords,
      allow: allowanceOf(get('allow', readAllow, [])),
      tags: get('tags', readNames, []),
      vars: get('vars', readVars, {}),
      roles,
      rollout,
    },
  ];
}

function usesAround(rollout: RolloutDraft | null): readonly RoleDraft[] {
  return rollout === null ? [] : [...rollout.once, ...rollout.before, ...rollout.after, ...rollout.gate];
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
