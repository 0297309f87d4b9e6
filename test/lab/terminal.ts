import { spawn } from 'node:child_process';
import { commandLine } from '../../src/shell/quote.ts';
import { MAIN } from './built.ts';

/** What to type when the terminal shows this, once for each time that it does. */
export type Answer = readonly [shows: RegExp, type: string];

/** How a command ended at a terminal, and everything that the terminal showed. */
export interface Shown {
  readonly code: number | null;
  readonly screen: string;
}

/** Runs the drover command at a terminal of its own (script(1)) that is 200 columns wide, and answers its questions. Answers are no arguments of any process. */
export function atTerminal(
  cwd: string,
  args: readonly string[],
  { answers = [], env = {} }: { answers?: readonly Answer[]; env?: Readonly<Record<string, string>> } = {},
): Promise<Shown> {
  const command = `stty cols 200 rows 60; exec ${commandLine([process.execPath, MAIN, ...args])}`;
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, TERM: 'xterm', SHELL: '/bin/sh', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  let seen = 0;
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk;
    for (const [shows, type] of answers) {
      const found = shows.exec(screen.slice(seen));
      if (found === null) continue;
      seen += found.index + found[0].length;
      child.stdin.write(`${type}\r`);
    }
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, screen }));
  });
}
