import { PassThrough } from 'node:stream';
import type { InputStream, Io, OutputStream, StopSignal } from '../../src/cli/io.ts';

/** What a test sets of the process; by default no terminal, an empty environment and no input. */
export interface TestIoOptions {
  readonly terminal?: boolean;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

/** An Io that lives in the test: what was written, keys to type, signals to send. */
export interface TestIo extends Io {
  readonly stdin: InputStream & PassThrough;
  readonly stdout: OutputStream & PassThrough;
  readonly stderr: OutputStream & PassThrough;
  out(): string;
  err(): string;
  type(keys: string): void;
  signal(signal: StopSignal): void;
  /** Number of listeners to signals. */
  listeners(): number;
  /** Resolves when standard error shows the text. */
  shows(text: string): Promise<void>;
}

/** Makes a process for the command to run in. */
export function testIo({ terminal = false, env = {}, cwd = '/nowhere' }: TestIoOptions = {}): TestIo {
  const listeners = new Map<StopSignal, Set<() => void>>([
    ['SIGINT', new Set()],
    ['SIGTERM', new Set()],
  ]);
  const [out, err] = [recorder(terminal), recorder(terminal)];
  const stdin = Object.assign(new PassThrough(), { isTTY: terminal, setRawMode: () => {} });
  return {
    stdin,
    stdout: out.stream,
    stderr: err.stream,
    env: { ...env },
    cwd,
    home: '/home/operator',
    username: 'operator',
    now: () => performance.now(),
    onSignal: (signal, listener) => {
      listeners.get(signal)?.add(listener);
      return () => listeners.get(signal)?.delete(listener);
    },
    out: out.text,
    err: err.text,
    type: (keys) => stdin.write(keys),
    signal: (signal) => {
      for (const listener of [...(listeners.get(signal) ?? [])]) listener();
    },
    listeners: () => [...listeners.values()].reduce((sum, set) => sum + set.size, 0),
    shows: err.shows,
  };
}

function recorder(isTTY: boolean): { stream: OutputStream & PassThrough; text(): string; shows(text: string): Promise<void> } {
  const stream = Object.assign(new PassThrough(), isTTY ? { isTTY, columns: 80 } : {});
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  const shows = (wanted: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(deadline);
        stream.off('data', look);
        settle();
      };
      const look = (): void => {
        if (text.includes(wanted)) end(resolve);
      };
      // Before the test's own deadline, which says nothing of what was shown instead.
      const deadline = setTimeout(() => end(() => reject(new Error(`"${wanted}" was not shown within 15 s, but:\n${text}`))), 15_000);
      stream.on('data', look);
      look();
    });
  return { stream, text: () => text, shows };
}
