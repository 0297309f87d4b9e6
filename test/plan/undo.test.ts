import { describe, expect, test } from 'vitest';
import type { HostStep } from '../../src/model/planned.ts';
import type { Undoable } from '../../src/model/ports.ts';
import type { UndoFact } from '../../src/model/run.ts';
import type { Step } from '../../src/model/step.ts';
import { eachFactOnce, undoSteps } from '../../src/plan/undo.ts';
import { refusing, set } from '../execute/rig.ts';

const item = (id: string, step: Step, more: Partial<HostStep> = {}): HostStep => ({
  id,
  play: 0,
  part: 'roles',
  playName: 'p',
  role: 'r',
  step,
  handler: null,
  notifies: [],
  become: null,
  ...more,
});
const restore = (id: string): Step => set(`before ${id}`, 'x');
const undone = (items: readonly HostStep[], done: readonly HostStep[] = items): HostStep[] =>
  undoSteps(
    restore,
    done.map((each) => ({ item: each, undo: [{ kind: 'sysctl', key: each.id, before: { value: '0' } }], irreversible: null })),
    { items, index: 7 },
  );

describe('an undo', () => {
  const items = [
    item('a', set('a', '1'), { notifies: ['h'] }),
    item('b', set('b', '1')),
    item('h', set('h', '1'), { handler: 'h' }),
    item('other', set('o', '1'), { handler: 'other' }),
  ];

  test('puts back the last change first, then runs the handlers that the changes had notified', () => {
    expect(undone(items).map(({ id, play, part }) => [id, play, part])).toEqual([
      ['undo b', 7, 'undo'],
      ['undo a', 7, 'undo'],
      ['undo h', 7, 'undo'],
    ]);
    expect(undone(items).map(({ step }) => step.subject)).toEqual(['before b', 'before a', 'h']);
    expect(undone(items, items.slice(1, 2)).map(({ id }) => id)).toEqual(['undo b']);
  });

  test('skips a handler whose unit is gone with it', () => {
    const gone = [item('a', set('a', '1'), { notifies: ['h'] }), item('h', refusing('unit'), { handler: 'h' })];
    const plan = undone(gone)[1]?.step.plan({ base: undefined as never, get: () => undefined as never });
    expect(plan).toEqual({ result: 'skipped', reason: 'no' });
  });
});

describe('a fact that several steps replaced', () => {
  const at = (key: string, before: UndoFact['before'], more: Partial<UndoFact> = {}): UndoFact => ({ kind: 'file', key, before, ...more });
  const owned = { mode: '0644', owner: 'root', group: 'root' };
  const content = (digest: string, bytes: Uint8Array | null = new Uint8Array()) => ({ kind: 'content' as const, digest, size: 1, bytes });
  const file = (digest: string): UndoFact['before'] => ({ type: 'file', ...owned, content: content(digest) });
  const none: UndoFact['before'] = { type: 'absent' };
  const done = (id: string, undo: readonly UndoFact[], more: Partial<Undoable> = {}, notifies: readonly string[] = []): Undoable => ({
    ...{ item: item(id, set(id, '1'), { notifies }), undo, irreversible: null },
    ...more,
  });
  const told = (all: readonly Undoable[]) =>
    eachFactOnce(all).map(({ item: { id }, undo }) => [id, undo.map(({ key, before }) => [key, before])]);

  test('is put back once, from its oldest value, with the first of them', () => {
    const all = [done('a', [at('/x', file('1'))]), done('b', [at('/x', file('2')), at('/y', none)]), done('c', [at('/x', file('3'))])];
    expect(told(all)).toEqual([
      ['a', [['/x', file('1')]]],
      ['b', [['/y', none]]],
    ]);
    expect(told(eachFactOnce(all))).toEqual(told(all));
  });

  test('notifies the handlers of all of them', () => {
    const all = [
      done('a', [at('/x', file('1'))], {}, ['h']),
      done('b', [at('/x', file('2'))], {}, ['i', 'h']),
      done('c', [at('/y', none)], {}, ['k']),
    ];
    expect(eachFactOnce(all).map(({ item: { notifies } }) => notifies)).toEqual([['h', 'i'], ['k']]);
  });

  test('comes back with the step that made it go: what was in it comes behind', () => {
    const dir: UndoFact['before'] = { type: 'directory', ...owned };
    const all = [
      done('mode', [at('/d', { type: 'directory', ...owned, mode: '0700' })]),
      done('absent', [at('/d', dir, { isGone: true }), at('/d/x', file('1'), { isGone: true })]),
    ];
    expect(told(all)).toEqual([
      [
        'absent',
        [
          ['/d', { ...dir, mode: '0700' }],
          ['/d/x', file('1')],
        ],
      ],
    ]);
  });

  test('that was made anew in between may be something else now; one that was new goes with the step that made it', () => {
    const remade = [done('a', [at('/x', file('1'), { isGone: true })]), done('b', [at('/x', none)])];
    expect(eachFactOnce(remade).flatMap(({ undo }) => undo)).toEqual([at('/x', file('1'), { isGone: true, isRemade: true })]);
    const fresh = [done('a', [at('/x', none)]), done('b', [at('/x', file('1'), { isGone: true })]), done('c', [at('/x', none)])];
    expect(eachFactOnce(fresh).map(({ item: { id } }) => id)).toEqual(['a']);
  });

  test('has the content that a later one read, where the first left it alone', () => {
    const unread: UndoFact['before'] = { type: 'file', ...owned, mode: '0600', content: null };
    const known: UndoFact['before'] = { type: 'file', ...owned, mode: '0600', content: content('1', null) };
    for (const before of [unread, known]) {
      expect(told([done('a', [at('/x', before)]), done('b', [at('/x', file('1'))])])).toEqual([
        ['a', [['/x', { ...before, content: content('1') }]]],
      ]);
    }
  });

  test('a step of which nothing is left is left out, but one that cannot be undone stays, to say so', () => {
    const answers = [{ kind: 'guard' as const, key: 'g', before: { exitCode: 1, output: '' } }];
    const all = [
      done('a', [at('/x', file('1'))]),
      done('b', [at('/x', file('2'))], { irreversible: 'gone' }),
      done('c', answers, { irreversible: 'a command' }),
      done('d', [...answers], { irreversible: 'a command' }),
    ];
    expect(eachFactOnce(all).map(({ item: { id } }) => id)).toEqual(['a', 'c', 'd']);
  });
});
