import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createLive, type Live } from '../../src/cli/live.ts';
import { createOutput } from '../../src/cli/output.ts';
import { createQuestions } from '../../src/cli/questions.ts';
import { createStopper, type Stopper } from '../../src/cli/stopper.ts';
import type { Questions } from '../../src/model/questions.ts';
import { createRedactor } from '../../src/report/redact.ts';
import { type TestIo, testIo } from './test-io.ts';

interface Terminal {
  readonly io: TestIo;
  readonly live: Live;
  readonly stopper: Stopper;
  readonly questions: Questions | null;
  readonly redact: (text: string) => string;
}

function terminal(env: Record<string, string> = {}, isTerminal = true): Terminal {
  const io = testIo({ terminal: isTerminal, env });
  const cli = { io, output: createOutput(io), argv: [], finish: () => {} };
  const live = createLive(cli, () => 'hosts');
  const stopper = createStopper(io, { onSoft: (signal) => live.stopping(signal), onHard: () => {} });
  const redactor = createRedactor([]);
  return { io, live, stopper, questions: createQuestions(cli, { live, stopper, redactor }), redact: redactor.text };
}

describe('questions at a terminal', () => {
  test('are asked one after the other, and what is typed is not shown but hidden from then on', async () => {
    const { io, questions, redact } = terminal();
    const answers = Promise.all([questions?.askSecret('passphrase of one'), questions?.askSecret('passphrase of two')]);
    await io.shows('passphrase of one: ');
    expect(io.err()).not.toContain('two');
    io.type('first answer\r');
    await io.shows('passphrase of two: ');
    io.type('second answer\r');
    expect((await answers).map((answer) => answer?.reveal())).toEqual(['first answer', 'second answer']);
    expect(io.err()).toBe('passphrase of one: \npassphrase of two: \n');
    expect(redact('a first answer, a second answer')).toBe('a [secret], a [secret]');
  });

  test('cannot act on the terminal', async () => {
    const { io, questions } = terminal();
    const answer = questions?.askSecret('me@web1 asks: \x1b[2J');
    await io.shows(': ');
    io.type('\r');
    expect((await answer)?.reveal()).toBe('');
    expect(io.err()).toBe('me@web1 asks: \\x1b[2J: \n');
  });

  test('hold the display back, which then goes on', async () => {
    const { io, live, stopper, questions } = terminal();
    live.emit({ kind: 'hosts-selected', hosts: ['one'] });
    live.start(true, 'reading');
    await io.shows('reading');
    const answer = questions?.askSecret('passphrase of one');
    await io.shows('passphrase of one: ');
    const asked = io.err();
    live.say('a line meanwhile');
    // Longer than the display takes for three frames.
    await delay(350);
    expect(io.err()).toBe(asked);
    io.type('x\r');
    await answer;
    expect(io.err()).toBe(`${asked}\na line meanwhile\n`);
    await expect.poll(() => io.err().slice(asked.length)).toContain('reading');
    live.stop();
    stopper.close();
  });

  test('hold lines back where the terminal cannot redraw', async () => {
    const { io, live, questions } = terminal({ NO_COLOR: '1' });
    const answer = questions?.askSecret('passphrase of one');
    await io.shows(': ');
    live.say('a line meanwhile');
    expect(io.err()).toBe('passphrase of one: ');
    io.type('x\r');
    await answer;
    expect(io.err()).toBe('passphrase of one: \na line meanwhile\n');
  });

  test('end with Ctrl-C, which stops the run, and no other is asked', async () => {
    const { io, stopper, questions } = terminal();
    const answers = Promise.all([questions?.askSecret('passphrase of one'), questions?.askSecret('passphrase of two')]);
    await io.shows(': ');
    io.type('abc\x03');
    expect(await answers).toEqual([null, null]);
    expect([stopper.signal(), stopper.signals.soft.aborted, stopper.signals.hard.aborted]).toEqual(['SIGINT', true, false]);
    expect(io.err()).toBe('passphrase of one: \n');
    stopper.close();
  });

  test('end with a signal from elsewhere', async () => {
    const { io, stopper, questions } = terminal();
    const answer = questions?.askSecret('passphrase of one');
    await io.shows(': ');
    io.signal('SIGTERM');
    expect(await answer).toBeNull();
    expect(stopper.signal()).toBe('SIGTERM');
    stopper.close();
  });

  test('are left without an answer by Ctrl-D, and the run goes on', async () => {
    const { io, stopper, questions } = terminal();
    const answer = questions?.askSecret('passphrase of one');
    await io.shows(': ');
    io.type('abc\x04');
    expect(await answer).toBeNull();
    expect(stopper.signal()).toBeNull();
  });

  test('are not there without one', () => {
    expect(terminal({}, false).questions).toBeNull();
  });
});
