import type { VarValue } from '../model/host.ts';
import { readPythonNumber } from './python-number.ts';
import { readPythonText } from './python-text.ts';

const DEEPEST = 100;

/** A value and where the text behind it starts. */
interface Parsed {
  readonly value: VarValue;
  readonly end: number;
}

/** Thrown inside this file only: the text is no literal. One for all, as making one costs more than reading a value. */
const NO_LITERAL = new Error('no literal');

/**
 * The value of a Python literal (None, True, False, numbers, text, lists, tuples, dicts; a comment may follow), as Ansible types the values of
 * INI inventories; undefined for everything else, which is text. Tuples are lists, keys of dicts are text; whole numbers too large to be
 * exact become text. Sets, bytes and complex numbers are no values that an inventory can have.
 */
export function parsePythonLiteral(text: string): VarValue | undefined {
  // Most values are plain words, which no literal starts with.
  if (/^[ \t]*[A-Za-z/$]/.test(text) && !/^[ \t]*(?:None|True|False|[rRuU]["'])/.test(text)) return undefined;
  try {
    return new Literal(text).read();
  } catch (error) {
    if (error === NO_LITERAL) return undefined;
    throw error;
  }
}

/** The value of a text in an INI inventory: that of the Python literal, else the text. */
export function readIniValue(text: string): VarValue {
  const value = parsePythonLiteral(text);
  return value === undefined ? text : value;
}

class Literal {
  readonly #text: string;
  #depth = 0;

  constructor(text: string) {
    this.#text = text.replace(/^[ \t]+/, '');
  }

  read(): VarValue {
    const first = this.#value(0);
    let at = this.#blank(first.end);
    if (this.#text[at] !== ',') return this.#atEnd(at, first.value);
    // Values with commas between them are a tuple without brackets.
    const values = [first.value];
    while (this.#text[at] === ',') {
      at = this.#blank(at + 1);
      if (at === this.#text.length || this.#text[at] === '#') break;
      const next = this.#value(at);
      values.push(next.value);
      at = this.#blank(next.end);
    }
    return this.#atEnd(at, values);
  }

  #atEnd(at: number, value: VarValue): VarValue {
    if (at !== this.#text.length && this.#text[at] !== '#') throw NO_LITERAL;
    return value;
  }

  #value(start: number): Parsed {
    const at = this.#blank(start);
    const character = this.#text[at];
    if (character === '[' || character === '(' || character === '{') return this.#nested(at, character);
    const word = /^(?:None|True|False)(?![\w"'])/.exec(this.#text.slice(at, at + 6))?.[0];
    if (word !== undefined) return { value: word === 'None' ? null : word === 'True', end: at + word.length };
    const parsed = readPythonNumber(this.#text, at) ?? readPythonText(this.#text, at);
    if (parsed === null) throw NO_LITERAL;
    return parsed;
  }

  #nested(at: number, opener: '[' | '(' | '{'): Parsed {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw NO_LITERAL;
    const parsed = opener === '{' ? this.#dict(at) : this.#list(at, opener);
    this.#depth -= 1;
    return parsed;
  }

  #list(start: number, opener: '[' | '('): Parsed {
    const closer = opener === '[' ? ']' : ')';
    const { items, end, commas } = this.#items(start, closer, (at) => this.#value(at));
    const [only] = items;
    const isGrouping = opener === '(' && commas === 0 && items.length === 1;
    return { value: isGrouping && only !== undefined ? only : items, end };
  }

  #dict(start: number): Parsed {
    const { items, end } = this.#items<readonly [string, VarValue]>(start, '}', (at) => {
      const key = this.#value(at);
      const colon = this.#blank(key.end);
      if (this.#text[colon] !== ':') throw NO_LITERAL;
      const { value, end: behind } = this.#value(colon + 1);
      return { value: [keyText(key.value), value], end: behind };
    });
    return { value: Object.fromEntries(items), end };
  }

  #items<T>(start: number, closer: string, read: (at: number) => { readonly value: T; readonly end: number }) {
    const items: T[] = [];
    let commas = 0;
    let at = this.#blank(start + 1);
    while (this.#text[at] !== closer) {
      if (at >= this.#text.length || commas < items.length) throw NO_LITERAL;
      const { value, end } = read(at);
      items.push(value);
      at = this.#blank(end);
      if (this.#text[at] !== ',') continue;
      commas += 1;
      at = this.#blank(at + 1);
    }
    return { items, end: at + 1, commas };
  }

  #blank(start: number): number {
    let at = start;
    while (/[ \t\f]/.test(this.#text[at] ?? '')) at += 1;
    return at;
  }
}

/** Keys as JSON writes them; what cannot be a key of a dict makes no literal. */
function keyText(key: VarValue): string {
  if (typeof key === 'object' && key !== null) throw NO_LITERAL;
  return String(key);
}
