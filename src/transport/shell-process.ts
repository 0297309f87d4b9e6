import type { Readable, Writable } from 'node:stream';
import type { TransportError } from '../model/transport.ts';

/** How a process ended: exactly one of the two is not null. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** A started shell, on a host or here: an SSH channel or a child process. */
export interface ShellProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Called once if the end of the process is known. Output may still follow. */
  onExit(listener: (end: ProcessEnd) => void): void;
  /** Called once when nothing more will come, whether the end is known or not. */
  onClose(listener: () => void): void;
  /** Why it went away without an exit status, where that is its own affair and not the link's; null where not. */
  lost?(): TransportError | null;
  /** Lets go of it without waiting. */
  destroy(): void;
}
