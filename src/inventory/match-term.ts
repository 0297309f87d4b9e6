import { didYouMean } from '../errors/nearest.ts';
import type { DiagnosticCode } from '../model/diagnostic.ts';
import { expandRange } from './expand-range.ts';
import type { Inventory } from './inventory.ts';

/** Names of the hosts that a term stands for, those of groups in the groups' order, or why it stands for none. */
export type TermMatch =
  | { readonly hosts: readonly string[] }
  | { readonly code: DiagnosticCode; readonly reason: string; readonly hint: string | null };

const SUBSCRIPT = /^(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]$/;

/**
 * Finds the hosts of one term: a group, a host, a glob over both (`*`, `?`, `[abc]`), `~regex` (matched from the start of a name),
 * each but the last with a slice behind it (`web[0]`, `web[-1]`, `web[0:3]`, both ends included, counted in the order of the hosts before it).
 * Where the name before the brackets is none, the brackets are a range of host names, such as `web[01:05]`, or part of a glob, such as `web0[12]`.
 */
export function matchTerm(inventory: Inventory, text: string): TermMatch {
  if (text.startsWith('~')) return matchRegex(inventory, text);
  const subscript = SUBSCRIPT.exec(text);
  if (subscript === null) return matchName(inventory, text);
  const base = matchName(inventory, subscript[1] ?? '');
  if ('hosts' in base) return slice(base.hosts, text, subscript);
  const other = text.slice(text.lastIndexOf('[')).includes(':')
    ? matchRange(inventory, text)
    : matchAll(inventory, globToRegex(text), text);
  return 'hosts' in other ? other : base;
}

function matchName(inventory: Inventory, name: string): TermMatch {
  const group = inventory.groups.get(name);
  if (group !== undefined) return { hosts: [...group.members] };
  if (inventory.hostVars.has(name)) return { hosts: [name] };
  if (/\[[^\]]*:[^\]]*\]/.test(name)) return matchRange(inventory, name);
  if (/[*?[]/.test(name)) return matchAll(inventory, globToRegex(name), name);
  return unknown(inventory, name);
}

function matchRange(inventory: Inventory, text: string): TermMatch {
  const expansion = expandRange(text);
  if ('broken' in expansion) return { code: 'pattern-syntax', reason: `"${text}" is a broken range: ${expansion.broken}`, hint: null };
  const stranger = expansion.names.find((name) => !inventory.hostVars.has(name));
  return stranger === undefined ? { hosts: expansion.names } : unknown(inventory, stranger);
}

function matchRegex(inventory: Inventory, text: string): TermMatch {
  try {
    return matchAll(inventory, pythonRegex(text.slice(1)), text);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*: /, '') : String(error);
    return { code: 'pattern-syntax', reason: `"${text}" is not a regular expression: ${why}`, hint: null };
  }
}

/** What of Python's regular expressions JavaScript writes otherwise: flags at the start, named groups, and `\A` and `\Z`. */
function pythonRegex(text: string): RegExp {
  const [flagged = '', flags = ''] = /^\(\?([aimsu]+)\)/.exec(text) ?? [];
  const source = text.slice(flagged.length).replace(/\\([\s\S])|\(\?P(?=<)/g, (token, escaped?: string) => {
    if (escaped === undefined) return '(?';
    return escaped === 'A' ? '^' : escaped === 'Z' ? '(?![\\s\\S])' : token;
  });
  return new RegExp(`^(?:${source})`, flags.replaceAll(/[au]/g, ''));
}

function matchAll(inventory: Inventory, regex: RegExp, text: string): TermMatch {
  const groups = [...inventory.groups.values()].filter((group) => regex.test(group.name));
  const names = new Set([
    ...groups.flatMap((group) => [...group.members]),
    ...[...inventory.hostVars.keys()].filter((name) => regex.test(name)),
  ]);
  if (names.size > 0 || groups.length > 0) return { hosts: [...names] };
  return { code: 'pattern-empty', reason: `no host or group matches "${text}"`, hint: null };
}

function unknown(inventory: Inventory, name: string): TermMatch {
  const candidates = [...inventory.groups.keys(), ...inventory.hostVars.keys()];
  return { code: 'host-unknown', reason: `no host or group is named "${name}"`, hint: didYouMean(name, candidates) };
}

function slice(hosts: readonly string[], text: string, [, , single, from, to]: RegExpExecArray): TermMatch {
  if (single === undefined) {
    const part = hosts.slice(Number(from), to === '' ? undefined : Number(to) + 1);
    return part.length > 0 ? { hosts: part } : outside(hosts, text);
  }
  const host = hosts.at(Number(single));
  return host === undefined ? outside(hosts, text) : { hosts: [host] };
}

function outside(hosts: readonly string[], text: string): TermMatch {
  const count = hosts.length === 1 ? '1 host' : `${hosts.length} hosts`;
  return { code: 'pattern-empty', reason: `"${text}" is outside the ${count} there are; the first has number 0`, hint: null };
}

/** fnmatch(3) without a path: `*`, `?`, `[abc]`, `[a-f]`, `[!abc]`. */
function globToRegex(glob: string): RegExp {
  const source = glob.replace(/\[!?[^\]]+\]|[\s\S]/g, (token) => {
    if (token === '*') return '.*';
    if (token === '?') return '.';
    if (token.length > 1) return `[${token[1] === '!' ? '^' : ''}${token.slice(token[1] === '!' ? 2 : 1, -1).replace(/[\\^[]/g, '\\$&')}]`;
    return token.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 's');
}
