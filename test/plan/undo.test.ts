import { describe, expect, test } from 'vitest';
import type { HostStep } from '../../src/model/planned.ts';
import type { Step } from '../../src/model/step.ts';
import { undoSteps } from '../../src/plan/undo.ts';
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
