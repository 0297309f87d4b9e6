import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { buffer } from 'node:stream/consumers';

/** What a command left behind. */
export interface CommandResult {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** null when a signal ended it. */
  readonly exitCode: number | null;
}

/** Collects what a started command writes until it has ended; `stdin` is all it gets to read. */
export async function run(child: ChildProcessWithoutNullStreams, stdin: string | Buffer = ''): Promise<CommandResult> {
  // A command need not read its input.
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const exit = new Promise<number | null>((resolve, reject) => void child.once('close', resolve).once('error', reject));
  const [stdout, stderr, exitCode] = await Promise.all([buffer(child.stdout), buffer(child.stderr), exit]);
  return { stdout, stderr, exitCode };
}
