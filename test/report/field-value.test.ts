import { expect, test } from 'vitest';
import type { FieldValue } from '../../src/model/content.ts';
import { formatValue } from '../../src/report/field-value.ts';
import { content } from './records.ts';

test.each<[FieldValue, string]>([
  ['0644', '0644'],
  ['/bin/my shell', '/bin/my shell'],
  [' x', '" x"'],
  ['', '""'],
  ['absent', '"absent"'],
  ['yes', '"yes"'],
  ['a\x1b[2J', 'a\\x1b[2J'],
  [true, 'yes'],
  [false, 'no'],
  [42, '42'],
  [null, 'absent'],
  [[], 'none'],
  [['adm', 'docker'], 'adm, docker'],
  [['a, b', 'c'], '"a, b", c'],
  [content('hi\n'), `3 bytes, sha256 ${content('hi\n').digest.slice(0, 12)}`],
])('the value %j is written %s', (value, text) => {
  expect(formatValue(value)).toBe(text);
});
