import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columns, cut, fitNames, nameList, table, wrap, wrapAll } from '../../src/report/layout.ts';

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

test('names past the room are counted, and a first one that is too long is cut', () => {
  expect(fitNames(['web1', 'web2', 'web3'], 16)).toBe('web1, web2, web3');
  expect(fitNames(['web1', 'web2', 'web3'], 15)).toBe('web1 and 2 more');
  expect(fitNames(['web1.example.com', 'web2'], 15)).toBe('web… and 1 more');
  expect(fitNames([], 15)).toBe('');
});

test('every name is listed or counted, within the room', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '7'), minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 80 }), fc.integer({ min: 20, max: 100 }), (names, room) => {
      const text = fitNames(names, room);
      expect(text.length).toBeLessThanOrEqual(room);
      const [listed = '', more = '0'] = text.split(/ and (?=\d+ more$)/);
      expect(listed.split(', ').length + Number.parseInt(more, 10)).toBe(names.length);
    }),
  );
});

test('a word wider than the line is broken where every line must fit', () => {
  expect(wrapAll('a /very/long/path b', 6)).toEqual(['a', '/very/', 'long/p', 'ath', 'b']);
});

test('columns are as wide as their widest cell', () => {
  const rows = [
    ['host', 'ok'],
    ['web1', '12'],
    ['x', '3'],
  ];
  expect(table(rows, new Set([1]))).toEqual(['host  ok', 'web1  12', 'x      3']);
});

test('wide characters count two columns, and marks none', () => {
  expect(columns('漢字')).toBe(4);
  expect(columns('🚀✅⚡')).toBe(6);
  expect(columns('e\u0301')).toBe(1);
  expect(cut('漢字漢字', 6)).toBe('漢字…');
  expect(cut('漢字漢字', 8)).toBe('漢字漢字');
});
