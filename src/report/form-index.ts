/** Fewer are looked for one by one, which is faster. */
const FEW = 200;

/** How many characters forms are told apart by; all have at least so many. */
const KEY_LENGTH = 4;

/** Tells which of many forms of secrets stand in a text in one pass over it: hosts may have a secret each. */
export class FormIndex<T> {
  readonly #all: readonly T[];
  readonly #wordOf: (form: T) => string;
  readonly #byStart = new Map<string, number[]>();

  /** `all` in the order in which they are found; of these the ones whose word is too short are never found. */
  constructor(all: readonly T[], wordOf: (form: T) => string) {
    this.#all = all;
    this.#wordOf = wordOf;
    if (all.length <= FEW) return;
    for (const [index, form] of all.entries()) {
      const start = wordOf(form).slice(0, KEY_LENGTH);
      const known = this.#byStart.get(start);
      if (known === undefined) this.#byStart.set(start, [index]);
      else known.push(index);
    }
  }

  /** The forms whose word stands in the text. */
  within(text: string): readonly T[] {
    if (this.#all.length > FEW) return this.#inOnePass(text);
    return this.#all.filter((form) => this.#wordOf(form).length >= KEY_LENGTH && text.includes(this.#wordOf(form)));
  }

  #inOnePass(text: string): readonly T[] {
    const found = new Set<number>();
    for (let at = 0; at + KEY_LENGTH <= text.length; at++) {
      for (const index of this.#byStart.get(text.slice(at, at + KEY_LENGTH)) ?? []) {
        const form = this.#all[index];
        if (form !== undefined && text.startsWith(this.#wordOf(form), at)) found.add(index);
      }
    }
    return [...found].sort((a, b) => a - b).flatMap((index) => this.#all[index] ?? []);
  }
}
