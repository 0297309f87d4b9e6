import { groupBy } from './group-by.ts';
import type { Raw } from './raw.ts';
import { kindOf, withoutName } from './tokens.ts';

/** Hosts from which on words that are all different count as values of the hosts. */
const MANY_HOSTS = 5;

/** What stands at the same place in texts of the same structure. */
export type Place =
  | { readonly kind: 'same' }
  /** Each host has its own name there, and the same around it: the text with marks for the name. */
  | { readonly kind: 'name'; readonly text: string }
  /** Each host has a value of its own there. */
  | { readonly kind: 'value' }
  /** The hosts are not alike there: only those with the same key may be. */
  | { readonly kind: 'apart'; readonly keyOf: (raw: Raw) => string };

/** Texts that differ at most in values of their hosts, and what stands at each of their places. */
export interface Part {
  readonly raws: readonly Raw[];
  readonly places: readonly Place[];
}

const SAME: Place = { kind: 'same' };
const VALUE: Place = { kind: 'value' };

/** Parts texts of the same structure into those that differ at most in values of their hosts. */
export function partition(raws: readonly Raw[]): readonly Part[] {
  const done: Part[] = [];
  const todo = [raws];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const places = placesOf(next);
    const keys = places.flatMap((place) => (place.kind === 'apart' ? [place.keyOf] : []));
    if (keys.length === 0) done.push({ raws: next, places });
    else todo.push(...groupBy(next, (raw) => keys.map((keyOf) => keyOf(raw)).join('\u0000')));
  }
  return done;
}

function placesOf(raws: readonly Raw[]): readonly Place[] {
  const [first] = raws;
  if (first === undefined) return [];
  const isSame = first.tokens.map((token, at) => raws.every(({ tokens }) => tokens[at] === token));
  const lines = linesOf(first);
  const anchored = new Set(lines.filter((_, at) => isSame[at]));
  return isSame.map((same, at) => (same ? SAME : placeOf(raws, { at, isAnchored: anchored.has(lines[at] ?? 0) })));
}

/** The number of the line that each token stands in. */
function linesOf({ cuts }: Raw): readonly number[] {
  let line = 0;
  return cuts.flatMap(({ separators }) => {
    line += 1;
    return separators.slice(0, -1).map((separator) => {
      if (separator.includes('\n')) line += 1;
      return line;
    });
  });
}

interface At {
  readonly at: number;
  /** Something in its line is the same on all hosts. */
  readonly isAnchored: boolean;
}

function placeOf(raws: readonly Raw[], { at, isAnchored }: At): Place {
  const token = (raw: Raw): string => raw.tokens[at] ?? '';
  const nameless = (raw: Raw): string | null => (raw.name === null ? null : withoutName(token(raw), raw.name));
  const named = new Set(raws.map(nameless));
  if (!named.has(null) || named.size > 1) {
    const [text] = named;
    return named.size === 1 && typeof text === 'string' ? { kind: 'name', text } : { kind: 'apart', keyOf: (raw) => nameless(raw) ?? '' };
  }
  const kinds = new Set(raws.map((raw) => kindOf(token(raw))));
  const { hosts, values, top } = countValues(raws, token);
  const isOwn = values === hosts;
  if (kinds.size === 1 && !kinds.has(null)) {
    if (isOwn || top.hosts * 2 < hosts) return VALUE;
    return { kind: 'apart', keyOf: (raw) => String(token(raw) === top.value) };
  }
  if (isOwn && hosts >= MANY_HOSTS && isAnchored) return VALUE;
  return { kind: 'apart', keyOf: (raw) => kindOf(token(raw)) ?? ` ${token(raw)}` };
}

interface ValueCounts {
  readonly hosts: number;
  /** Number of different values. */
  readonly values: number;
  /** The value of most hosts. */
  readonly top: { readonly value: string; readonly hosts: number };
}

function countValues(raws: readonly Raw[], token: (raw: Raw) => string): ValueCounts {
  const counts = new Map<string, number>();
  let hosts = 0;
  let top = { value: '', hosts: 0 };
  for (const raw of raws) {
    const value = token(raw);
    const number = (counts.get(value) ?? 0) + raw.hosts;
    counts.set(value, number);
    hosts += raw.hosts;
    if (number > top.hosts) top = { value, hosts: number };
  }
  return { hosts, values: counts.size, top };
}
