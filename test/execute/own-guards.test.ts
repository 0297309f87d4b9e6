import { expect, test } from 'vitest';
import { withOwnGuards } from '../../src/execute/own-guards.ts';
import type { FactView } from '../../src/model/fact.ts';
import type { Become } from '../../src/model/host.ts';
import type { HostStep } from '../../src/model/planned.ts';
import { command } from '../../src/steps/command.ts';
import { verify } from '../../src/steps/verify.ts';
import { BASE, play, set } from './rig.ts';

const ROOT: Become = { method: 'sudo', user: 'root' };
const WWW: Become = { method: 'sudo', user: 'www' };

function item(become: Become | null, step: HostStep['step']): HostStep {
  const { index, part, name } = play(0, []);
  return { id: 'r/s', play: index, part, playName: name, role: 'r', step, handler: null, notifies: [], become };
}

const mark = () => command({ command: 'touch mark', unless: 'test -e mark' });
const guards = (items: readonly HostStep[]) => items.map(({ step }) => step.reads.map(({ key }) => key));

test('the same guard of several users is a question for each of them, and the same command', () => {
  const items = withOwnGuards([item(ROOT, mark()), item(WWW, mark()), item(null, mark()), item(WWW, mark())]);
  const second = 'test -e mark\n# level 2';
  expect(guards(items)).toEqual([['test -e mark'], [second], ['test -e mark\n# level 3'], [second]]);
});

test('a step finds the answer to its own question', () => {
  const [, step] = withOwnGuards([item(ROOT, mark()), item(WWW, mark())]);
  const answers = new Map([
    ['test -e mark', 0],
    ['test -e mark\n# level 2', 1],
  ]);
  const facts = { base: BASE, get: (_kind: string, key: string) => ({ exitCode: answers.get(key), output: '' }) } as unknown as FactView;
  expect(step?.step.plan(facts)).toMatchObject({ result: 'change', predicted: [{ kind: 'guard', key: 'test -e mark\n# level 2' }] });
});

test('a promise of a check is kept by the own question', () => {
  const check = () => verify({ command: 'id -un' });
  const [, step] = withOwnGuards([item(ROOT, check()), item(WWW, check())]);
  const facts = { base: BASE, get: () => ({ exitCode: 1, output: '' }) } as unknown as FactView;
  expect(step?.step.plan(facts)).toMatchObject({ predicted: [{ key: 'id -un\n# level 2' }] });
});

test.each([
  ['one user', [item(ROOT, mark()), item(ROOT, mark())]],
  ['different guards', [item(ROOT, mark()), item(WWW, command({ command: 'x', unless: 'y' }))]],
  ['other facts', [item(ROOT, set('a', '1')), item(WWW, set('a', '1'))]],
])('%s: steps are left as they are', (_title, items) => {
  expect(withOwnGuards(items)).toEqual(items);
  withOwnGuards(items).forEach((each, index) => {
    expect(each).toBe(items[index]);
  });
});
