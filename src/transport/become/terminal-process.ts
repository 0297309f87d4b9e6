import { PassThrough, type Readable, type Writable } from 'node:stream';
import type { ProcessEnd, ShellProcess } from '../shell-process.ts';

/** How long a process may take to end when all of its script has come, in milliseconds: a daemon may hold the terminal. */
const END_GRACE_MS = 1_000;
/** How long the rest of the output may take when the process has ended. */
const REST_GRACE_MS = 3_000;

/**
 * A process on a terminal, whose script runs behind `FROM_TERMINAL`: standard error is parted from standard output again, and the exit code is
 * the script's. What comes before the script is standard output. Signals that end a script are exit codes above 128, as for the shell.
 */
export class TerminalProcess implements ShellProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly #process: ShellProcess;
  readonly #parts: readonly Part[];
  #part = 0;
  #held: Buffer = Buffer.alloc(0);
  /** The end of the process, and that of the script. */
  #ended: ProcessEnd | null = null;
  #told: ProcessEnd | null = null;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #exit: Promise<ProcessEnd>;
  readonly #close: Promise<void>;
  #resolveExit: (end: ProcessEnd) => void = () => {};

  constructor(process: ShellProcess, marker: string) {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    this.#process = process;
    this.#parts = [
      { output: stdout, until: Buffer.from(`${marker}-err\n`) },
      { output: stderr, until: Buffer.from(`${marker}-end `) },
    ];
    this.stdin = process.stdin;
    this.stdout = stdout;
    this.stderr = stderr;
    this.#exit = new Promise((resolve) => {
      this.#resolveExit = resolve;
    });
    this.#close = Promise.all([stdout, stderr].map((output) => new Promise((resolve) => output.once('close', resolve)))).then(() => {});
    process.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
    process.onExit((end) => this.#onExit(end));
    process.onClose(() => this.#over());
  }

  onExit(listener: (end: ProcessEnd) => void): void {
    void this.#exit.then(listener);
  }

  onClose(listener: () => void): void {
    void this.#close.then(listener);
  }

  destroy(): void {
    this.#over();
    this.#process.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#held = Buffer.concat([this.#held, chunk]);
    for (let part = this.#parts[this.#part]; part !== undefined; part = this.#parts[this.#part]) {
      const at = this.#held.indexOf(part.until);
      const end = at === -1 ? this.#held.length - overlap(this.#held, part.until) : at;
      if (end > 0) part.output.write(this.#held.subarray(0, end));
      this.#held = this.#held.subarray(at === -1 ? end : at + part.until.length);
      if (at === -1) return;
      this.#part += 1;
    }
    this.#takeEnd();
  }

  #takeEnd(): void {
    const status = /^(\d+)\n/.exec(this.#held.subarray(0, 8).toString('latin1'))?.[1];
    if (status === undefined || this.#told !== null) return;
    this.#told = { exitCode: Number(status), signal: null };
    if (this.#ended !== null) this.#over();
    else this.#overWithin(END_GRACE_MS);
  }

  #onExit(end: ProcessEnd): void {
    this.#ended = end;
    if (this.#told !== null) this.#over();
    else this.#overWithin(REST_GRACE_MS);
  }

  #overWithin(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#over(), ms);
  }

  /** Nothing that comes now is the script's. Lets go of the terminal, which those who hold it open would keep for ever. */
  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#parts[this.#part]?.output.write(this.#held);
    const end = this.#told ?? this.#ended;
    if (end !== null) this.#resolveExit(end);
    for (const { output } of this.#parts) output.end();
    this.#process.destroy();
  }
}

/** A piece of what comes, and what stands behind it. */
interface Part {
  readonly output: PassThrough;
  readonly until: Buffer;
}

/** How many bytes at the end of `seen` may be the beginning of `mark`. */
function overlap(seen: Buffer, mark: Buffer): number {
  for (let length = Math.min(seen.length, mark.length - 1); length > 0; length -= 1) {
    if (seen.subarray(seen.length - length).equals(mark.subarray(0, length))) return length;
  }
  return 0;
}
