import { describe, expect, test } from 'vitest';
import { colourLevel } from '../../src/cli/colour-level.ts';
import { createOutput } from '../../src/cli/output.ts';
import { testIo } from './test-io.ts';

describe('colours', () => {
  test.each<[boolean, Record<string, string>, number]>([
    [true, {}, 1],
    [false, {}, 0],
    [true, { NO_COLOR: '1' }, 0],
    [true, { NO_COLOR: '' }, 1],
    [true, { TERM: 'dumb' }, 0],
    [false, { FORCE_COLOR: '' }, 1],
    [false, { FORCE_COLOR: '3' }, 3],
    [true, { FORCE_COLOR: '0' }, 0],
    [false, { FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' }, 1],
  ])('terminal %j with %j: level %d', (terminal, env, level) => {
    expect(colourLevel(testIo({ terminal }).stdout, env)).toBe(level);
  });

  test('nothing is redrawn without them, or without a terminal', () => {
    const redraws = (terminal: boolean, env: Record<string, string>): boolean => createOutput(testIo({ terminal, env })).canRedraw;
    expect([redraws(true, {}), redraws(true, { NO_COLOR: '1' }), redraws(false, { FORCE_COLOR: '1' })]).toEqual([true, false, false]);
  });
});

test('a terminal that does not know its width has 80 columns, as has no terminal', () => {
  const io = testIo({ terminal: true });
  expect(createOutput(io).width).toBe(80);
  expect(createOutput({ ...io, stdout: Object.assign(io.stdout, { columns: 120 }) }).width).toBe(120);
  expect(createOutput({ ...io, stdout: Object.assign(io.stdout, { columns: 0 }) }).width).toBe(80);
  expect(createOutput(testIo()).width).toBe(80);
});

test('everything written passes the redactor, on both streams', () => {
  const io = testIo();
  const output = createOutput(io);
  output.redactor.learn('password');
  output.out('a password\n');
  output.err('passwords\n');
  expect([io.out(), io.err()]).toEqual(['a [secret]\n', '[secret]s\n']);
});
