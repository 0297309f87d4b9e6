import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { extendedRegexp } from '../../src/steps/extended-regexp.ts';

const grep = (regexp: RegExp, text: string): boolean => {
  const { flags, text: pattern } = extendedRegexp('body', regexp);
  return spawnSync('grep', ['-qE', ...flags, '-e', pattern], { input: `${text}\n`, env: { ...process.env, LC_ALL: 'C' } }).status === 0;
};

describe('a regular expression that a host matches', () => {
  it.each<[RegExp, readonly string[], readonly string[]]>([
    [/^ok$/, ['ok'], ['oks', 'OK']],
    [/^ok$/i, ['OK'], ['no']],
    [/v\d+\.\d{1,2}/, ['v12.04'], ['v1x2', 'v.1']],
    [/(?:up|healthy):\s\w+/, ['healthy: db_1'], ['up:db']],
    [/^[^\d"]+$/, ['abc'], ['a1', 'a"']],
    [/^[\w.\\-]+$/, ['a.b\\-'], ['a b']],
    [/"status":\s*"UP"\}?/, ['{"status":  "UP"}'], ['"status": "DOWN"']],
    [/a\/b\?c=\$x\|y/, ['a/b?c=$x|y'], ['a/bc=$x']],
    [/it's -Á/, ["it's -Á"], ['its -Á']],
    [/^\S+\D$/, ['ab'], ['a1', 'a b']],
  ])('%s is the same for grep', (regexp, found, others) => {
    for (const text of [...found, ...others]) {
      expect([text, regexp.test(text)]).toEqual([text, found.includes(text)]);
      expect([text, grep(regexp, text)]).toEqual([text, found.includes(text)]);
    }
  });

  it.each<[RegExp, string]>([
    [/a(?=b)/, 'cannot be told to a host from "(?=b)" on'],
    [/(?<n>a)/, 'cannot be told to a host'],
    [/a.*?b/, 'has a quantifier behind a quantifier'],
    [/\bword\b/, 'has \\b, which POSIX has not'],
    [/(a)\1/, 'has \\1, which POSIX has not'],
    [/a\nb/, 'has \\n, which POSIX has not'],
    [/\u00c1/, 'has \\u, which POSIX has not'],
    [/[\]a]/, 'has [\\]a], which POSIX has not'],
    [/[[:]/, 'has [[:], which POSIX has not'],
    [/[\u00c1]/, 'which POSIX has not'],
    [/[Á]/, 'which POSIX has not'],
    [/a/m, 'must have no flag but i'],
  ])('%s is refused', (regexp, message) => {
    expect(() => extendedRegexp('body', regexp)).toThrow(message);
  });
});
