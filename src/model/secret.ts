import { inspect } from 'node:util';

/** A value that no sink may show: it prints and serialises as `[secret]`; only `reveal()` gives it away. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    // For console.log and inspect(); not enumerable, so it does not show either.
    Object.defineProperty(this, inspect.custom, { value: () => '[secret]' });
  }

  /** The value itself. Call it only where the value is sent to its one reader. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }
}
