import type { Become, Host } from './host.ts';

/** A script of reads only: what a planning session may send. Made by `facts/` alone. */
export interface ReadScript {
  readonly kind: 'read';
  readonly text: string;
}

/** A script that carries out actions. Made by `actions/` alone. */
export interface WriteScript {
  readonly kind: 'write';
  readonly text: string;
}

/** How one script is run. */
export interface ExecOptions {
  /** Whose rights it runs with; null: the login user's. */
  readonly become: Become | null;
  /** From sending the script to its end, in milliseconds; does not include the waits for the channel and for sudo, which have their own. */
  readonly deadlineMs: number;
  /** Called with each piece of standard output as it comes. */
  readonly onStdout?: ((chunk: Buffer) => void) | undefined;
  /** Ends the exec: its processes are told to end, and within a second the channel is closed and the promise rejects with phase `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Longest output kept, in bytes; more fails the exec. Default 256 MiB. */
  readonly maxOutputBytes?: number | undefined;
}

/** What a script left behind. `exitCode` is null when a signal ended it. */
export interface ExecResult {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** Figures of one connection. Bytes are those of the scripts and their output, without the protocol's own. */
export interface ConnectionStats {
  readonly connectMs: number;
  /** Scripts sent since authentication: each is one channel, one exec. */
  readonly roundTrips: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** A session that can only read. */
export interface Reader {
  read(script: ReadScript, options: ExecOptions): Promise<ExecResult>;
}

/** A session that can also write. Plans never get one. */
export interface Writer extends Reader {
  write(script: WriteScript, options: ExecOptions): Promise<ExecResult>;
}

/** One authenticated connection to one host, used for the whole run. */
export interface Connection extends Writer {
  stats(): ConnectionStats;
  /** Ends the connection; running scripts fail with phase `link`. Never rejects. */
  close(): Promise<void>;
}

/** Reaches hosts. Rejections are always TransportError. */
export interface Transport {
  connect(host: Host, signal: AbortSignal): Promise<Connection>;
}

/** Where reaching or driving a host went wrong. Up to `channel` the host counts as unreachable. */
export type TroublePhase =
  | 'resolve'
  | 'connect'
  | 'handshake'
  | 'host-key'
  | 'authenticate'
  | 'channel'
  | 'become'
  | 'exec'
  | 'link'
  | 'aborted';

/** Trouble on the way to or on a host: an outcome of that host, never of another. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly phase: TroublePhase;
  /** What the operator can do, where there is something. */
  readonly hint: string | null;
  /** True where a deadline passed. */
  readonly deadline: boolean;

  constructor(phase: TroublePhase, message: string, options: { hint?: string; deadline?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.phase = phase;
    this.hint = options.hint ?? null;
    this.deadline = options.deadline ?? false;
  }
}
