import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BaseFacts, FactRequest } from './model/fact.ts';
import type { ReadHint, ReadHints } from './model/ports.ts';
import { VERSION } from './version.ts';

/** What is kept: hosts with the same questions share one list. */
interface Kept {
  readonly drover: string;
  readonly lists: readonly (readonly FactRequest[])[];
  /** `host level` → base facts and the index of its list. */
  readonly hosts: Readonly<Record<string, { readonly base: BaseFacts; readonly list: number }>>;
}

/** Questions of one playbook in a file of the cache folder. Whatever is wrong with the file, the run only needs a round trip more. */
export class FileReadHints implements ReadHints {
  readonly #file: string;
  readonly #kept: Kept;
  readonly #redact: (text: string) => string;
  readonly #hints = new Map<string, ReadHint>();

  /** `redact`: takes secrets out; questions that hold some are not kept. */
  constructor(cacheDirectory: string, playbook: string, redact: (text: string) => string = (text) => text) {
    this.#redact = redact;
    this.#file = join(cacheDirectory, `reads-${createHash('sha256').update(playbook).digest('hex').slice(0, 16)}.json`);
    this.#kept = load(this.#file);
  }

  get(host: string, level: string): ReadHint | null {
    const found = this.#kept.hosts[`${host} ${level}`];
    const requests = found === undefined ? undefined : this.#kept.lists[found.list];
    return found === undefined || requests === undefined ? null : { base: found.base, requests };
  }

  set(host: string, level: string, { base, requests }: ReadHint): void {
    this.#hints.set(`${host} ${level}`, { base, requests: withoutGuards(requests).filter(({ key }) => this.#redact(key) === key) });
  }

  /** Writes what was set, and keeps what other hosts of the playbook had; only when something differs. Never throws. */
  save(): void {
    const lists: (readonly FactRequest[])[] = [];
    const indexes = new Map<string, number>();
    const hosts: Record<string, { base: BaseFacts; list: number }> = {};
    const earlier = Object.keys(this.#kept.hosts).filter((key) => !this.#hints.has(key));
    const all = [...earlier.map((key) => [key, this.#earlier(key)] as const), ...this.#hints];
    for (const [key, hint] of all) {
      if (hint === null) continue;
      const text = JSON.stringify(hint.requests);
      const list = indexes.get(text) ?? lists.push(hint.requests) - 1;
      indexes.set(text, list);
      hosts[key] = { base: hint.base, list };
    }
    store(this.#file, { drover: VERSION, lists, hosts });
  }

  #earlier(key: string): ReadHint | null {
    const at = key.indexOf(' ');
    return this.get(key.slice(0, at), key.slice(at + 1));
  }
}

/** Guards are commands: nothing is run on a host on the word of an earlier run, or of a file. */
function withoutGuards(requests: readonly FactRequest[]): readonly FactRequest[] {
  return requests.filter((request) => request.kind !== 'guard');
}

function load(file: string): Kept {
  const nothing: Kept = { drover: VERSION, lists: [], hosts: {} };
  try {
    const kept: Kept = JSON.parse(readFileSync(file, 'utf8'));
    const isUsable = kept.drover === VERSION && Array.isArray(kept.lists) && typeof kept.hosts === 'object' && kept.hosts !== null;
    return isUsable ? { ...kept, lists: kept.lists.map(withoutGuards) } : nothing;
  } catch {
    return nothing;
  }
}

function store(file: string, kept: Kept): void {
  try {
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
    const temporary = `${file}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify(kept), { mode: 0o600 });
    renameSync(temporary, file);
  } catch {
    // The cache folder cannot be written: the next run needs a round trip more, that is all.
  }
}
