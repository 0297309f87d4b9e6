import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { didYouMean, nearestName } from '../../src/errors/nearest.ts';

describe('nearestName', () => {
  test.each([
    ['host', ['hosts', 'vars'], 'hosts'],
    ['chidlren', ['children', 'hosts'], 'children'],
    ['WEB01', ['web01'], 'web01'],
    ['wbe', ['db', 'web'], 'web'],
    ['tasks', ['name', 'hosts', 'roles', 'tags'], null],
    ['completely', ['different', 'words'], null],
    ['x', [], null],
    ['same', ['same'], null],
  ])('finds for %s among %j: %s', (name, candidates, nearest) => {
    expect(nearestName(name, candidates)).toBe(nearest);
  });

  test('finds a name with one character left out, whatever the name', () => {
    const names = fc.stringMatching(/^[a-z]{3,12}$/);
    fc.assert(
      fc.property(names, fc.nat(), (name, at) => {
        const index = at % name.length;
        const short = name.slice(0, index) + name.slice(index + 1);
        expect(nearestName(short, [name])).toBe(name);
      }),
    );
  });

  test('makes a hint', () => {
    expect(didYouMean('hots', ['hosts'])).toBe('did you mean "hosts"?');
    expect(didYouMean('zzzzzz', ['hosts'])).toBeNull();
  });
});
