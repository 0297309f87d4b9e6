import { expect, test } from 'vitest';
import { createDigestKey } from '../../src/digest-key.ts';
import { isNotable, type RunQuery, selectHostRuns, selectRuns } from '../../src/history/query.ts';
import { summarise } from '../../src/history/summarise.ts';
import type { HostLine, RunLine } from '../../src/model/history.ts';
import type { HostRecord } from '../../src/model/run.ts';
import { host, step } from '../report/records.ts';
import { changedHost, changedStep, type RunOptions, reportNumber, runId } from './reports.ts';

const key = createDigestKey(Buffer.alloc(32));
const made: { readonly run: RunLine; readonly host: HostLine | undefined }[] = [];

function add(hosts: readonly HostRecord[], options: RunOptions = {}): void {
  const { line, hosts: lines } = summarise(reportNumber(made.length, hosts, options), { key, stamp: '' });
  made.unshift({ run: line, host: lines.get('web1')?.line });
}

add([host('web1', { steps: [step('motd/file[/x]')] })], { mode: 'check', header: { playbook: 'playbooks/site.yml' } });
add([changedHost('web1', [changedStep('motd/file[/x]'), changedStep('nginx/file[/y]')])]);
add([host('web1'), host('web2', { outcome: 'failed' })]);
add([host('web1', { outcome: 'unreachable', error: { phase: 'connect', message: 'x', hint: null } })]);
add([host('web2')]);
add([changedHost('web1', [changedStep('undo nginx/file[/y]', { part: 'undo', role: 'nginx' })])], { interrupted: 'SIGTERM' });

const runs = made.map(({ run }) => run);
const lines = made.flatMap((each) => each.host ?? []);
const time = (number: number): string => runs.find(({ id }) => id === runId(number))?.startedAt ?? '';

test.each<[RunQuery, readonly number[]]>([
  [{}, [5, 4, 3, 2, 1, 0]],
  [{ mode: 'check' }, [0]],
  [{ outcome: 'failed' }, [2]],
  [{ outcome: 'interrupted' }, [5]],
  [{ role: 'nginx' }, [5, 1]],
  [{ playbook: 'site.yml' }, [5, 4, 3, 2, 1, 0]],
  [{ playbook: 'playbooks/site.yml' }, [0]],
  [{ since: time(3) }, [5, 4, 3]],
  [{ since: time(3), role: 'motd' }, []],
])('runs with %j', (query, numbers) => {
  expect(selectRuns(runs, query).map(({ id }) => id)).toEqual(numbers.map(runId));
});

test.each<[RunQuery, readonly number[]]>([
  [{}, [5, 3, 2, 1, 0]],
  [{ outcome: 'failed' }, []],
  [{ outcome: 'unreachable' }, [3]],
  [{ outcome: 'ok' }, [2, 0]],
  [{ outcome: 'interrupted' }, [5]],
  [{ role: 'motd' }, [1, 0]],
])('runs of one host with %j: its own outcome counts', (query, numbers) => {
  expect(selectHostRuns(lines, runs, query).map(({ run }) => run.id)).toEqual(numbers.map(runId));
});

test('of a role only its steps are told, those that put one back as well', () => {
  const told = selectHostRuns(lines, runs, { role: 'nginx' });
  expect(told.map(({ host: { steps } }) => steps.map(({ id }) => id))).toEqual([['undo nginx/file[/y]'], ['nginx/file[/y]']]);
});

test('worth telling is what was changed, tried, or not reached', () => {
  expect(
    selectHostRuns(lines, runs, {})
      .filter(isNotable)
      .map(({ run }) => run.id),
  ).toEqual([5, 3, 1].map(runId));
});
