import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createDigestKey, digestKeyFile } from '../../src/digest-key.ts';
import { safeFileName } from '../../src/history/file-name.ts';
import { openHistory, recordRun } from '../../src/history/history.ts';
import { withLock } from '../../src/history/lock.ts';
import { summarise } from '../../src/history/summarise.ts';
import { indexFolder } from '../../src/history/upkeep.ts';
import { thisProcess } from '../../src/process-mark.ts';
import { host, step } from '../report/records.ts';
import { changedHost, changedStep, reportNumber, runId, saveReport } from './reports.ts';
import { answers, historyOf, newFolder } from './rig.ts';

describe('several drovers at once', () => {
  test('lose nothing of what any of them did, also while somebody asks', async () => {
    const cwd = newFolder();
    const writers = [0, 100, 200].map((first) => writer(cwd, first, 12));
    const ended = Promise.all(writers);
    let isOver = false;
    void ended.then(() => (isOver = true));
    while (!isOver) {
      expect(historyOf(cwd).runs.length).toBeLessThanOrEqual(36);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await ended).toEqual([0, 0, 0]);
    const history = historyOf(cwd);
    expect(history.runs).toHaveLength(36);
    expect(history.host('web1')).toHaveLength(36);
    expect(history.host('own100').map(({ run }) => run)).toEqual(Array.from({ length: 12 }, (_, index) => runId(111 - index)));
    const { kept, scanned } = answers(cwd, ['web1', 'web2', 'own0', 'own100', 'own200']);
    expect(kept).toEqual(scanned);
  }, 60_000);

  function writer(cwd: string, first: number, count: number): Promise<number | null> {
    const file = fileURLToPath(new URL('./writer.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', file, cwd, String(first), String(count)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return new Promise((resolve) => child.once('close', resolve));
  }
});

describe('the lock', () => {
  const file = (cwd: string): string => join(cwd, 'lock');

  test('lets one work at a time, and is given back also where the work fails', () => {
    const cwd = newFolder();
    expect(withLock(file(cwd), () => withLock(file(cwd), () => 'inner', 30))).toEqual({ value: null });
    expect(() => withLock(file(cwd), () => JSON.parse('?'))).toThrow(SyntaxError);
    expect(withLock(file(cwd), () => existsSync(file(cwd)))).toEqual({ value: true });
    expect(existsSync(file(cwd))).toBe(false);
  });

  test.each([
    ['of a process that is no more', JSON.stringify({ pid: 2 ** 22 + 1, machine: hostname(), born: 'long ago' }), 0, 'taken'],
    ['of a process that still runs', JSON.stringify(thisProcess()), 3600, null],
    ['of another machine, just now', JSON.stringify({ pid: 1, machine: 'elsewhere', born: null }), 0, null],
    ['of another machine, an hour ago', JSON.stringify({ pid: 1, machine: 'elsewhere', born: null }), 3600, 'taken'],
    ['that was cut short, just now', '{"pi', 0, null],
    ['that was cut short, an hour ago', '{"pi', 3600, 'taken'],
  ])('%s', async (_, text, ageSec, value) => {
    const cwd = newFolder();
    writeFileSync(file(cwd), text);
    const { utimesSync } = await import('node:fs');
    const then = Date.now() / 1000 - ageSec;
    utimesSync(file(cwd), then, then);
    expect(withLock(file(cwd), () => 'taken', 30)?.value ?? null).toBe(value);
  });

  test('that a full disk took without what stands in it is not left behind', async () => {
    const lock = file(newFolder());
    const module = new URL('../../src/history/lock.ts', import.meta.url).href;
    const script = `const { withLock } = await import(${JSON.stringify(module)}); console.log(withLock(${JSON.stringify(lock)}, () => 'taken', 0));`;
    // No file may become longer than nothing: a write fails as on a full disk.
    const limited = 'trap "" XFSZ; ulimit -f 0; "$@" | cat';
    const argv = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', script];
    const child = spawn('sh', ['-c', limited, 'sh', ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    await new Promise((resolve) => child.once('close', resolve));
    expect([out, existsSync(lock)]).toEqual(['null\n', false]);
  }, 60_000);

  test('that cannot be made is not had', () => {
    expect(withLock(join(newFolder(), 'no', 'such', 'folder'), () => 'taken', 0)).toBeNull();
  });
});

describe('the files of the history', () => {
  test('are for their owner alone', () => {
    const cwd = newFolder();
    const report = reportNumber(1, [changedHost('web1')]);
    saveReport(cwd, report);
    recordRun(cwd, report);
    const modes = ['', 'manifest.json', 'runs.jsonl', 'hosts', 'hosts/web1.jsonl', 'hosts/web1.json'].map(
      (name) => statSync(join(indexFolder(cwd), name)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o700, 0o600, 0o600]);
  });

  test('hold values as digests alone, but those that changes name; never what a report does not hold', () => {
    const cwd = newFolder();
    const changes = [{ field: 'shell', before: '/bin/a-shell', after: '/bin/b-shell' }];
    const report = reportNumber(1, [changedHost('web1', [changedStep('u/user[x]', { changes, wanted: 'w' })])]);
    saveReport(cwd, report);
    recordRun(cwd, report);
    expect(readFileSync(join(indexFolder(cwd), 'hosts/web1.jsonl'), 'utf8')).toContain('shell: /bin/a-shell → /bin/b-shell');
    expect(readFileSync(join(indexFolder(cwd), 'hosts/web1.json'), 'utf8')).not.toContain('shell":"/');
  });

  test('are made for this time only where they cannot be written', () => {
    const cwd = newFolder();
    saveReport(cwd, reportNumber(1, [changedHost('web1')]));
    mkdirSync(`${indexFolder(cwd)}.lock`);
    expect(openHistory(cwd, { warn: () => {} }).host('web1')).toHaveLength(1);
    expect(existsSync(indexFolder(cwd))).toBe(false);
    rmSync(`${indexFolder(cwd)}.lock`, { recursive: true });
    writeFileSync(join(cwd, 'plain'), '');
    rmSync(digestKeyFile(cwd), { force: true });
    mkdirSync(digestKeyFile(cwd));
    expect(openHistory(cwd, { warn: () => {} }).host('web1'), 'without a key').toHaveLength(1);
    chmodSync(cwd, 0o700);
  }, 30_000);

  test('forget runs that are gone: what older ones said of a step counts again', () => {
    const cwd = newFolder();
    for (const number of [1, 2, 3]) {
      const report = reportNumber(number, [changedHost('web1', [number === 2 ? changedStep('a/file[/x]') : step('a/file[/x]')])]);
      saveReport(cwd, report);
      recordRun(cwd, report);
    }
    const remembered = (): unknown => historyOf(cwd).marks('web1')['a/file[/x]'];
    expect(remembered()).toMatchObject({ ok: { run: runId(3) }, set: { run: runId(2) } });
    rmSync(join(cwd, '.drover', 'runs', runId(3)), { recursive: true });
    expect(remembered()).toMatchObject({ ok: { run: runId(2) }, set: { run: runId(2) } });
    rmSync(join(cwd, '.drover', 'runs', runId(2)), { recursive: true });
    expect(remembered()).toEqual({ ok: { run: runId(1), wanted: null } });
    expect(
      historyOf(cwd)
        .host('web1')
        .map(({ run }) => run),
    ).toEqual([runId(1)]);
  });

  test('leave out what nobody can read, and say so', () => {
    const cwd = newFolder();
    saveReport(cwd, reportNumber(1, [host('web1')]));
    for (const number of [2, 3, 4, 5]) {
      saveReport(cwd, reportNumber(number, []));
      writeFileSync(join(cwd, '.drover', 'runs', runId(number), 'report.json'), number === 2 ? '{"schema":"drover.report/9"}' : '{');
    }
    const warnings: string[] = [];
    expect(openHistory(cwd, { warn: (sentence) => warnings.push(sentence) }).runs).toHaveLength(1);
    const named = [2, 3, 4].map(runId).join(', ');
    expect(warnings).toEqual([`left out of the history, for nobody can read its report: ${named} and 1 more`]);
  });
});

describe('what is remembered of a step', () => {
  const key = createDigestKey(Buffer.alloc(32, 7));
  const marksOf = (steps: Parameters<typeof changedHost>[1], mode: 'apply' | 'check' = 'apply'): unknown =>
    summarise(reportNumber(3, [changedHost('web1', steps)], { mode, header: { varsDigest: `${key.id}-x` } }), { key, stamp: '' }).hosts.get(
      'web1',
    )?.marks;
  const run = runId(3);

  test('is that it was found as wanted, by every kind of run', () => {
    expect(marksOf([step('a/file[/x]', { wanted: 'w' })])).toEqual({ 'a/file[/x]': { ok: { run, wanted: 'w' } } });
    expect(marksOf([step('a/file[/x]')], 'check')).toEqual({ 'a/file[/x]': { ok: { run, wanted: null } } });
  });

  test('is what it was set to, field by field, where an apply set it', () => {
    const mode = { field: 'mode', before: null, after: '0600' };
    const secret = { field: 'token', before: null, after: 'x [secret]' };
    const set = { run, wanted: 'w', after: { mode: key.digest('"0600"').slice(0, 12) } };
    expect(marksOf([changedStep('a/file[/x]', { wanted: 'w', changes: [mode, secret] })])).toEqual({
      'a/file[/x]': { ok: { run, wanted: 'w' }, set },
    });
  });

  test('is trouble where an apply did not get through with it', () => {
    const failed = step('a/file[/x]', { outcome: 'failed', progress: 'done' });
    const doubtful = step('a/file[/y]', { outcome: 'changed', progress: 'in-doubt' });
    expect(marksOf([failed, doubtful])).toEqual({ 'a/file[/x]': { trouble: { run } }, 'a/file[/y]': { trouble: { run } } });
  });

  test('is nothing of what was only planned, not begun, around the roles, or a handler', () => {
    const nothing = [
      changedStep('a/file[/1]', { progress: 'planned' }),
      step('a/file[/2]', { outcome: 'skipped', progress: 'not-started' }),
      step('a/file[/3]', { outcome: 'failed', progress: 'planned' }),
      changedStep('a/file[/4]', { part: 'before' }),
      changedStep('a/handler[r]', { handler: true }),
    ];
    expect(marksOf(nothing)).toEqual({});
    expect(marksOf([changedStep('a/file[/x]')], 'check')).toEqual({});
  });

  test('of a step that puts another back is what drover left of that one', () => {
    const after = { mode: key.digest('"0600"').slice(0, 12) };
    expect(marksOf([changedStep('undo a/file[/x]', { part: 'undo' })])).toEqual({ 'a/file[/x]': { set: { run, wanted: null, after } } });
  });
});

describe('what a run did on a host', () => {
  const key = createDigestKey(Buffer.alloc(32, 7));

  test('stands with the host that it was done on, and for whom', () => {
    const drain = changedStep('balancer/line[web1]', { part: 'before', on: 'lb1' });
    const { hosts } = summarise(reportNumber(1, [changedHost('web1', [drain, changedStep('web/file[/x]')])]), { key, stamp: '' });
    expect(hosts.get('lb1')?.line).toEqual({
      run: runId(1),
      outcome: null,
      error: null,
      pending: 0,
      steps: [{ id: 'balancer/line[web1]', outcome: 'changed', for: 'web1', changes: ['mode: 0644 → 0600'] }],
    });
    expect(hosts.get('web1')?.line.steps.map(({ id }) => id)).toEqual(['web/file[/x]']);
  });

  test('is in short: few fields, contents by their lines, long values cut', () => {
    const fields = Array.from({ length: 8 }, (_, index) => ({
      field: `f${index}`,
      before: null,
      after: index === 0 ? 'x'.repeat(99) : true,
    }));
    const { hosts } = summarise(reportNumber(1, [changedHost('web1', [changedStep('a/file[/x]', { changes: fields })])]), {
      key,
      stamp: '',
    });
    expect(hosts.get('web1')?.line.steps[0]?.changes).toEqual([
      `f0: absent → ${'x'.repeat(39)}…`,
      ...[1, 2, 3, 4, 5].map((index) => `f${index}: absent → yes`),
      'and 2 more',
    ]);
  });

  test.each([
    ['a check', { mode: 'check' } as const, [changedHost('a', [changedStep('r/x[1]', { progress: 'planned' })])], 'changed'],
    ['an apply', {}, [changedHost('a')], 'changed'],
    ['an apply that nobody wanted', {}, [changedHost('a', [changedStep('r/x[1]', { progress: 'planned' })])], 'declined'],
    ['a failed one', {}, [changedHost('a'), host('b', { outcome: 'failed' }), host('c', { outcome: 'unreachable' })], 'failed'],
    ['one with unreachable hosts', {}, [changedHost('a'), host('c', { outcome: 'unreachable' })], 'unreachable'],
    ['an interrupted one', { interrupted: 'SIGINT' } as const, [changedHost('a')], 'interrupted'],
    ['one that found nothing to do', {}, [host('a')], 'ok'],
  ])('%s came to …', (_, options, hosts, outcome) => {
    expect(summarise(reportNumber(1, hosts, options), { key, stamp: '' }).line.outcome).toBe(outcome);
  });
});

test.each([
  ['web1.example.com', 'web1.example.com'],
  ['Web1', '%57eb1'],
  ['2001:db8::1', '2001%3Adb8%3A%3A1'],
  ['..', '%2E.'],
  ['.hidden', '%2Ehidden'],
  ['a/b', 'a%2Fb'],
  ['café', 'caf%C3%A9'],
  ['%57eb1', '%2557eb1'],
])('the file of host %j is %s', (name, file) => {
  expect(safeFileName(name)).toBe(file);
});

test('files of long names differ and are not too long', () => {
  const [one, other] = [safeFileName(`${'a'.repeat(300)}1`), safeFileName(`${'a'.repeat(300)}2`)];
  expect(one).not.toBe(other);
  expect(one.length).toBeLessThanOrEqual(150);
});
