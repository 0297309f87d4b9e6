import type { Questions } from '../../model/questions.ts';
import type { Secret } from '../../model/secret.ts';
import { type KeyFile, unlockKey } from './key-file.ts';

/** What the transport may know or ask besides what routes say. */
export interface Asking {
  /** Somebody who can answer; null: nobody. */
  readonly questions: Questions | null;
  /** Tried for every encrypted key file before anybody is asked; null for none. */
  readonly keyPassphrase: Secret | null;
}

/** Wrong passphrases after which a key is given up. */
const MAX_TRIES = 3;

/** Opens encrypted key files: of each the passphrase is asked for once in a run, whoever needs it. */
export class Passphrases {
  readonly #asking: Asking;
  readonly #asked = new Map<string, Promise<KeyFile>>();
  readonly #known = new Map<string, KeyFile>();

  constructor(asking: Asking) {
    this.#asking = asking;
  }

  /** The key as far as it is known without a question; `locked` stays only where a question may open it. */
  known(file: KeyFile): KeyFile {
    if (file.locked === null) return file;
    const known = this.#known.get(file.file) ?? this.#tryKnown(file);
    this.#known.set(file.file, known);
    return known;
  }

  /** The opened key, or why it stays closed. Never rejects. */
  open(file: KeyFile): Promise<KeyFile> {
    const known = this.known(file);
    if (known.locked === null) return Promise.resolve(known);
    const asked = this.#asked.get(file.file) ?? this.#ask(known);
    this.#asked.set(file.file, asked);
    return asked;
  }

  #tryKnown(file: KeyFile): KeyFile {
    const { questions, keyPassphrase } = this.#asking;
    const opened = keyPassphrase === null ? null : unlockKey(file, keyPassphrase);
    if (opened !== null && opened !== 'wrong-passphrase') return opened;
    if (questions !== null) return file;
    return opened === null
      ? closed(file, `${file.problem}, or set DROVER_KEY_PASSPHRASE`)
      : closed(file, 'it is encrypted, and DROVER_KEY_PASSPHRASE does not open it');
  }

  async #ask(file: KeyFile): Promise<KeyFile> {
    const settled = await this.#askUntilOpen(file);
    this.#known.set(file.file, settled);
    return settled;
  }

  async #askUntilOpen(file: KeyFile): Promise<KeyFile> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const question = `${tries === 0 ? '' : 'that does not open it; '}passphrase of ${file.file}`;
      const passphrase = await this.#asking.questions?.askSecret(question);
      // As in ssh(1), an empty answer leaves the key alone.
      if (!passphrase || passphrase.reveal() === '') return closed(file, 'it is encrypted, and no passphrase was given');
      const opened = unlockKey(file, passphrase);
      if (opened !== 'wrong-passphrase') return opened;
    }
    return closed(file, `it is encrypted, and ${MAX_TRIES} passphrases did not open it`);
  }
}

function closed(file: KeyFile, problem: string): KeyFile {
  return { ...file, locked: null, problem };
}
