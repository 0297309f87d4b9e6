import { TransportError } from '../../model/transport.ts';
import { HOST_KEY_ALGORITHMS, type HostKeyAlgorithm, hostKeyAlgorithms, judgeKeyOnPort, keyRefused } from './host-key.ts';
import type { KnownHost } from './known-hosts.ts';
import type { KnownHostsStore } from './known-hosts-store.ts';
import type { HostKeySettings } from './stop.ts';

/** What the known_hosts files of a host hold. */
interface Lines {
  readonly entries: readonly KnownHost[];
  readonly authorities: readonly KnownHost[];
}

/** Checks the key of one host for one connection. */
export class HostKeyCheck {
  readonly #settings: HostKeySettings;
  readonly #store: KnownHostsStore;
  readonly #entries: readonly KnownHost[];
  readonly #authorities: readonly KnownHost[];
  #refusal: TransportError | null = null;

  private constructor(settings: HostKeySettings, store: KnownHostsStore, lines: Lines) {
    this.#settings = settings;
    this.#store = store;
    this.#entries = lines.entries;
    this.#authorities = lines.authorities;
  }

  /** Reads the host's known_hosts files. Rejects with TransportError where one cannot be read. */
  static async load(settings: HostKeySettings, store: KnownHostsStore): Promise<HostKeyCheck> {
    const [entries, authorities] = await Promise.all([store.entries(settings.files), store.authorities(settings.files)]);
    return new HostKeyCheck(settings, store, { entries, authorities });
  }

  /** Why the key was refused, null while it was not. */
  get refusal(): TransportError | null {
    return this.#refusal;
  }

  /** Algorithms to offer, so that the host shows a key that is known, if it has one. */
  get algorithms(): HostKeyAlgorithm[] {
    return offeredAlgorithms(this.#entries, this.#settings.name, this.#settings.algorithms);
  }

  /** For ssh2: calls back with whether the key is accepted, never with true for a key that is neither known nor recorded. */
  readonly verify = (key: Buffer, answer: (accepted: boolean) => void): void => {
    this.#judge(key).then(
      (refusal) => {
        this.#refusal = refusal;
        answer(refusal === null);
      },
      (cause: unknown) => {
        this.#refusal = cause instanceof TransportError ? cause : new TransportError('host-key', String(cause), { cause });
        answer(false);
      },
    );
  };

  async #judge(key: Buffer): Promise<TransportError | null> {
    const { name, policy, files, hashed } = this.#settings;
    const first = judgeKeyOnPort(this.#entries, name, key, this.#authorities);
    const mayRecord = first.kind === 'unknown' && policy === 'accept-new';
    const verdict = mayRecord ? await this.#store.record(files, name, key, hashed) : first;
    return verdict.kind === 'known' ? null : keyRefused(verdict, name, key);
  }
}

/** Algorithms to ask for: those that were chosen, in their order, else all, those first for which a key is known. */
export function offeredAlgorithms(entries: readonly KnownHost[], name: string, chosen: readonly string[] | null): HostKeyAlgorithm[] {
  if (chosen === null) return hostKeyAlgorithms(entries, name);
  return chosen.flatMap((wanted) => HOST_KEY_ALGORITHMS.filter((known) => known === wanted));
}
