import type { FoldedText, Piece } from './fold.ts';
import type { Part, Place } from './places.ts';
import type { Raw } from './raw.ts';
import { NAME_MARKS } from './tokens.ts';

/** Texts of hosts as one, with holes. */
export interface Template {
  readonly texts: readonly FoldedText[];
  readonly holes: number;
  /** What each host has in the holes, in the order of the part. */
  readonly values: readonly (readonly string[])[];
}

/** Makes holes of the places of a part that are not the same; places with the same values on all hosts are one hole. */
export function templateOf({ raws, places }: Part): Template {
  const holes = new Holes(raws);
  const pieces = places.map((place, at) => piecesOf(place, at, holes));
  const [first] = raws;
  let at = 0;
  const texts = (first?.cuts ?? []).map(({ separators, tokens }) => {
    const within = tokens.flatMap((token, index) => [separators[index] ?? '', ...(pieces[at++] ?? [token])]);
    return joined([...within, separators.at(-1) ?? '']);
  });
  return { texts, holes: holes.size, values: raws.map((_, index) => holes.valuesOf(index)) };
}

/** null: the token as it is. */
function piecesOf(place: Place, at: number, holes: Holes): FoldedText | null {
  if (place.kind === 'value') return [{ hole: holes.at(({ tokens }) => tokens[at] ?? '') }];
  if (place.kind !== 'name') return null;
  return place.text.split(/([\u0001\u0002])/).map((piece) => {
    if (piece === NAME_MARKS.whole) return { hole: holes.at(({ name }) => name?.whole ?? '') };
    return piece === NAME_MARKS.short ? { hole: holes.at(({ name }) => name?.short ?? '') } : piece;
  });
}

/** Holes by what the hosts have in them. */
class Holes {
  readonly #raws: readonly Raw[];
  readonly #known = new Map<string, number>();
  readonly #values: (readonly string[])[] = [];

  constructor(raws: readonly Raw[]) {
    this.#raws = raws;
  }

  get size(): number {
    return this.#values.length;
  }

  at(value: (raw: Raw) => string): number {
    const values = this.#raws.map(value);
    const key = values.join('\u0000');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.#values.length);
    this.#values.push(values);
    return this.#values.length - 1;
  }

  /** The values of one host. */
  valuesOf(index: number): readonly string[] {
    return this.#values.map((values) => values[index] ?? '');
  }
}

/** Neighbouring texts as one, empty ones left out. */
export function joined(pieces: readonly Piece[]): FoldedText {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') result[result.length - 1] = last + piece;
    else if (piece !== '') result.push(piece);
  }
  return result;
}
