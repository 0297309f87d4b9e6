import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { safeJson, visible, visibleLine, visibleLines } from '../../src/report/visible.ts';

const ACTS_ON_TERMINALS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

describe('text of a host', () => {
  test.each([
    ['\x1b[31mred', '\\x1b[31mred'],
    ['a\nb\tc\r', 'a\\nb\\tc\\r'],
    ['\u009b2J', '\\x9b2J'],
    ['abc\u202edef', 'abc\\u{202e}def'],
    ['äöü → 字 😀', 'äöü → 字 😀'],
  ])('%j is shown as %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test('keeps its tabs in lines of files', () => {
    expect(visibleLine('\tlisten 80;\x07')).toBe('\tlisten 80;\\x07');
  });

  test.each([
    ['', []],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\r\n\nb\n', ['a', '', 'b']],
    ['10%\r20%\n', ['10%\\r20%']],
  ])('%j has the lines %j', (text, lines) => {
    expect(visibleLines(text)).toEqual(lines);
  });

  test('never acts on the terminal, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const shown of [visible(text), visibleLine(text), visibleLines(text).join('\n'), safeJson(text)]) {
          expect(shown).not.toMatch(ACTS_ON_TERMINALS);
        }
        expect(JSON.parse(safeJson({ [text]: [text] }))).toEqual(JSON.parse(JSON.stringify({ [text]: [text] })));
      }),
    );
  });
});
