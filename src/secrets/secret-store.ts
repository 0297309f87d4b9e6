import { join, resolve } from 'node:path';
import { FetchedSecret, Secret, type SecretKeeper, type SecretSource, type SecretSpot, type SecretState } from '../model/secret.ts';
import { createRedactor, type Redactor } from '../report/redact.ts';
import { fetchSecret, type SecretSurroundings } from './fetch-secret.ts';

/** What nobody asked for is not fetched; what was asked is kept for the run. */
class Source {
  readonly source: SecretSource;
  readonly #ask: (source: SecretSource) => Promise<SecretState>;
  #state: SecretState = 'not fetched';
  #fetching: Promise<SecretState> | null = null;
  isWanted = false;

  constructor(source: SecretSource, ask: (source: SecretSource) => Promise<SecretState>) {
    this.source = source;
    this.#ask = ask;
  }

  get isOpen(): boolean {
    return this.isWanted && this.#fetching === null;
  }

  state(): SecretState {
    this.isWanted = true;
    return this.#state;
  }

  fetch(): Promise<SecretState> {
    this.#fetching ??= this.#ask(this.source).then((state) => {
      this.#state = state;
      return state;
    });
    return this.#fetching;
  }
}

/** The secrets of one run: each source is asked once, and what is known is kept out of sight by the redactor. */
export class SecretStore implements SecretKeeper {
  /** Knows every secret as soon as the store does. */
  readonly redactor: Redactor;
  readonly #surroundings: SecretSurroundings;
  readonly #sources = new Map<string, Source>();

  constructor(surroundings: SecretSurroundings, redactor: Redactor = createRedactor([])) {
    this.#surroundings = surroundings;
    this.redactor = redactor;
  }

  known(text: string): Secret {
    this.redactor.learn(text);
    return new Secret(text);
  }

  from(source: SecretSource, folder: string, spot: SecretSpot): FetchedSecret {
    const absolute = this.#absolute(source, folder);
    const key = JSON.stringify(absolute);
    const known = this.#sources.get(key) ?? new Source(absolute, (wanted) => this.#ask(wanted));
    this.#sources.set(key, known);
    return new FetchedSecret(spot, known);
  }

  /** Asks the sources that something wanted and nobody asked yet, commands first: they may need the variables that others take. False: there were none. */
  async fetchWanted(): Promise<boolean> {
    const open = [...this.#sources.values()].filter(({ isOpen }) => isOpen);
    const rank = ({ source }: Source): number => ('command' in source ? 0 : 'env' in source ? 2 : 1);
    // One after the other: they may ask at the terminal.
    for (const source of open.sort((a, b) => rank(a) - rank(b))) await source.fetch();
    return open.length > 0;
  }

  async #ask(source: SecretSource): Promise<SecretState> {
    const { state, learned, said } = await fetchSecret(source, this.#surroundings);
    this.redactor.learn(learned);
    if (said !== '') this.#surroundings.say?.(said);
    return state;
  }

  #absolute(source: SecretSource, folder: string): SecretSource {
    const path = (written: string): string =>
      written.startsWith('~/') ? join(this.#surroundings.home, written.slice(2)) : resolve(this.#surroundings.cwd, folder, written);
    if ('file' in source) return { file: path(source.file) };
    if ('age' in source)
      return { age: path(source.age), key: source.key, identity: source.identity === null ? null : path(source.identity) };
    return source;
  }
}
