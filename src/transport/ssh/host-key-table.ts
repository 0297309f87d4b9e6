import { fingerprint, keyType } from './host-key.ts';
import { type LedgerEntry, label } from './host-key-ledger.ts';

/** Widest line of the table. A fingerprint takes 50 columns of it. */
const WIDTH = 80;

/** A row: who shows a key, its type as ssh-keygen names it, and its fingerprint. */
type Row = readonly [host: string, type: string, fingerprint: string];

/**
 * The unknown host keys of a run as one table of at most 80 columns (but for hosts whose names are longer), with what is odd about them and where they
 * would be recorded. Names too long for their column have a line of their own. Empty for no keys.
 */
export function renderHostKeys(entries: readonly LedgerEntry[]): string {
  if (entries.length === 0) return '';
  const rows: Row[] = [['host', 'type', 'fingerprint'], ...entries.map(toRow)];
  const typeWidth = Math.max(...rows.map(([, type]) => type.length));
  const room = WIDTH - Math.max(...rows.map(([, , text]) => text.length)) - typeWidth - 4;
  const hostWidth = Math.max(...rows.map(([host]) => host.length).filter((length) => length <= room));
  const lines = rows.flatMap(([host, type, text]) => {
    const rest = `${type.padEnd(typeWidth)}  ${text}`;
    return host.length > hostWidth ? [host, `${' '.repeat(hostWidth)}  ${rest}`] : [`${host.padEnd(hostWidth)}  ${rest}`];
  });
  return `${[...lines, ...notes(entries), ...destinations(entries)].join('\n')}\n`;
}

function toRow(entry: LedgerEntry): Row {
  return [label(entry), shortType(keyType(entry.key)), fingerprint(entry.key)];
}

/** As `ssh-keygen -l` names it. */
function shortType(type: string): string {
  if (type.startsWith('sk-')) return `${shortType(type.slice(3))}-SK`;
  if (type.startsWith('ecdsa-')) return 'ECDSA';
  return type === 'ssh-dss' ? 'DSA' : type.replace(/^ssh-|@.*$/g, '').toUpperCase();
}

/** One name with several keys, and one key of several names: cloned machines, or somebody in between. */
function notes(entries: readonly LedgerEntry[]): readonly string[] {
  const byName = group(entries, ({ name }) => name);
  const byKey = group(entries, ({ key }) => key.toString('base64'));
  return [
    ...byName.filter(differ(({ key }) => key.toString('base64'))).map(([first]) => `warning: ${first.name} shows more than one key`),
    ...byKey.filter(differ(({ name }) => name)).map((same) => `warning: one key for ${same.map(({ name }) => name).join(', ')}`),
  ];
}

type Group = readonly [LedgerEntry, ...LedgerEntry[]];

function group(entries: readonly LedgerEntry[], by: (entry: LedgerEntry) => string): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const entry of entries) {
    const known = groups.get(by(entry));
    groups.set(by(entry), known === undefined ? [entry] : [...known, entry]);
  }
  return [...groups.values()];
}

function differ(by: (entry: LedgerEntry) => string): (entries: Group) => boolean {
  return (entries) => new Set(entries.map(by)).size > 1;
}

function destinations(entries: readonly LedgerEntry[]): readonly string[] {
  return group(entries, ({ file }) => file).map((those) => {
    const hidden = those.every(({ hashed }) => hashed) ? ', names hashed' : '';
    return `${those.length} ${those.length === 1 ? 'key' : 'keys'} for ${those[0].file}${hidden}`;
  });
}
