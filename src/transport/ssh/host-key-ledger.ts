import { fingerprint } from './host-key.ts';

/** A host key that no known_hosts file holds. */
export interface UnknownHostKey {
  /** The host's name in the inventory. */
  readonly host: string;
  /** The name that it would be recorded by. */
  readonly name: string;
  /** SSH wire format. */
  readonly key: Buffer;
  /** The known_hosts file that it would be recorded in. */
  readonly file: string;
  /** Whether the name is hidden there (HashKnownHosts). */
  readonly hashed: boolean;
}

/** One key under one name, and the hosts that show it. */
export interface LedgerEntry extends Omit<UnknownHostKey, 'host'> {
  readonly hosts: readonly string[];
}

/** The unknown host keys of a run, gathered so that they are shown and accepted once for all. */
export class HostKeyLedger {
  readonly #entries = new Map<string, LedgerEntry>();

  /** Adds what a host showed. A key that stands there under the same name for the same file only gets one more host. */
  add({ host, ...unknown }: UnknownHostKey): void {
    const id = JSON.stringify([unknown.name, unknown.file, unknown.key.toString('base64')]);
    const hosts = new Set([...(this.#entries.get(id)?.hosts ?? []), host]);
    this.#entries.set(id, { ...unknown, hosts: [...hosts].sort(inOrder) });
  }

  /** By host, whatever the order in which they were added. */
  get entries(): readonly LedgerEntry[] {
    return [...this.#entries.values()].sort((a, b) => inOrder(label(a), label(b)) || inOrder(fingerprint(a.key), fingerprint(b.key)));
  }
}

/** The entries of several ledgers as those of one. */
export function mergeEntries(ledgers: readonly (readonly LedgerEntry[])[]): readonly LedgerEntry[] {
  const all = new HostKeyLedger();
  for (const { hosts, ...entry } of ledgers.flat()) for (const host of hosts) all.add({ ...entry, host });
  return all.entries;
}

/** The hosts of an entry, and the name that they are recorded by where that is another. */
export function label({ hosts, name }: Pick<LedgerEntry, 'hosts' | 'name'>): string {
  const [first, ...others] = hosts;
  return others.length === 0 && first === name ? name : `${hosts.join(', ')} (${name})`;
}

/** `web2` before `web10`. */
function inOrder(a: string, b: string): number {
  return COLLATOR.compare(a, b);
}

const COLLATOR = new Intl.Collator('en', { numeric: true });
