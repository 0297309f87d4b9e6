import type { FoldedText, Piece } from './fold.ts';
import type { Part, Place } from './places.ts';
import type { Raw } from './raw.ts';

/** Texts of hosts as one, with holes. */
export interface HoledTexts {
  readonly texts: readonly FoldedText[];
  readonly holes: number;
  /** What the hosts have in the holes, by text of the part; marks where it is their name. */
  readonly values: readonly (readonly string[])[];
}

/** Makes holes of the places of a part that are not the same; places with the same values on all hosts are one hole. */
export function holedTexts({ raws, places }: Part): HoledTexts {
  const holes = new Holes(raws);
  let lineAt = 0;
  const texts = (raws[0]?.texts ?? []).map((lines) => {
    const pieces = lines.flatMap(({ separators, tokens }) => {
      const line = lineAt++;
      const within = tokens.flatMap((_, at) => [separators[at] ?? '', ...piecesOf(places[line]?.[at], { line, at, holes })]);
      return [...within, separators.at(-1) ?? ''];
    });
    return joined(pieces);
  });
  return { texts, holes: holes.size, values: raws.map((_, index) => holes.valuesOf(index)) };
}

interface At {
  readonly line: number;
  readonly at: number;
  readonly holes: Holes;
}

function piecesOf(place: Place | undefined, { line, at, holes }: At): FoldedText {
  switch (place?.kind) {
    case 'same':
      return [place.text];
    case 'value':
      return [{ hole: holes.of(({ lines }) => lines[line]?.tokens[at] ?? '') }];
    case 'name':
      return place.text.split(/([\u0001\u0002])/).map((piece, index) => (index % 2 === 0 ? piece : { hole: holes.of(() => piece) }));
    default:
      return [];
  }
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

  of(value: (raw: Raw) => string): number {
    const values = this.#raws.map(value);
    const key = values.join('\u0000');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.#values.length);
    this.#values.push(values);
    return this.#values.length - 1;
  }

  valuesOf(index: number): readonly string[] {
    return this.#values.map((values) => values[index] ?? '');
  }
}

/** Neighbouring texts as one, empty ones left out. */
function joined(pieces: readonly Piece[]): FoldedText {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') result[result.length - 1] = last + piece;
    else if (piece !== '') result.push(piece);
  }
  return result;
}
