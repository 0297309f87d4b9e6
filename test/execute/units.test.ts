import { expect, test } from 'vitest';
import { unitsOf } from '../../src/execute/units.ts';
import type { Action, WriteFile } from '../../src/model/action.ts';
import type { Decided } from '../../src/model/planned.ts';
import { set } from './rig.ts';

const write = (path: string, text: string, more: Partial<WriteFile> = {}): WriteFile => ({
  kind: 'writeFile',
  path,
  bytes: Buffer.from(text),
  ownership: {},
  expect: 'before',
  replaceLink: false,
  validate: undefined,
  ...more,
});
const install = (...names: string[]): Action => ({ kind: 'packages', install: names, remove: [], upgrade: [] });
const run: Action = { kind: 'command', command: ['true'], directory: undefined, deadlineMs: undefined };

/** A step `s0`, `s1`, … for each list of actions. */
function decided(...actions: readonly (readonly Action[])[]): Decided[] {
  return actions.map((each, index) => ({
    item: {
      id: `s${index}`,
      play: 0,
      part: 'roles',
      playName: '',
      role: '',
      step: set('k', 'v'),
      handler: null,
      notifies: [],
      become: null,
    },
    decision: { kind: 'change', plan: { result: 'change', changes: [], predicted: [], actions: each }, undo: [] },
    notifiedBy: [],
  }));
}

const shown = (...actions: readonly (readonly Action[])[]): unknown[] =>
  unitsOf(decided(...actions), 'r').map(({ steps, action }) => [
    steps.join(' '),
    action.kind === 'writeFile'
      ? `${action.path}=${Buffer.from(action.bytes)}`
      : action.kind === 'packages'
        ? action.install.join(' ')
        : action.kind,
  ]);

test('neighbouring package actions become one transaction, others stay apart', () => {
  expect(shown([install('a')], [install('b', 'c')], [run], [install('d')])).toEqual([
    ['s0 s1', 'a b c'],
    ['s2', 'command'],
    ['s3', 'd'],
  ]);
});

test('edits of one file become one write with the last content, over the file that the first was planned for', () => {
  const [unit] = unitsOf(
    decided(
      [write('/f', '1', { expect: null, ownership: { mode: '0600' } })],
      [write('/f', '2', { expect: 'x', ownership: { owner: 'root' } })],
    ),
    'r',
  );
  expect(unit).toMatchObject({
    steps: ['s0', 's1'],
    action: write('/f', '2', { expect: null, ownership: { mode: '0600', owner: 'root' } }),
  });
});

test('writes of other files in between do not part them', () => {
  expect(shown([write('/f', '1')], [write('/g', '1')], [write('/f', '2')], [write('/g', '2')])).toEqual([
    ['s0 s2', '/f=2'],
    ['s1 s3', '/g=2'],
  ]);
});

test.each([
  ['a command', run],
  ['a validated write', write('/g', 'x', { validate: ['check', '%s'] })],
  ['a removal', { kind: 'remove', path: '/f', recursive: false } as const],
  ['a change of its owner', { kind: 'setOwnership', path: '/f', ownership: { mode: '0600' } } as const],
  ['a unit that may read it', { kind: 'unit', verb: 'start', name: 'x.service' } as const],
])('%s in between keeps them apart', (_, between) => {
  expect(shown([write('/f', '1')], [between], [write('/f', '2')])).toHaveLength(3);
});

test('two different validations keep writes of one file apart; one counts for the last content', () => {
  const check = (name: string): Partial<WriteFile> => ({ validate: [name, '%s'] });
  expect(shown([write('/f', '1', check('a'))], [write('/f', '2', check('b'))])).toHaveLength(2);
  expect(unitsOf(decided([write('/f', '1', check('a'))], [write('/f', '2')]), 'r')).toMatchObject([{ action: { validate: ['a', '%s'] } }]);
});
