/** An action that has run for less tells nothing, in milliseconds. */
const LONG_MS = 5_000;

/** Time between two looks at what an action has printed, in milliseconds. */
const LOOK_MS = 250;

/** Most of the output that is told, in bytes. */
const MOST_BYTES = 2_048;

/** When output is told. */
export interface TellTimes {
  /** Default 5 s. */
  readonly longMs?: number;
  /** Default 250 ms. */
  readonly lookMs?: number;
}

/** Tells what a long action prints while it runs: the last whole lines, at most four times a second, and only when there are new ones. */
export class OutputTeller {
  readonly #output: () => Buffer;
  readonly #tell: (tail: string) => void;
  readonly #times: Required<TellTimes>;
  #timer: NodeJS.Timeout | undefined;
  #told = '';

  constructor(output: () => Buffer, tell: (tail: string) => void, { longMs = LONG_MS, lookMs = LOOK_MS }: TellTimes = {}) {
    this.#output = output;
    this.#tell = tell;
    this.#times = { longMs, lookMs };
  }

  /** An action has begun. */
  begin(): void {
    this.end();
    const { longMs, lookMs } = this.#times;
    this.#timer = setTimeout(() => {
      this.#look();
      this.#timer = setInterval(() => this.#look(), lookMs);
    }, longMs);
  }

  /** It has ended. */
  end(): void {
    clearTimeout(this.#timer);
    this.#told = '';
  }

  #look(): void {
    const tail = lastLines(this.#output());
    if (tail === '' || tail === this.#told) return;
    this.#told = tail;
    this.#tell(tail);
  }
}

/**
 * The last whole lines of an output. Half a line could be half of a secret, which nobody would know to take out: a line counts when both its ends were
 * seen. A carriage return ends one too: so programs redraw their progress.
 */
export function lastLines(output: Buffer): string {
  const text = output.subarray(-MOST_BYTES).toString('utf8').replace(ESCAPES, '');
  const lines = text.split(/[\r\n]+/).slice(output.length > MOST_BYTES ? 1 : 0, -1);
  return lines.filter((line) => line.trim() !== '').join('\n');
}

/** Colours and movements of a terminal (ECMA-48, control sequences). */
const ESCAPES = /\u001b\[[0-?]*[ -/]*[@-~]/g;
