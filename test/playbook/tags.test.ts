import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineRole } from '../../src/playbook/define.ts';
import { checkTags, inheritedTags, playbookTags, splitTags, tagSelector } from '../../src/playbook/tags.ts';
import { playOf, useOf } from './build.ts';

const role = defineRole({ name: 'r', description: 'd', platforms: 'any', params: z.object({}), steps: () => ({ steps: [] }) });

describe('tagSelector', () => {
  test.each<[string, string, boolean]>([
    ['', '', true],
    ['', 'a', true],
    ['', 'never', false],
    ['', 'never,a', false],
    ['', 'always', true],
    ['a', 'a,b', true],
    ['a', 'b', false],
    ['a', '', false],
    ['a', 'always', true],
    ['a', 'never', false],
    ['a', 'never,a', true],
    ['never', 'never', true],
    ['a,b', 'b', true],
    ['all', 'b', true],
    ['all', 'never,b', false],
    ['tagged', 'b', true],
    ['tagged', '', false],
    ['tagged', 'never', false],
    ['untagged', '', true],
    ['untagged', 'b', false],
    ['untagged', 'always', true],
  ])('--tags "%s" and a step tagged "%s": %s', (requested, tags, selected) => {
    expect(tagSelector(splitTags(requested))(splitTags(tags))).toBe(selected);
  });
});

test('a step has the tags of its play and role too, each once', () => {
  const play = playOf({ tags: ['a'] });
  expect(inheritedTags(play, useOf(role, {}, ['b', 'a']))).toEqual(['a', 'b']);
  expect(inheritedTags(play, useOf(role, {}, []))).toEqual(['a']);
});

test('an unknown tag is refused with the nearest one', () => {
  const known = new Set([...playbookTags([playOf({ tags: ['deploy'], roles: [useOf(role, {}, ['web'])] })]), 'of-a-step']);
  expect(checkTags(['deploy', 'web', 'of-a-step', 'always', 'untagged'], known)).toEqual([]);
  expect(checkTags(['depoly', 'zzzz', 'zzzz'], known).map(({ code, message, hint }) => [code, message, hint])).toEqual([
    ['tag-unknown', 'no play or role has the tag "depoly"', 'did you mean "deploy"?'],
    ['tag-unknown', 'no play or role has the tag "zzzz"', 'tags are deploy, of-a-step, web'],
  ]);
  expect(checkTags(['x'], []).map(({ hint }) => hint)).toEqual(['the playbook has no tags']);
});
