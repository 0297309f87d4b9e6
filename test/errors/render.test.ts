import { describe, expect, test } from 'vitest';
import { diagnose, inPlaceOrder, uniqueDiagnostics } from '../../src/errors/diagnose.ts';
import { diagnosticParts, renderDiagnostic } from '../../src/errors/render.ts';

const place = { file: 'hosts.yaml', line: 12, column: 5, length: 4 };

describe('renderDiagnostic', () => {
  test('shows place, code, sentence, source line, caret and hint', () => {
    const text = renderDiagnostic(diagnose('key-unknown', 'no key "host"', { place, source: '    host:', hint: 'did you mean "hosts"?' }));
    expect(text).toBe(
      ['hosts.yaml:12:5  error key-unknown  no key "host"', '  12 |     host:', '     |     ^^^^', '  hint: did you mean "hosts"?'].join(
        '\n',
      ),
    );
  });

  test('leaves place and frame out for the command line', () => {
    expect(renderDiagnostic(diagnose('tag-unknown', 'no tag "x"'))).toBe('error tag-unknown  no tag "x"');
  });

  test('keeps tabs, so that the caret stands under its character', () => {
    const text = renderDiagnostic(diagnose('yaml-syntax', 'tab', { place: { file: 'a', line: 1, column: 3 }, source: '\tx: y' }));
    expect(text.split('\n').slice(1)).toEqual(['  1 | \tx: y', '    | \t ^']);
  });

  test('ends the caret at the end of the line', () => {
    const text = renderDiagnostic(diagnose('yaml-syntax', 'x', { place: { file: 'a', line: 1, column: 3, length: 99 }, source: 'a: b' }));
    expect(text.split('\n')[2]).toBe('    |   ^^');
  });

  test('shows a window of a very long line', () => {
    const source = `${'x'.repeat(500)}HERE${'y'.repeat(500)}`;
    const { frame } = diagnosticParts(diagnose('yaml-syntax', 'x', { place: { file: 'a', line: 1, column: 501, length: 4 }, source }));
    const [line = '', caret = ''] = frame;
    expect(line.length).toBeLessThan(180);
    expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('HERE');
  });
});

describe('lists of diagnostics', () => {
  const at = (file: string, line: number) => diagnose('argument', 'x', { place: { file, line, column: 1 } });

  test('are sorted by place within each file, files in order of appearance', () => {
    const sorted = inPlaceOrder([at('b', 9), at('a', 2), at('b', 1), diagnose('argument', 'none'), at('a', 1)]);
    expect(sorted.map(({ place }) => (place === null ? '-' : `${place.file}${place.line}`))).toEqual(['-', 'b1', 'b9', 'a1', 'a2']);
  });

  test('hold each problem once', () => {
    expect(uniqueDiagnostics([at('a', 1), at('a', 1), at('a', 2)])).toHaveLength(2);
  });
});
