import { expect, test } from 'vitest';
import { count, formatBytes, formatDuration, formatDurations, formatEstimate } from '../../src/report/units.ts';

test.each([
  [0, '0 ms'],
  [412.4, '412 ms'],
  [999.6, '1.0 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 00 s'],
  [125_000, '2 min 05 s'],
  [3_600_000, '1 h 00 min'],
  [3_725_000, '1 h 02 min'],
])('%d ms are written %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [12_345, '12.3 kB'],
  [999_900, '1.0 MB'],
  [4_100_000_000, '4.1 GB'],
])('%d bytes are written %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('a noun has an s unless there is one of it', () => {
  expect([0, 1, 2].map((number) => count(number, 'host'))).toEqual(['0 hosts', '1 host', '2 hosts']);
});

test.each([
  [0, '10 s'],
  [44_000, '40 s'],
  [94_000, '90 s'],
  [95_000, '2 min'],
  [3_540_000, '59 min'],
  [3_570_000, '1 h 00 min'],
  [5_000_000, '1 h 20 min'],
])('an estimate of %d ms is %s', (ms, text) => {
  expect(formatEstimate(ms)).toBe(text);
});

test('durations of several hosts are a range, unless they read the same', () => {
  expect(formatDurations([1200, 3400])).toBe('1.2 s to 3.4 s');
  expect(formatDurations([1200, 1201])).toBe('1.2 s');
});
