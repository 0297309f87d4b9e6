import { describe, expect, test } from 'vitest';
import type { Content } from '../../src/model/content.ts';
import { createDiffer, type DiffLimits, diffContents } from '../../src/report/diff.ts';
import { content } from './records.ts';

const ALL: DiffLimits = { maxLines: Number.POSITIVE_INFINITY, maxColumns: Number.POSITIVE_INFINITY };

function lines(before: Content | null, after: Content | null, limits: DiffLimits = ALL): readonly string[] {
  return diffContents(before, after, limits).lines.map(({ text }) => text);
}

function numbered(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join('');
}

describe('a diff of two texts', () => {
  test.each<[string, string | null, string | null, readonly string[]]>([
    ['a changed line', 'a\nb\nc\n', 'a\nB\nc\n', ['@@ -1,3 +1,3 @@', ' a', '-b', '+B', ' c']],
    ['a new file', null, 'x\ny\n', ['@@ -0,0 +1,2 @@', '+x', '+y']],
    ['a new empty file', null, '', []],
    ['a removed file', 'x\n', null, ['@@ -1 +0,0 @@', '-x']],
    ['a file that becomes empty', 'x\ny\n', '', ['@@ -1,2 +0,0 @@', '-x', '-y']],
    ['a final newline that is added', 'x', 'x\n', ['@@ -1 +1 @@', '-x', '\\ No newline at end of file', '+x']],
    ['a final newline that is lost', 'x\n', 'x', ['@@ -1 +1 @@', '-x', '+x', '\\ No newline at end of file']],
    ['line ends that change', 'x\r\n', 'x\n', ['@@ -1 +1 @@', '-x\r', '+x']],
    ['lines that begin with marks', '-x\n', '+x\n', ['@@ -1 +1 @@', '--x', '++x']],
    ['equal contents', 'x\n', 'x\n', []],
  ])('shows %s', (_, before, after, expected) => {
    expect(lines(before === null ? null : content(before), after === null ? null : content(after))).toEqual(expected);
  });

  test('has three lines of context, and one hunk for each place', () => {
    const before = numbered(1, 30);
    const after = before.replace('line 5\n', 'five\n').replace('line 25\n', 'twenty-five\n');
    expect(lines(content(before), content(after))).toEqual([
      '@@ -2,7 +2,7 @@',
      ' line 2',
      ' line 3',
      ' line 4',
      '-line 5',
      '+five',
      ' line 6',
      ' line 7',
      ' line 8',
      '@@ -22,7 +22,7 @@',
      ' line 22',
      ' line 23',
      ' line 24',
      '-line 25',
      '+twenty-five',
      ' line 26',
      ' line 27',
      ' line 28',
    ]);
  });

  test('shows texts that differ in thousands of lines as replaced, lines and counts complete', () => {
    const diff = lines(content(numbered(1, 4000)), content(`${numbered(5001, 9000)}end`));
    expect(diff[0]).toBe('@@ -1,4000 +1,4001 @@');
    expect(diff.slice(-2)).toEqual(['+end', '\\ No newline at end of file']);
    expect(diff).toHaveLength(1 + 4000 + 4001 + 1);
  });
});

test('a differ compares an equal pair of contents once, and tells read from unread ones', () => {
  const differ = createDiffer(ALL);
  const first = differ(content('a\n'), content('b\n'));
  expect(differ(content('a\n'), content('b\n'))).toBe(first);
  expect(first).toEqual(diffContents(content('a\n'), content('b\n'), ALL));
  expect(differ(content('a\n'), null).lines).toHaveLength(2);
  expect(differ({ ...content('a\n'), bytes: null }, content('b\n')).note).toMatch(/^not read/);
});

describe('what is left out of a diff is said', () => {
  test('lines past the limit are counted, with the changes among them', () => {
    const diff = diffContents(content('a\nb\nc\n'), content('a\nB\nC\n'), { ...ALL, maxLines: 3 });
    expect(diff.lines.map(({ text }) => text)).toEqual(['@@ -1,3 +1,3 @@', ' a', '-b']);
    expect(diff.note).toBe('3 more lines of this diff are not shown, 3 of them changes');
  });

  test('characters past the longest line are counted', () => {
    expect(lines(null, content(`${'x'.repeat(500)}\n`), { ...ALL, maxColumns: 10 })[1]).toBe('+xxxxxxxxx… (491 more characters)');
  });

  test('a complete diff has no note', () => {
    expect(diffContents(content('a\n'), content('b\n'), ALL).note).toBeNull();
  });
});

describe('contents without lines', () => {
  const nul = content(new Uint8Array([1, 0, 2]));
  const latin1 = content(new Uint8Array([0xe4, 0x0a]));
  const unread: Content = { ...content('x'), size: 5_000_000_000, bytes: null };
  test.each<[string, Content | null, Content | null, string]>([
    ['NUL bytes', content('ab'), nul, `binary, 2 → 3 bytes, sha256 ${content('ab').digest.slice(0, 12)} → ${nul.digest.slice(0, 12)}`],
    ['bytes that are no UTF-8', null, latin1, `binary, new, 2 B, sha256 ${latin1.digest.slice(0, 12)}`],
    ['a removed binary', nul, null, `binary, removed, was 3 B, sha256 ${nul.digest.slice(0, 12)}`],
    ['a content that was not read', unread, null, `not read, removed, was 5.0 GB, sha256 ${unread.digest.slice(0, 12)}`],
  ])('%s are compared by size and digest', (_, before, after, note) => {
    expect(diffContents(before, after, ALL)).toEqual({ lines: [], note });
  });
});
