import { spawn } from 'node:child_process';

/** How a command ended. `code` is 128 + the signal's number where a signal ended it (all reported as 255 when unknown). */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command gets besides its arguments. */
export interface CommandOptions {
  /** Bytes for its standard input. Default: none (end of file at once). */
  readonly input?: string | Uint8Array;
  /** Its whole environment. Default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** It is killed after so many milliseconds. Default 120 000. */
  readonly timeoutMs?: number;
}

/** Runs a program on this machine without a shell and waits for its end; rejects only if it cannot be started. */
export function run(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      env: options.env ?? process.env,
      timeout: options.timeoutMs ?? 120_000,
      killSignal: 'SIGKILL',
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code: code ?? 255, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
    // A command that ends without reading its input is no failure of the lab.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** The same, for commands that must succeed: resolves to standard output, rejects with the command, its code and what it wrote. */
export async function mustRun(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await run(argv, options);
  if (result.code === 0) return result.stdout;
  throw new Error(`${argv.join(' ')}: exit code ${result.code}\n${result.stderr.slice(-4000)}${result.stdout.slice(-2000)}`);
}
