import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runProgram } from '../../src/inventory/run-program.ts';
import { folderOf } from './folder.ts';

test('a program that does not end is killed with all that it started', async () => {
  const folder = await folderOf({ slow: '#!/bin/sh\nsleep 60 & echo $! > "$0.pid"\necho waiting >&2\nwait\n' });
  expect(await runProgram(folder.path('slow'), [], 500)).toEqual({ failed: 'did not end within 0.5 s', stderr: 'waiting\n' });
  const pid = (await readFile(folder.path('slow.pid'), 'utf8')).trim();
  const state = () => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone Z');
  await expect.poll(state).toMatch(/ Z/);
});

test('a program that cannot be started is told', async () => {
  const folder = await folderOf({ broken: '#!/no/such/shell\n' });
  expect(await runProgram(folder.path('broken'), [])).toMatchObject({ failed: expect.stringContaining('cannot be run: ') });
});

test('a program has no standard input, and its arguments are passed as they are', async () => {
  const folder = await folderOf({ args: '#!/bin/sh\ncat\nprintf "%s|" "$@"\n' });
  expect(await runProgram(folder.path('args'), ['--host', 'a b'])).toEqual({ output: '--host|a b|', stderr: '' });
});
