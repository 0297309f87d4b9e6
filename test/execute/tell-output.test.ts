import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { lastLines, OutputTeller } from '../../src/execute/tell-output.ts';

describe('what a long action prints', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is told after five seconds, at most four times a second, and only what is new', () => {
    const told: [number, string][] = [];
    let output = '';
    const teller = new OutputTeller(
      () => Buffer.from(output),
      (tail) => told.push([Date.now() - begun, tail]),
    );
    const begun = Date.now();
    teller.begin();
    output = 'one\n';
    vi.advanceTimersByTime(4_999);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1_000);
    for (let line = 0; line < 100; line += 1) {
      output = `${line}\n`;
      vi.advanceTimersByTime(10);
    }
    expect(told.map(([at]) => at)).toEqual([5_000, 6_000, 6_250, 6_500, 6_750]);
    expect(told[0]).toEqual([5_000, 'one']);
  });

  test('is told of no action that has ended, and of the next one only after its own five seconds', () => {
    const told: string[] = [];
    const teller = new OutputTeller(
      () => Buffer.from('line\n'),
      (tail) => told.push(tail),
    );
    teller.begin();
    vi.advanceTimersByTime(4_000);
    teller.begin();
    vi.advanceTimersByTime(4_000);
    expect(told).toEqual([]);
    teller.end();
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the last lines of an output', () => {
  test.each<[string, string, string]>([
    ['none', '', ''],
    ['a line whose end was not seen is left out', 'one\ntwo', 'one'],
    ['only such a line', 'pass', ''],
    ['a carriage return ends a line too', ' 10%\r 20%\r 3', ' 10%\n 20%'],
    ['empty lines do not count', '\n\none\r\n\n \n', 'one'],
    ['colours are left out', '\x1b[32mok\x1b[0m\x1b[K\n', 'ok'],
    ['of more than 2 kB the first, torn line is left out', `${'x'.repeat(3000)}\nlast\n`, 'last'],
    ['a line of more than 2 kB is left out', `${'x'.repeat(3000)}\n`, ''],
  ])('%s', (_, output, lines) => {
    expect(lastLines(Buffer.from(output))).toBe(lines);
  });
});
