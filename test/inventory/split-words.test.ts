import { describe, expect, test } from 'vitest';
import { splitWords } from '../../src/inventory/split-words.ts';

const wordsOf = (line: string): readonly string[] | string => {
  const split = splitWords(line);
  return 'broken' in split ? `${split.offset}: ${split.broken}` : split.words.map(({ text }) => text);
};

describe('words of a line in an INI inventory', () => {
  test.each<readonly [string, readonly string[] | string]>([
    ['web1 a=1\tb=2', ['web1', 'a=1', 'b=2']],
    ['  web1  ', ['web1']],
    ['a="x y" b=\'x y\' "c=x y"', ['a=x y', 'b=x y', 'c=x y']],
    ['a=x" "y', ['a=x y']],
    ['a= b=""', ['a=', 'b=']],
    ['a=\\"x\\ y\\\\', ['a="x y\\']],
    ['a="\\"x\\" \\\\ \\n"', ['a="x" \\ \\n']],
    ["a='\\'", ['a=\\']],
    ['a=1 # b=2', ['a=1']],
    ['a=1#b', ['a=1']],
    ['a="#" b=\\#', ['a=#', 'b=#']],
    ['# a', []],
    ['', []],
    ['a=ü b=日本', ['a=ü', 'b=日本']],
    ['a="x', '2: " has no partner'],
    ["a=it's", "4: ' has no partner"],
    ['a=b\\', '3: a backslash ends the line'],
  ])('%s', (line, words) => {
    expect(wordsOf(line)).toEqual(words);
  });

  test('each character knows where in the line it stands', () => {
    const split = splitWords('h a="x y" b=\\ z');
    if ('broken' in split) throw new Error(split.broken);
    const [, a, b] = split.words;
    expect([a?.offsetOf(0), a?.offsetOf(2), a?.offsetOf(4), a?.end]).toEqual([2, 5, 7, 9]);
    expect([b?.offsetOf(2), b?.offsetOf(3), b?.offsetOf(9)]).toEqual([13, 14, 15]);
  });
});
