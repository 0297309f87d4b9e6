import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { TerminalProcess } from '../../../src/transport/become/terminal-process.ts';
import type { ProcessEnd, ShellProcess } from '../../../src/transport/shell-process.ts';

/** A process on a terminal that is in the test's hands. */
function terminal() {
  const told = { exit: (_end: ProcessEnd): void => {}, close: (): void => {}, destroyed: 0 };
  const stdout = new PassThrough();
  const process: ShellProcess = {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    onExit: (listener) => {
      told.exit = listener;
    },
    onClose: (listener) => {
      told.close = listener;
    },
    destroy: () => {
      told.destroyed += 1;
    },
  };
  const parted = new TerminalProcess(process, 'MARK');
  const got = { out: '', err: '' };
  parted.stdout.on('data', (chunk: Buffer) => {
    got.out += chunk.toString('latin1');
  });
  parted.stderr.on('data', (chunk: Buffer) => {
    got.err += chunk.toString('latin1');
  });
  const exit = new Promise<ProcessEnd>((resolve) => parted.onExit(resolve));
  const closed = new Promise<void>((resolve) => parted.onClose(resolve));
  return { told, stdout, parted, got, exit, closed };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a process on a terminal', () => {
  const text = 'MARK\nout\nMARK-er MARK-err\nMARK\nerr\nMARK-en MARK-end 3\n';

  it.each([1, 2, 3, 5, 7, 11, 1_000])('parts its outputs, in pieces of %i bytes', async (size) => {
    const { told, stdout, got, exit, closed } = terminal();
    for (let at = 0; at < text.length; at += size) stdout.write(text.slice(at, at + size));
    await turn();
    told.exit({ exitCode: 0, signal: null });
    expect(await exit).toEqual({ exitCode: 3, signal: null });
    await closed;
    expect(got).toEqual({ out: 'MARK\nout\nMARK-er ', err: 'MARK\nerr\nMARK-en ' });
    expect(told.destroyed).toBe(1);
  });

  it('holds nothing back that cannot be the beginning of a mark', async () => {
    const { stdout, got } = terminal();
    stdout.write('step 1 doneMAR');
    await turn();
    expect(got.out).toBe('step 1 done');
    stdout.write('x');
    await turn();
    expect(got.out).toBe('step 1 doneMARx');
  });

  it('does not wait for those who hold the terminal when all has come', async () => {
    const { told, stdout, exit, closed } = terminal();
    stdout.write(text);
    expect(await exit).toEqual({ exitCode: 3, signal: null });
    await closed;
    expect(told.destroyed).toBe(1);
  });

  it('that never began to run the script ends as it ended, with all that it said', async () => {
    const { told, stdout, got, exit, closed } = terminal();
    stdout.write('sudo: no');
    await turn();
    told.exit({ exitCode: 1, signal: null });
    told.close();
    expect(await exit).toEqual({ exitCode: 1, signal: null });
    await closed;
    expect(got).toEqual({ out: 'sudo: no', err: '' });
  });

  it('that is lost has no end', async () => {
    const { told, exit, closed } = terminal();
    told.close();
    await closed;
    expect(await Promise.race([exit, turn().then(() => 'none')])).toBe('none');
  });

  it('says nothing more once it was let go of', async () => {
    const { told, stdout, parted, got, closed } = terminal();
    parted.destroy();
    stdout.write(text);
    await closed;
    expect(got).toEqual({ out: '', err: '' });
    expect(told.destroyed).toBeGreaterThan(0);
  });
});
