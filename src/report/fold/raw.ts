import { cutText, HOLE_MARK, hasName, kindOf, type OwnName, withoutName } from './tokens.ts';

/** A line, without the names of the hosts that it is about. Equal lines are the same object. */
export interface Line {
  /** Lines with the same have the same separators between their tokens. */
  readonly structure: number;
  readonly separators: readonly string[];
  readonly tokens: readonly string[];
  /** The kinds of the tokens' values, as `kindOf` says. */
  readonly kinds: readonly (string | null)[];
}

/** Texts of a record, the same on several hosts but for their names. */
export interface Raw {
  /** By text. */
  readonly texts: readonly (readonly Line[])[];
  /** The lines of all texts. */
  readonly lines: readonly Line[];
  /** Hosts that have them. */
  readonly hosts: OwnName[];
}

/** A text in lines. Equal texts are the same object. */
interface KnownText {
  readonly id: number;
  readonly structure: number;
  readonly lines: readonly Line[];
}

/** Takes texts to pieces, equal ones once. */
export class TextTable {
  readonly #texts = new Map<string, KnownText>();
  readonly #uncut = new Map<string, KnownText>();
  readonly #lines = new Map<string, Line>();
  readonly #structures = new Map<string, number>();

  /** A text of a host. */
  add(text: string, name: OwnName): KnownText {
    const isOwn = hasName(text);
    const key = isOwn ? text : withoutName(text, name);
    const known = (isOwn ? this.#uncut : this.#texts).get(key);
    return known ?? (isOwn || text.includes(HOLE_MARK) ? this.#addUncut(text) : this.#addText(key));
  }

  #addText(nameless: string): KnownText {
    const lines = nameless.split(/(?<=\n)/).map((line) => this.#line(line));
    const made = { id: this.#size, structure: this.#structure(`text ${lines.map(({ structure }) => structure).join()}`), lines };
    this.#texts.set(nameless, made);
    return made;
  }

  /** Marks could not be told from what such a text says itself: it is left as it is. */
  #addUncut(text: string): KnownText {
    const line = { structure: this.#structure(JSON.stringify([text])), separators: [text], tokens: [], kinds: [] };
    const made = this.#uncut.get(text) ?? { id: this.#size, structure: this.#structure(`text ${line.structure}`), lines: [line] };
    this.#uncut.set(text, made);
    return made;
  }

  get #size(): number {
    return this.#texts.size + this.#uncut.size;
  }

  #line(text: string): Line {
    const known = this.#lines.get(text);
    if (known !== undefined) return known;
    const { separators, tokens } = cutText(text);
    const line = { structure: this.#structure(JSON.stringify(separators)), separators, tokens, kinds: tokens.map(kindOf) };
    this.#lines.set(text, line);
    return line;
  }

  #structure(key: string): number {
    const id = this.#structures.get(key) ?? this.#structures.size;
    this.#structures.set(key, id);
    return id;
  }
}
