import { inspect } from 'node:util';
import type { Place } from './diagnostic.ts';

/** What is known of a secret by now. */
export type SecretState = { readonly text: string } | { readonly missing: string } | 'not fetched';

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

  /** The value, as far as it is known. */
  state(): SecretState {
    return { text: this.#value };
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }
}

/** Where a secret comes from; paths are absolute. */
export type SecretSource =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly command: string }
  /** `key`: the entry of the mapping that it holds; null: all of it. `identity`: the file of who may read it; null: the usual one. */
  | { readonly age: string; readonly key: string | null; readonly identity: string | null };

/** Where a secret stands in a file, and what messages call it. */
export interface SecretSpot {
  /** `the secret`, or the var that holds it. */
  readonly what: string;
  readonly place: Place | null;
  /** The line of the place, without secrets. */
  readonly line: string | null;
}

/** What a secret is fetched by: each source is asked once, whoever asks. */
export interface Fetching {
  readonly source: SecretSource;
  state(): SecretState;
  fetch(): Promise<SecretState>;
}

/** A secret that is fetched only where something uses it. Until then nobody can reveal it. */
export class FetchedSecret extends Secret {
  readonly spot: SecretSpot;
  readonly #fetching: Fetching;

  constructor(spot: SecretSpot, fetching: Fetching) {
    super('');
    this.spot = spot;
    this.#fetching = fetching;
  }

  get source(): SecretSource {
    return this.#fetching.source;
  }

  override reveal(): string {
    const state = this.state();
    if (typeof state === 'object' && 'text' in state) return state.text;
    throw new Error(`${this.spot.what} was not fetched: a role gets secrets by its parameters, not by the host's vars`);
  }

  /** Also says that something wants it. */
  override state(): SecretState {
    return this.#fetching.state();
  }

  /** Asks its source, where nobody has. */
  fetch(): Promise<SecretState> {
    return this.#fetching.fetch();
  }

  /** The same under another name, of which only the first line counts, as it does for passwords. */
  asPassword(spot: SecretSpot): FetchedSecret {
    const { source } = this;
    const first = (state: SecretState): SecretState => {
      if (typeof state === 'string' || 'missing' in state) return state;
      const line = state.text.split(/\r?\n/, 1)[0] ?? '';
      return line === '' ? { missing: 'its first line is empty' } : { text: line };
    };
    return new FetchedSecret(spot, { source, state: () => first(this.state()), fetch: async () => first(await this.fetch()) });
  }
}

/** Makes the secrets of files that are read. */
export interface SecretKeeper {
  /** One that stands there as it is. */
  known(text: string): Secret;
  /** One that comes from elsewhere; a relative path is taken from `folder`. */
  from(source: SecretSource, folder: string, spot: SecretSpot): FetchedSecret;
}

/** A keeper that fetches nothing. */
export const FETCHES_NOTHING: SecretKeeper = {
  known: (text) => new Secret(text),
  from: (source, _folder, spot) => {
    const state: SecretState = { missing: 'nothing is fetched here' };
    return new FetchedSecret(spot, { source, state: () => state, fetch: async () => state });
  },
};

/** A text that is equal for equal secrets: the value where it is known, else where it comes from. Itself a secret. */
export function secretIdentity(secret: Secret): string {
  if (!(secret instanceof FetchedSecret)) return secret.reveal();
  const state = secret.state();
  return typeof state === 'object' && 'text' in state ? state.text : JSON.stringify(secret.source);
}
