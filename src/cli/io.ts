import type { Readable, Writable } from 'node:stream';

/** Where the command reads from: a terminal has `isTTY` and can be switched to raw mode. */
export type InputStream = Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };

/** Where the command writes to. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** Everything that the command knows of the process it runs in, so that tests can run it inside theirs. */
export interface Io {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Environment; the command removes passwords from it. */
  readonly env: { [name: string]: string | undefined };
  readonly cwd: string;
  readonly home: string;
  /** Login name. */
  readonly username: string;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Listens to a signal until the returned function is called. */
  onSignal(signal: StopSignal, listener: () => void): () => void;
}
