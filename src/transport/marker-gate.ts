const HEAD_LIMIT = 65_536;

/** Holds back what a stream says before a marker line (a login shell's noise, sudo's words), and lets through what follows it. */
export class MarkerGate {
  readonly #marker: Buffer;
  #head: Buffer = Buffer.alloc(0);
  #open = false;

  constructor(marker: string) {
    this.#marker = Buffer.from(`${marker}\n`);
  }

  /** True once the marker has come. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** What came before the marker, its last 64 KiB. */
  get head(): Buffer {
    return this.#head;
  }

  /** Takes a piece of the stream; returns what of it is behind the marker (empty while there is none). */
  push(chunk: Buffer): Buffer {
    if (this.#open) return chunk;
    const seen = Buffer.concat([this.#head, chunk]);
    const at = seen.indexOf(this.#marker);
    this.#open = at >= 0;
    this.#head = this.#open ? seen.subarray(0, at) : seen.subarray(Math.max(0, seen.length - HEAD_LIMIT));
    return this.#open ? seen.subarray(at + this.#marker.length) : Buffer.alloc(0);
  }
}
