import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TransportError } from '../../model/transport.ts';
import { judgeKey, judgeKeyOnPort, type KeyVerdict, keyType } from './host-key.ts';
import { hashName, isAbout, type KnownHost, parseCertAuthorities, parseKnownHosts } from './known-hosts.ts';

interface KnownHostsFile {
  readonly entries: KnownHost[];
  readonly authorities: readonly KnownHost[];
  endsOpen: boolean;
  lines: number;
}

/** The known_hosts files of a run: each is read once; new keys are appended one after the other. */
export class KnownHostsStore {
  readonly #files = new Map<string, Promise<KnownHostsFile>>();
  #appending: Promise<unknown> = Promise.resolve();

  /** All keys of some files, in order; a missing file has none. Rejects with TransportError where one cannot be read. */
  async entries(files: readonly string[]): Promise<readonly KnownHost[]> {
    const loaded = await Promise.all(files.map((file) => this.#load(file)));
    return loaded.flatMap((file) => file.entries);
  }

  /** All certificate authorities of some files, in order. Rejects with TransportError where one cannot be read. */
  async authorities(files: readonly string[]): Promise<readonly KnownHost[]> {
    const loaded = await Promise.all(files.map((file) => this.#load(file)));
    return loaded.flatMap((file) => file.authorities);
  }

  /** Whether no line says which key a machine of this name has; one that only revokes keys does not. Rejects with TransportError where a file cannot be read. */
  async isStranger(files: readonly string[], name: string): Promise<boolean> {
    const [entries, authorities] = await Promise.all([this.entries(files), this.authorities(files)]);
    return ![...entries.filter(({ revoked }) => !revoked), ...authorities].some((entry) => isAbout(entry, name));
  }

  /** Whether it is settled what becomes of a key: it is revoked, or known by another name. Rejects with TransportError where a file cannot be read. */
  async isSettled(files: readonly string[], name: string, key: Buffer): Promise<boolean> {
    return judgeKeyOnPort(await this.entries(files), name, key).kind !== 'unknown';
  }

  /**
   * Judges a key again, after all appends before this one, and appends it to the first file if it is still unknown; with its name hidden where
   * `hashed` (HashKnownHosts).
   */
  record(files: readonly string[], name: string, key: Buffer, hashed: boolean = false): Promise<KeyVerdict> {
    const turn = this.#appending.then(async () => {
      const verdict = judgeKey(await this.entries(files), name, key);
      if (verdict.kind !== 'unknown') return verdict;
      await this.#append(files[0], hashed ? hashName(name, randomBytes(20)) : name, key);
      return { kind: 'known' } as const;
    });
    this.#appending = turn.catch(() => {});
    return turn;
  }

  #load(file: string): Promise<KnownHostsFile> {
    const loaded = this.#files.get(file) ?? read(file);
    this.#files.set(file, loaded);
    return loaded;
  }

  async #append(path: string | undefined, names: string, key: Buffer): Promise<void> {
    if (path === undefined) throw new TransportError('host-key', 'there is no known_hosts file to record the new key in');
    const file = await this.#load(path);
    const [type, encoded] = [keyType(key), key.toString('base64')];
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await appendFile(path, `${file.endsOpen ? '\n' : ''}${names} ${type} ${encoded}\n`, { mode: 0o600 });
    } catch (cause) {
      throw cannot('record the new host key in', path, cause);
    }
    file.endsOpen = false;
    file.lines += 1;
    file.entries.push({ names, revoked: false, type, key: encoded, file: path, line: file.lines });
  }
}

async function read(file: string): Promise<KnownHostsFile> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return '';
    throw cannot('read', file, cause);
  });
  const endsOpen = text !== '' && !text.endsWith('\n');
  return {
    entries: [...parseKnownHosts(text, file)],
    authorities: parseCertAuthorities(text, file),
    endsOpen,
    lines: text.split('\n').length - (endsOpen ? 0 : 1),
  };
}

function cannot(what: string, file: string, cause: unknown): TransportError {
  const code = cause instanceof Error ? cause.message : String(cause);
  return new TransportError('host-key', `cannot ${what} ${file}: ${code}`, { cause });
}
