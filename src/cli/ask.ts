import { createInterface } from 'node:readline';
import { Secret } from '../model/secret.ts';
import type { Cli } from './cli.ts';
import type { Io } from './io.ts';

/** True where a question can be seen and answered. */
export function canAsk({ stdin, stderr }: Io): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** Asks on standard error; only `y` and `yes` are yes. No answer, the end of the input or an abort are no. */
export async function confirm(question: string, { io, output }: Pick<Cli, 'io' | 'output'>, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  output.err(`${question} [y/N] `);
  // Without `terminal` the terminal driver keeps Ctrl-C a signal and does the editing.
  const lines = createInterface({ input: io.stdin, terminal: false });
  const answer = await new Promise<string | null>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(null));
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  lines.close();
  io.stdin.pause();
  if (answer === null) output.err('\n');
  return answer !== null && /^\s*y(?:es)?\s*$/i.test(answer);
}

/** What else may end a question for a secret. */
export interface SecretOptions {
  readonly signal?: AbortSignal;
  /** Called at Ctrl-C, which in raw mode is no signal. */
  readonly onInterrupt?: () => void;
}

/** Asks for a secret without showing what is typed. null: Ctrl-C, the end of the input or an abort. The caller makes sure of a terminal. */
export async function askSecret(
  question: string,
  { io, output }: Pick<Cli, 'io' | 'output'>,
  options: SecretOptions = {},
): Promise<Secret | null> {
  if (options.signal?.aborted === true) return null;
  const { stdin } = io;
  // Before the question: whoever answers at once, or types ahead, is not shown either.
  stdin.setRawMode?.(true);
  output.err(`${question}: `);
  try {
    return await readSecret(stdin, options);
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
    output.err('\n');
  }
}

function readSecret(stdin: Io['stdin'], { signal, onInterrupt }: SecretOptions): Promise<Secret | null> {
  return new Promise((resolve) => {
    const decoder = new TextDecoder();
    let typed: Typed = [];
    const end = (value: Secret | null): void => {
      stdin.off('data', onData).off('end', onEnd);
      signal?.removeEventListener('abort', onEnd);
      resolve(value);
    };
    const onEnd = (): void => end(null);
    const onData = (chunk: Buffer | string): void => {
      const next = editAll(typed, typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }));
      if (next === 'interrupt') onInterrupt?.();
      if (isEnd(next)) end(answerOf(next));
      else typed = next;
    };
    stdin.on('data', onData).once('end', onEnd);
    signal?.addEventListener('abort', onEnd, { once: true });
    stdin.resume();
  });
}

/** Characters typed so far. */
type Typed = readonly string[];

/** How a question ends. */
type End = { readonly done: string } | 'cancel' | 'interrupt';

function answerOf(end: End): Secret | null {
  return typeof end === 'object' ? new Secret(end.done) : null;
}

function isEnd(next: Typed | End): next is End {
  return !Array.isArray(next);
}

function editAll(typed: Typed, keys: string): Typed | End {
  let now = typed;
  for (const key of keys) {
    const next = edit(now, key);
    if (next === 'cancel' || next === 'interrupt') return next;
    if (next === 'done') return { done: now.join('') };
    now = next;
  }
  return now;
}

/** One key in raw mode: Enter ends, Ctrl-C interrupts, Ctrl-D cancels, Backspace takes one character back, Ctrl-U all. */
function edit(typed: Typed, character: string): Typed | 'done' | 'cancel' | 'interrupt' {
  switch (character) {
    case '\r':
    case '\n':
      return 'done';
    case '\x03':
      return 'interrupt';
    case '\x04':
      return 'cancel';
    case '\x7f':
    case '\b':
      return typed.slice(0, -1);
    case '\x15':
      return [];
    default:
      return [...typed, character];
  }
}
