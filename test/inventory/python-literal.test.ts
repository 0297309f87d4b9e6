import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePythonLiteral, readIniValue } from '../../src/inventory/python-literal.ts';

/** What Python's ast.literal_eval gives; `undefined` where it refuses, so that Ansible takes the text. */
const CASES: readonly (readonly [string, unknown])[] = [
  ['None', null],
  ['True', true],
  ['False', false],
  ['true', undefined],
  ['none', undefined],
  ['Trueish', undefined],
  ['0', 0],
  ['-1', -1],
  ['+1', 1],
  ['- 1', -1],
  ['--1', undefined],
  ['00', 0],
  ['007', undefined],
  ['0644', undefined],
  ['0o17', 15],
  ['0x1F', 31],
  ['0b11', 3],
  ['0b12', undefined],
  ['1_000', 1000],
  ['1__000', undefined],
  ['1_', undefined],
  ['12345678901234567890', '12345678901234567890'],
  ['1.5', 1.5],
  ['1.', 1],
  ['.5', 0.5],
  ['00.5', 0.5],
  ['1e3', 1000],
  ['1.5.2', undefined],
  ['192.0.2.1', undefined],
  ['1e', undefined],
  ['1a', undefined],
  ['nan', undefined],
  ['1j', undefined],
  ['1 2', undefined],
  ['1+1', undefined],
  ['2024-01-01', undefined],
  ['', undefined],
  ['abc', undefined],
  ['a b', undefined],
  ['/etc/x', undefined],
  ['{{ x }}', undefined],
  ["'q'", 'q'],
  ['"q"', 'q'],
  ["''", ''],
  ["'a' 'b'", 'ab'],
  ["'a' b", undefined],
  ["'un", undefined],
  ["'a\\n\\t\\x41\\u00e9\\101\\U0001F600'", 'a\n\tAéA😀'],
  ["'\\q\\''", "\\q'"],
  ["'\\x4'", undefined],
  ["'\\N{DASH}'", undefined],
  ["r'\\n'", '\\n'],
  ["u'x'", 'x'],
  ["f'x'", undefined],
  ["b'x'", undefined],
  ["'''it's'''", "it's"],
  ['[]', []],
  ['[1, 2]', [1, 2]],
  ['[1, 2,]', [1, 2]],
  ['[1,,2]', undefined],
  ['[,]', undefined],
  ['[1 2]', undefined],
  ['[a, b]', undefined],
  ['[1, 2', undefined],
  ['()', []],
  ['(1)', 1],
  ['(1,)', [1]],
  ['1,', [1]],
  ["'a', 2", ['a', 2]],
  ['1,,', undefined],
  ['{}', {}],
  ["{'a': [1, {'b': None}]}", { a: [1, { b: null }] }],
  ["{1: 'a', True: 2}", { 1: 'a', true: 2 }],
  ['{1, 2}', undefined],
  ["{'a'}", undefined],
  ["{[1]: 'a'}", undefined],
  ['{"a": true}', undefined],
  ['1 # comment', 1],
  ["'x' # comment", 'x'],
  ['[1] # comment', [1]],
  ['[1 # comment', undefined],
  ['abc # comment', undefined],
  ["'a#b'", 'a#b'],
  ['  7', 7],
  ['7  ', 7],
  ['[['.repeat(200), undefined],
];

describe('Python literals', () => {
  test.each(CASES)('%s', (text, value) => {
    expect(parsePythonLiteral(text)).toEqual(value);
  });

  test('what is no literal is text as it stands, and None is no text', () => {
    expect(readIniValue('abc # no comment')).toBe('abc # no comment');
    expect(readIniValue('None')).toBeNull();
  });

  const written = (value: unknown): string => {
    if (value === null) return 'None';
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
    if (typeof value !== 'object') return JSON.stringify(value);
    return `{${Object.entries(value ?? {})
      .map(([key, item]) => `${JSON.stringify(key)}: ${written(item)}`)
      .join(', ')}}`;
  };

  test('every value comes back as it was written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // Whole numbers that are too large to be exact become text.
        const exact = (_: string, item: unknown) => (Number.isInteger(item) && !Number.isSafeInteger(item) ? 0 : item);
        const plain: unknown = JSON.parse(JSON.stringify(value, exact));
        expect(JSON.stringify(parsePythonLiteral(written(plain)))).toBe(JSON.stringify(plain));
      }),
    );
  });

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'01.,[](){}:\'"# abx-+_eTrueN\\'), maxLength: 16 }), (text) => {
        parsePythonLiteral(text);
      }),
      { numRuns: 2000 },
    );
  });
});
