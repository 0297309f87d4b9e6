import { groupBy } from './group-by.ts';
import type { Raw } from './raw.ts';
import { hasName, withName } from './tokens.ts';

/** Hosts from which on words that are all different count as values of the hosts. */
const MANY_HOSTS = 5;

/** What stands at the same place in texts of the same structure. */
export type Place =
  /** The same on all hosts. */
  | { readonly kind: 'same'; readonly text: string }
  /** Each host has its own name there, and the same around it: the text with marks for the name. */
  | { readonly kind: 'name'; readonly text: string }
  /** Each host has a value of its own there. */
  | { readonly kind: 'value' }
  /** The hosts are not alike there: only those with the same key may be. */
  | { readonly kind: 'apart'; readonly keyOf: (raw: Raw) => string };

/** Texts that differ at most in values of their hosts, and what stands at each of their places. */
export interface Part {
  readonly raws: readonly Raw[];
  /** By line and token. */
  readonly places: readonly (readonly Place[])[];
}

const VALUE: Place = { kind: 'value' };

/** Parts texts of the same structure into those that differ at most in values of their hosts. */
export function partition(raws: readonly Raw[]): readonly Part[] {
  const done: Part[] = [];
  const todo = [raws];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const places = placesOf(next);
    const keys = places.flatMap((line) => line.flatMap((place) => (place.kind === 'apart' ? [place.keyOf] : [])));
    if (keys.length === 0) done.push({ raws: next, places });
    else todo.push(...groupBy(next, (raw) => keys.map((keyOf) => keyOf(raw)).join('\u0000')));
  }
  return done;
}

function placesOf(raws: readonly Raw[]): readonly (readonly Place[])[] {
  return (raws[0]?.lines ?? []).map((line, lineAt) => {
    if (raws.every(({ lines }) => lines[lineAt] === line)) return line.tokens.map(alike);
    const isSame = line.tokens.map((token, at) => raws.every(({ lines }) => lines[lineAt]?.tokens[at] === token));
    const isAnchored = isSame.includes(true);
    return line.tokens.map((token, at) => (isSame[at] === true ? alike(token) : placeOf(raws, { lineAt, at, isAnchored })));
  });
}

function alike(token: string): Place {
  return { kind: hasName(token) ? 'name' : 'same', text: token };
}

interface At {
  readonly lineAt: number;
  readonly at: number;
  /** Something in its line is the same on all hosts. */
  readonly isAnchored: boolean;
}

function placeOf(raws: readonly Raw[], { lineAt, at, isAnchored }: At): Place {
  const token = (raw: Raw): string => raw.lines[lineAt]?.tokens[at] ?? '';
  if (raws.some((raw) => hasName(token(raw)))) return withNames(raws, token);
  const kind = (raw: Raw): string | null => raw.lines[lineAt]?.kinds[at] ?? null;
  const { hosts, values, kinds, top } = countValues(raws, token, kind);
  const isOwn = values === hosts;
  if (kinds.size === 1 && !kinds.has(null)) {
    if (isOwn || top.hosts * 2 < hosts) return VALUE;
    return { kind: 'apart', keyOf: (raw) => String(token(raw) === top.value) };
  }
  if (isOwn && hosts >= MANY_HOSTS && isAnchored) return VALUE;
  return { kind: 'apart', keyOf: (raw) => kind(raw) ?? ` ${token(raw)}` };
}

/** Some hosts have their own name there, or stand in a text that names them on all hosts. */
function withNames(raws: readonly Raw[], token: (raw: Raw) => string): Place {
  const literals = new Set(raws.flatMap((raw) => raw.hosts.map((name) => withName(token(raw), name))));
  const [text = ''] = literals;
  if (literals.size === 1) return { kind: 'same', text };
  return { kind: 'apart', keyOf: (raw) => (hasName(token(raw)) ? token(raw) : '') };
}

interface ValueCounts {
  readonly hosts: number;
  /** Number of different values. */
  readonly values: number;
  readonly kinds: ReadonlySet<string | null>;
  /** The value of most hosts. */
  readonly top: { readonly value: string; readonly hosts: number };
}

function countValues(raws: readonly Raw[], token: (raw: Raw) => string, kind: (raw: Raw) => string | null): ValueCounts {
  const counts = new Map<string, number>();
  const kinds = new Set<string | null>();
  let hosts = 0;
  let top = { value: '', hosts: 0 };
  for (const raw of raws) {
    const value = token(raw);
    const number = (counts.get(value) ?? 0) + raw.hosts.length;
    counts.set(value, number);
    kinds.add(kind(raw));
    hosts += raw.hosts.length;
    if (number > top.hosts) top = { value, hosts: number };
  }
  return { hosts, values: counts.size, kinds, top };
}
