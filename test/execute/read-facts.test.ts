import { expect, test } from 'vitest';
import { groupByLevel } from '../../src/execute/read-facts.ts';
import type { Become } from '../../src/model/host.ts';
import type { HostStep } from '../../src/model/planned.ts';
import { command } from '../../src/steps/command.ts';
import { play, set } from './rig.ts';

const ROOT: Become = { method: 'sudo', user: 'root' };
const WWW: Become = { method: 'sudo', user: 'www' };

function item(become: Become | null, step: HostStep['step']): HostStep {
  const { index, part, name } = play(0, []);
  return { id: 'r/s', play: index, part, playName: name, role: 'r', step, handler: null, notifies: [], become };
}

const asked = (...items: readonly HostStep[]) =>
  [...groupByLevel(items, () => true)].map(([level, { requests }]) => [level, ...requests.map(({ key }) => key)]);

test.each([
  ['root before others', [item(WWW, set('a', '1')), item(ROOT, set('a', '1'))], [['sudo root', 'a', 'a']]],
  ['others before the login user', [item(null, set('a', '1')), item(WWW, set('a', '1'))], [['sudo www', 'a', 'a']]],
  [
    'each its own',
    [item(null, set('a', '1')), item(WWW, set('b', '1'))],
    [
      ['', 'a'],
      ['sudo www', 'b'],
    ],
  ],
])('a fact that several users ask for is read by one who may: %s', (_title, items, groups) => {
  expect(asked(...items)).toEqual(groups);
});

test('a guard is asked by the user of its own step', () => {
  const guarded = () => command({ command: 'touch mark', unless: 'test -e mark' });
  expect(asked(item(null, guarded()), item(ROOT, guarded()))).toEqual([
    ['', 'test -e mark'],
    ['sudo root', 'test -e mark'],
  ]);
});
