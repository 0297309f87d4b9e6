import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandRange, LARGEST_RANGE } from '../../src/inventory/expand-range.ts';

describe('expandRange', () => {
  test.each([
    ['web', ['web']],
    ['web[1:3]', ['web1', 'web2', 'web3']],
    ['web[08:11].example.com', ['web08.example.com', 'web09.example.com', 'web10.example.com', 'web11.example.com']],
    ['web[01:07:3]', ['web01', 'web04', 'web07']],
    ['web[1:6:4]', ['web1', 'web5']],
    ['web[:2]', ['web0', 'web1', 'web2']],
    ['db[a:c]', ['dba', 'dbb', 'dbc']],
    ['db[a:f:2]', ['dba', 'dbc', 'dbe']],
    ['db[y:B]', ['dby', 'dbz', 'dbA', 'dbB']],
    ['[a:b][1:2]', ['a1', 'a2', 'b1', 'b2']],
    ['x[5:5]', ['x5']],
  ])('%s stands for %j', (name, names) => {
    expect(expandRange(name)).toEqual({ names });
  });

  test.each([
    ['web[3:1]', '[3:1] starts after its end'],
    ['web[c:a]', '[c:a] starts after its end'],
    ['web[1]', '[1] is not [start:end] or [start:end:step]'],
    ['web[1:]', '[1:] is not [start:end] or [start:end:step]'],
    ['web[1:2:3:4]', '[1:2:3:4] is not [start:end] or [start:end:step]'],
    ['web[01:100]', 'start and end of [01:100] differ in length; write both with 2 digits'],
    ['web[1:9:0]', 'the step of [1:9:0] is not a whole number above 0'],
    ['web[1:9:x]', 'the step of [1:9:x] is not a whole number above 0'],
    ['web[a:3]', '[a:3] needs two numbers or two letters'],
    ['web[aa:bb]', '[aa:bb] needs two numbers or two letters'],
    ['web[1:3', 'a bracket has no partner'],
    ['web1:3]', 'a bracket has no partner'],
    ['web[1:20000]', 'it stands for 20000 hosts; at most 10000 are allowed'],
    ['web[1:200][1:200]', 'it stands for 40000 hosts; at most 10000 are allowed'],
  ])('%s is broken: %s', (name, broken) => {
    expect(expandRange(name)).toEqual({ broken });
  });

  test('gives every number of the range once, in order, padded to the width of the start', () => {
    const range = fc.record({
      from: fc.nat(500),
      count: fc.integer({ min: 1, max: 50 }),
      step: fc.integer({ min: 1, max: 7 }),
      width: fc.integer({ min: 4, max: 6 }),
    });
    fc.assert(
      fc.property(range, ({ from, count, step, width }) => {
        const to = from + (count - 1) * step;
        const pad = (number: number) => String(number).padStart(width, '0');
        const expected = Array.from({ length: count }, (_, index) => `n${pad(from + index * step)}.x`);
        expect(expandRange(`n[${pad(from)}:${pad(to)}:${step}].x`)).toEqual({ names: expected });
      }),
    );
  });

  test('never throws and never gives more names than the limit', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ab[\]:0-9]{0,14}$/), (name) => {
        const expansion = expandRange(name);
        expect('broken' in expansion || expansion.names.length <= LARGEST_RANGE).toBe(true);
      }),
    );
  });
});
