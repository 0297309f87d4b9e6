/** The most that is kept of what a server says first: its version and KEXINIT, of some 2 KiB. */
const LIMIT = 16_384;

/** Message number of KEXINIT (RFC 4253, 7.1). */
const KEXINIT = 20;

/** The lists of a KEXINIT that name algorithms, in their order. */
const LISTS = ['kex', 'hostKey', 'cipherOut', 'cipherIn', 'macOut', 'macIn'] as const;

/** What a server offers, by list. */
export type Offers = Readonly<Record<(typeof LISTS)[number], readonly string[]>>;

/** Listens to what a server says before anything is encrypted: ssh2 tells neither a stranger's words nor what was offered in vain. */
export class ServerHello {
  #bytes: Buffer = Buffer.alloc(0);

  /** Takes the next piece of the stream. */
  readonly push = (chunk: Buffer): void => {
    if (this.#bytes.length < LIMIT) this.#bytes = Buffer.concat([this.#bytes, chunk]).subarray(0, LIMIT);
  };

  /** What came instead of an SSH version, the first line of it; null where a version came, `''` where nothing did. */
  get words(): string | null {
    if (this.#versionAt !== -1) return null;
    const text = this.#bytes.toString('utf8').replaceAll(/[\p{C}\s]+/gu, (space) => (space.includes('\n') ? '\n' : ' '));
    const [line = ''] = text.trim().split('\n');
    return line.length > 120 ? `${line.slice(0, 120)}…` : line;
  }

  /** What the server offers; null where it has not said yet. */
  get offers(): Offers | null {
    const end = this.#versionAt === -1 ? -1 : this.#bytes.indexOf('\n', this.#versionAt);
    // Behind the version: length of the packet, length of its padding, message, cookie, lists (RFC 4253, 6 and 7.1).
    const at = end + 1;
    if (end === -1 || this.#bytes[at + 5] !== KEXINIT) return null;
    return readLists(this.#bytes.subarray(at + 22));
  }

  /** Lines may stand before it (RFC 4253, 4.2). */
  get #versionAt(): number {
    const text = this.#bytes.toString('latin1');
    return text.startsWith('SSH-') ? 0 : text.indexOf('\nSSH-') + (text.includes('\nSSH-') ? 1 : 0);
  }
}

function readLists(bytes: Buffer): Offers | null {
  const lists: string[][] = [];
  let rest = bytes;
  for (const _ of LISTS) {
    const length = rest.length < 4 ? Number.POSITIVE_INFINITY : rest.readUInt32BE(0);
    if (rest.length < 4 + length) return null;
    lists.push(
      rest
        .subarray(4, 4 + length)
        .toString('latin1')
        .split(','),
    );
    rest = rest.subarray(4 + length);
  }
  const [kex = [], hostKey = [], cipherOut = [], cipherIn = [], macOut = [], macIn = []] = lists;
  return { kex, hostKey, cipherOut, cipherIn, macOut, macIn };
}
