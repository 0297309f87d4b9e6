import { isUtf8 } from 'node:buffer';
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** What a program printed, or why it is of no use; with what it said on standard error, null where it never started. */
export type ProgramOutcome =
  | { readonly output: string; readonly stderr: string }
  | { readonly failed: string; readonly stderr: string | null };

/** Longest wait for one call, in milliseconds. */
export const PROGRAM_DEADLINE_MS = 30_000;
const MOST_OUTPUT_BYTES = 256 * 1024 * 1024;

/** Runs an executable inventory without standard input and gives what it printed. It and what it started are killed at the deadline or with drover. */
export function runProgram(path: string, args: readonly string[], deadlineMs: number = PROGRAM_DEADLINE_MS): Promise<ProgramOutcome> {
  return new Promise((settle) => {
    // A process group of its own, so that nothing that the program starts outlives the deadline.
    const child = spawn(resolve(path), args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const printed: Buffer[] = [];
    const said: Buffer[] = [];
    let size = 0;
    const release = killWithDrover(child);
    const finish = (outcome: ProgramOutcome): void => {
      clearTimeout(timer);
      release();
      settle(outcome);
    };
    const stderr = (): string => Buffer.concat(said).toString();
    const fail = (failed: string): void => finish({ failed, stderr: stderr() });
    const giveUp = (failed: string): void => {
      killGroup(child);
      fail(failed);
    };
    const timer = setTimeout(() => giveUp(`did not end within ${deadlineMs / 1000} s`), deadlineMs);
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST_OUTPUT_BYTES) giveUp('printed more than 256 MiB');
      else printed.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (said.length < 1000) said.push(chunk);
    });
    child.on('error', (error) => finish({ failed: `cannot be run: ${whyNot(error)}`, stderr: null }));
    child.on('close', (status, signal) => {
      const output = Buffer.concat(printed);
      const failed = status === 0 ? strangeText(output) : ending(status, signal);
      if (failed === null) finish({ output: output.toString(), stderr: stderr() });
      else fail(failed);
    });
  });
}

function ending(status: number | null, signal: NodeJS.Signals | null): string {
  return status === null ? `was ended by ${signal ?? 'a signal'}` : `ended with exit status ${status}`;
}

function strangeText(output: Buffer): string | null {
  return isUtf8(output) ? null : 'printed text that is not UTF-8';
}

/** The file itself is there, as it was read. */
function whyNot(error: Error): string {
  return 'code' in error && error.code === 'ENOENT' ? 'what its first line names behind "#!" is not on this machine' : error.message;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Until the returned function is called, signals that end drover end the program too. */
function killWithDrover(child: ChildProcess): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = (signal: NodeJS.Signals): void => {
    killGroup(child);
    release();
    process.kill(process.pid, signal);
  };
  const release = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return release;
}
