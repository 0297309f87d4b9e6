import { expect, test } from 'vitest';
import type { Undoable } from '../../src/model/ports.ts';
import type { Change } from '../../src/model/step.ts';
import { planRecord } from '../../src/plan/record.ts';
import { undoSteps } from '../../src/plan/undo.ts';
import { contentOf } from '../../src/steps/content.ts';
import { file } from '../../src/steps/file.ts';
import { restore } from '../../src/steps/restore.ts';

const BASE = { play: 0, part: 'roles', playName: 'p', role: 'r', handler: null, notifies: [], become: null } as const;
const changes: readonly Change[] = [
  { field: 'content', before: contentOf('old'), after: contentOf('young') },
  { field: 'mode', before: '0600', after: '0640' },
];
const record = (secret: boolean) =>
  planRecord({
    item: { ...BASE, id: 'r/file[/a]', step: file({ path: '/a', content: 'young', ...(secret ? { secret } : {}) }) },
    decision: { kind: 'change', plan: { result: 'change', changes, predicted: [], actions: [] }, undo: [] },
    notifiedBy: [],
  }).changes;

test('contents of a secret step are in no record: only that they differ, and their sizes', () => {
  const hidden = (size: number) => ({ kind: 'content', size, digest: '', bytes: null, isSecret: true });
  expect(record(true)).toEqual([{ field: 'content', before: hidden(3), after: hidden(5) }, changes[1]]);
  expect(record(false)).toEqual(changes);
});

test('what a secret step replaced is as secret when it is put back, with whatever step it stands', () => {
  const before = { type: 'file', mode: '0600', owner: 'root', group: 'root', content: contentOf('old') } as const;
  const done = (id: string, path: string, secret: boolean): Undoable => ({
    item: { ...BASE, id, step: file({ path, content: 'young', secret }) },
    undo: [{ kind: 'file', key: path, before }],
    irreversible: null,
  });
  const steps = undoSteps(restore, [done('a', '/a', false), done('b', '/a', true), done('c', '/c', false)], { items: [], index: 1 });
  expect(steps.map(({ id, step }) => [id, step.secret === true])).toEqual([
    ['undo c', false],
    ['undo a', true],
  ]);
});
