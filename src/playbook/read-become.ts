import { isMap, isScalar, type Node } from 'yaml';
import { didYouMean } from '../errors/nearest.ts';
import { nodeKind, type YamlEntry } from '../errors/yaml-entries.ts';
import { BECOME_METHODS, type BecomeMethod } from '../model/host.ts';
import { type BecomeWords, becomeOfPlay, becomeOfUse, NO_BECOME } from './become.ts';
import { type Reading, readText, report } from './read-text.ts';

/** Keys of a mapping under `become`. */
export const BECOME_FIELDS: readonly string[] = ['user', 'method'];

type Entries = ReadonlyMap<string, YamlEntry>;

/** Reads `become`, `become_user` and `become_method` of a play or a role use. */
export function readBecome(reading: Reading, entries: Entries): BecomeWords {
  const user = entries.get('become_user');
  const method = entries.get('become_method');
  const beside = {
    user: user === undefined ? null : readText(reading, user),
    method: method === undefined ? null : readMethod(reading, method),
  };
  const entry = entries.get('become');
  if (entry === undefined) return { ...NO_BECOME, ...beside };
  const node = reading.source.resolve(entry.valueNode);
  if (isMap(node)) return readFields(reading, node, beside);
  if (isScalar(node) && typeof node.value === 'boolean') return { isOn: node.value, ...beside };
  const message = `"become" must be true, false or { user: NAME, method: NAME }, found ${nodeKind(node)}`;
  report(reading, entry.valueNode ?? entry.keyNode, { message });
  return { isOn: null, ...beside };
}

function readFields(reading: Reading, node: Node, beside: Pick<BecomeWords, 'user' | 'method'>): BecomeWords {
  let { user, method } = beside;
  for (const entry of isMap(node) ? reading.source.entries(node) : []) {
    const { key, keyNode } = entry;
    if (key === 'user') user = readText(reading, entry) ?? user;
    else if (key === 'method') method = readMethod(reading, entry) ?? method;
    else {
      const hint = didYouMean(key, BECOME_FIELDS) ?? 'it has user and method';
      report(reading, keyNode, { code: 'key-unknown', message: `"become" has no key "${key}"`, hint });
    }
  }
  return { isOn: true, user, method };
}

function readMethod(reading: Reading, entry: YamlEntry): BecomeMethod | null {
  const node = reading.source.resolve(entry.valueNode);
  const text = isScalar(node) && typeof node.value === 'string' ? node.value : null;
  const known = BECOME_METHODS.find((each) => each === text);
  if (known !== undefined) return known;
  const found = text === null ? nodeKind(node) : JSON.stringify(text);
  const hint = text === null ? null : didYouMean(text, BECOME_METHODS);
  report(reading, entry.valueNode ?? entry.keyNode, { message: `"${entry.key}" must be sudo, doas or su, found ${found}`, hint });
  return null;
}

/** A play or a role use, and what it says. */
interface Speaker {
  readonly entries: Entries;
  readonly become: BecomeWords;
}

/** Reports `become_user` and `become_method` of role uses that become nobody, and of a play where nobody becomes anybody. */
export function checkBecome(reading: Reading, play: Speaker, uses: readonly Speaker[]): void {
  const becomes = uses.map((use) => becomeOfUse(use.become, play.become).become);
  const isIdle = becomeOfPlay(play.become) === null && becomes.every((become) => (become ?? null) === null);
  if (isIdle) reportIdle(reading, play.entries);
  uses.forEach((use, index) => {
    if (becomes[index] === null) reportIdle(reading, use.entries);
  });
}

function reportIdle(reading: Reading, entries: Entries): void {
  for (const key of ['become_user', 'become_method']) {
    const entry = entries.get(key);
    if (entry !== undefined) report(reading, entry.keyNode, { message: `"${key}" has no effect without become`, hint: 'add become: true' });
  }
}
