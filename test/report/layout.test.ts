import { expect, test } from 'vitest';
import { cut, nameList, table, wrap } from '../../src/report/layout.ts';

test('a text is broken at blanks, the first indent kept, later lines hung', () => {
  expect(wrap('  one two three four', { width: 11, hang: '    ' })).toEqual(['  one two', '    three', '    four']);
});

test('a word wider than the line stays whole', () => {
  expect(wrap('a /very/long/path b', { width: 6, hang: '' })).toEqual(['a', '/very/long/path', 'b']);
});

test('a cut text says so', () => {
  expect([cut('abc', 3), cut('abcd', 3)]).toEqual(['abc', 'ab…']);
});

test('names past the limit are counted, but never only one', () => {
  expect(nameList(['a', 'b', 'c'], 2)).toBe('a, b, c');
  expect(nameList(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
});

test('columns are as wide as their widest cell', () => {
  const rows = [
    ['host', 'ok'],
    ['web1', '12'],
    ['x', '3'],
  ];
  expect(table(rows, new Set([1]))).toEqual(['host  ok', 'web1  12', 'x      3']);
});
