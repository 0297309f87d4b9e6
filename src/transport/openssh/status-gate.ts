/** Takes the line with the exit status of a script out of its standard error. */
export class StatusGate {
  readonly #mark: Buffer;
  #held: Buffer = Buffer.alloc(0);
  #status: number | null = null;

  /** @param mark What the line begins with; the status follows behind a space. */
  constructor(mark: string) {
    this.#mark = Buffer.from(mark);
  }

  /** The exit status, once it has come. */
  get status(): number | null {
    return this.#status;
  }

  /** Takes a piece of the stream; returns what of it is the script's own. Holds back nothing but what may begin the line. */
  push(chunk: Buffer): Buffer {
    if (this.#status !== null) return chunk;
    const seen = Buffer.concat([this.#held, chunk]);
    const start = seen.indexOf(this.#mark);
    if (start === -1) return this.#hold(seen, seen.length - this.#begun(seen));
    const end = seen.indexOf('\n', start);
    if (end === -1) return this.#hold(seen, start);
    this.#held = Buffer.alloc(0);
    this.#status = Number(seen.subarray(start + this.#mark.length, end).toString('latin1'));
    return Buffer.concat([seen.subarray(0, start), seen.subarray(end + 1)]);
  }

  /** What was held back, where the stream ends without the line. */
  end(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest;
  }

  #hold(seen: Buffer, from: number): Buffer {
    this.#held = seen.subarray(from);
    return seen.subarray(0, from);
  }

  /** Length of the longest beginning of the mark that stands at the end. */
  #begun(seen: Buffer): number {
    for (let length = Math.min(this.#mark.length - 1, seen.length); length > 0; length -= 1) {
      if (seen.subarray(seen.length - length).equals(this.#mark.subarray(0, length))) return length;
    }
    return 0;
  }
}
