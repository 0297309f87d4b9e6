import type { Io } from './io.ts';
import type { Output } from './output.ts';

/** What every command gets besides its arguments. */
export interface Cli {
  readonly io: Io;
  readonly output: Output;
  /** Arguments as they were typed, without node and the script. */
  readonly argv: readonly string[];
  /** Sets the exit code. */
  finish(exitCode: number): void;
}
