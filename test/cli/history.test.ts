import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import { journalFile, recordedRuns } from '../../src/journal.ts';
import type { Report } from '../../src/report/report.ts';
import { reportSchema } from '../../src/report/report-schema.ts';
import { folder } from './folder.ts';
import { project } from './project.ts';
import { type TestIo, type TestIoOptions, testIo } from './test-io.ts';

// Tests of other files have this machine in turn.
vi.setConfig({ testTimeout: 120_000 });

/** Runs drover to its end in a folder. */
async function drover(cwd: string, ...argv: readonly string[]): Promise<{ out: string; err: string; code: number }> {
  const io = testIo({ cwd });
  const code = await main(argv, io);
  return { out: io.out(), err: io.err(), code };
}

async function atTerminal(
  cwd: string,
  argv: readonly string[],
  options: TestIoOptions = {},
): Promise<{ io: TestIo; ended: Promise<number> }> {
  const io = testIo({ cwd, terminal: true, env: { NO_COLOR: '1' }, ...options });
  return { io, ended: main(argv, io) };
}

async function checked(cwd: string, args: readonly string[]): Promise<Report> {
  return reportSchema.parse(JSON.parse((await drover(cwd, 'check', ...args, '--json')).out));
}

/** Text in which times, ids, folders and names that differ between runs are replaced. */
function steady(text: string, root: string): string {
  return (
    text
      .replaceAll(root, 'ROOT')
      .replace(/\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{4}/g, 'ID')
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, 'TIME')
      .replaceAll(`operator@${hostname()}`, 'operator@HERE')
      // Where lines are broken is a matter of the names of whoever runs the tests.
      .replace(/,\n +|→\n +/g, (end) => `${end[0]} `)
      .replace(/(owner|group): absent → [^,\s]+/g, '$1: absent → ME')
      .replace(/ {2,}/g, '  ')
  );
}

describe('drover history', () => {
  test('lists the runs, newest first: when, how, who, what, what they came to', async () => {
    const { root, args } = await project(['one', 'two']);
    await drover(root, 'plan', ...args);
    await drover(root, 'apply', ...args, '--yes');
    await drover(root, 'check', ...args, '-l', 'one');
    const { out, code } = await drover(root, 'history');
    expect(code).toBe(0);
    expect(steady(out, root)).toMatchInlineSnapshot(`
      "when (UTC)  mode  who  playbook  hosts  run
      TIME  check  operator@HERE  ROOT/site.yml  1 ok  ID
      TIME  apply  operator@HERE  ROOT/site.yml  2 changed  ID
      TIME  plan  operator@HERE  ROOT/site.yml  2 would change  ID
      "
    `);
    expect(recordedRuns(root).toReversed()).toEqual([...out.matchAll(/\S+$/gm)].map(([id]) => id).slice(1));
  });

  test('as JSON tells the same with figures, roles, revision and limit', async () => {
    const { root, args } = await project(['one', 'two']);
    await drover(root, 'check', ...args, '-l', 'one');
    const runs = JSON.parse((await drover(root, 'history', '--json')).out);
    expect(runs).toEqual([
      {
        id: recordedRuns(root)[0],
        mode: 'check',
        undoes: null,
        user: `operator@${hostname()}`,
        startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        durationMs: expect.any(Number),
        playbook: args[0],
        limit: 'one',
        revision: null,
        outcome: 'changed',
        exitCode: 3,
        hosts: { ok: 0, changed: 1, failed: 0, skipped: 0, unreachable: 0 },
        steps: { ok: 0, changed: 1, failed: 0, skipped: 0, inDoubt: 0, notStarted: 0, idle: 0 },
        roles: ['note'],
      },
    ]);
  });

  test('selects by mode, outcome, role, playbook and time, and shows at most so many', async () => {
    const { root, args } = await project(['one']);
    await drover(root, 'check', ...args);
    await drover(root, 'apply', ...args, '--yes');
    await drover(root, 'check', ...args);
    const modes = async (...flags: readonly string[]): Promise<readonly string[]> =>
      JSON.parse((await drover(root, 'history', '--json', ...flags)).out).map(
        (run: { mode: string; outcome: string }) => `${run.mode} ${run.outcome}`,
      );
    const all = ['check ok', 'apply changed', 'check changed'];
    expect(await modes()).toEqual(all);
    expect(await modes('--mode', 'check')).toEqual(['check ok', 'check changed']);
    expect(await modes('--outcome', 'changed', '--mode', 'check')).toEqual(['check changed']);
    expect(await modes('--role', 'note')).toEqual(all);
    expect(await modes('--role', 'other')).toEqual([]);
    expect(await modes('--playbook', 'site.yml')).toEqual(all);
    expect(await modes('--playbook', 'ite.yml')).toEqual([]);
    expect(await modes('--since', '1h')).toEqual(all);
    expect(await modes('--since', '2999-01-01')).toEqual([]);
    expect(await modes('-n', '1')).toEqual(['check ok']);
    expect((await drover(root, 'history', '-n', '1')).out).toMatch(/\nand 2 older runs; -n ALL shows them\n$/);
  });

  test('with a host tells what was changed on it, ever, field by field', async () => {
    const { root, args } = await project(['one', 'two']);
    await drover(root, 'apply', ...args, '--yes');
    await drover(root, 'check', ...args);
    writeFileSync(join(root, 'one.txt'), 'something else\n');
    await drover(root, 'apply', ...args, '--yes');
    const { out, code } = await drover(root, 'history', '--host', 'one');
    expect(code).toBe(0);
    expect(steady(out, root)).toMatchInlineSnapshot(`
      "TIME UTC  apply of ROOT/site.yml by operator@HERE: changed
        run ID
        ~ note/file[ROOT/one.txt]
        content: +1 −1

      TIME UTC  apply of ROOT/site.yml by operator@HERE: changed
        run ID
        ~ note/file[ROOT/one.txt]
        type: absent → file, content: +1, mode: absent → 0644, owner: absent → ME, group: absent → ME

      1 run changed nothing on it
      "
    `);
    expect((await drover(root, 'history', '--host', 'two')).out.match(/^\d{4}-/gm)).toHaveLength(1);
    expect(JSON.parse((await drover(root, 'history', '--host', 'one', '--json')).out).runs).toHaveLength(3);
  });

  test('says so where nothing was run, and where the host is in no run', async () => {
    const empty = await folder({});
    expect(await drover(empty, 'history')).toEqual({ out: '', err: 'Nothing was run in this folder.\n', code: 0 });
    expect(readdirSync(empty), 'asking leaves nothing').toEqual([]);
    const { root, args } = await project(['web1']);
    await drover(root, 'plan', ...args);
    const { err, code } = await drover(root, 'history', '--host', 'web11');
    expect([err, code]).toEqual(['error argument  no run on a host "web11" is on record\n  hint: did you mean "web1"?\n', 5]);
  });

  test('has no secret in any file: not as it is, not encoded, not as a digest that somebody could try out', async () => {
    const secret = 'correct horse battery';
    const { root, args } = await project(['one']);
    const site = readFileSync(join(root, 'site.yml'), 'utf8');
    writeFileSync(join(root, 'site.yml'), site.replace('"path"', `"text":"key ${secret}","path"`));
    writeFileSync(join(root, 'one.txt'), `old ${secret}\n`);
    for (const command of [['check'], ['apply', '--yes'], ['check'], ['history', '--host', 'one']]) {
      const io = testIo({ cwd: root, env: { DROVER_BECOME_PASSWORD: secret } });
      await main(command[0] === 'history' ? command : [...command, ...args], io);
      expect(io.out() + io.err()).not.toContain(secret);
    }
    const digests = ['key', 'old'].map((word) => createHash('sha256').update(`${word} ${secret}\n`).digest('hex'));
    const forms = [
      secret,
      ...digests,
      ...(['base64', 'hex'] as const).map((encoding) => Buffer.from(secret).toString(encoding).slice(0, 20)),
    ];
    const files = ['runs', 'history'].flatMap((name) =>
      readdirSync(join(root, '.drover', name), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
    );
    const texts = files.map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'utf8')] as const);
    expect(texts.map(([name]) => name)).toEqual(
      expect.arrayContaining(['report.json', 'journal.jsonl', 'runs.jsonl', 'one.jsonl', 'one.json']),
    );
    for (const [name, text] of texts) for (const form of forms) expect(text, name).not.toContain(form);
  });

  test('does not mind files among the runs, and says which run, or whether all of them, cannot be read', async () => {
    const { root, args } = await project(['one']);
    await drover(root, 'plan', ...args);
    const [id = ''] = recordedRuns(root);
    writeFileSync(join(root, '.drover', 'runs', 'Thumbs.db'), '');
    expect((await drover(root, 'history')).out).toContain(id);
    // A loop cannot be read by root either.
    symlinkSync('loop', join(root, '.drover', 'runs', 'loop'));
    const { out, err } = await drover(root, 'history');
    expect(out).toContain(id);
    expect(err).toBe('warning: left out of the history, for nobody can read its report: loop\n');
    rmSync(join(root, '.drover', 'runs'), { recursive: true });
    writeFileSync(join(root, '.drover', 'runs'), '');
    const unread = /^error argument {2}\.drover\/runs cannot be read: ENOTDIR/;
    for (const command of [['history'], ['history', 'prune', '--keep', '0', '--yes'], ['report', 'last'], ['undo', 'last', '--yes']]) {
      expect(await drover(root, ...command)).toMatchObject({ err: expect.stringMatching(unread), code: 5 });
    }
  });

  test('is right whatever was lost of the index', async () => {
    const { root, args } = await project(['one']);
    await drover(root, 'apply', ...args, '--yes');
    const before = (await drover(root, 'history', '--json')).out;
    rmSync(join(root, '.drover', 'history'), { recursive: true });
    expect((await drover(root, 'history', '--json')).out).toBe(before);
  });

  test.each([
    [['--since', 'yesterday'], '--since: must be an age such as 7d, or a date such as 2026-11-20, found "yesterday"'],
    [['--since', '2026-02-31'], '--since: must be an age such as 7d, or a date such as 2026-11-20, found "2026-02-31"'],
    [['-n', '0'], '-n: must be a whole number from 1, or ALL, found "0"'],
    [['--mode', 'run'], '--mode: Allowed choices are plan, check, apply., found "run"'],
    [['prune'], 'history prune needs --keep or --older-than'],
    [['prune', '--kep', '3'], 'drover history prune has no flag --kep'],
    [['prune', '--older-than', '2026-01-01'], '--older-than: must be a number with m, h, d or w, such as 90d, found "2026-01-01"'],
  ])('%j is refused', async (flags, message) => {
    const { err, code } = await drover(await folder({}), 'history', ...flags);
    expect([err.split('\n')[0], code]).toEqual([`error argument  ${message}`, 5]);
  });
});

describe('drover check says of what has drifted', () => {
  test('until when it was as wanted, and that someone else changed it', async () => {
    const { root, args } = await project(['one']);
    await drover(root, 'apply', ...args, '--yes');
    await drover(root, 'check', ...args);
    const [apply, check] = recordedRuns(root);
    writeFileSync(join(root, 'one.txt'), 'something else\n');
    const { out } = await drover(root, 'check', ...args);
    expect(steady(out, root)).toContain('as wanted until TIME UTC; changed since by someone else');
    expect(steady((await drover(root, 'check', ...args, '-v')).out, root).replace(/\s+/g, ' ')).toContain(
      'as wanted until TIME UTC (run ID, check, by operator@HERE); changed since by someone else',
    );
    const drift = (await checked(root, args)).hosts[0]?.steps[0]?.drift;
    expect(drift).toMatchObject({
      asWanted: { run: check, mode: 'check', user: `operator@${hostname()}` },
      writer: 'someone-else',
      by: null,
    });
    expect(apply).toBeDefined();
  });

  test('that drover itself set it, and something else is wanted since', async () => {
    const { root, args } = await project(['one']);
    await drover(root, 'apply', ...args, '--yes');
    const site = readFileSync(join(root, 'site.yml'), 'utf8');
    writeFileSync(join(root, 'site.yml'), site.replace('"path"', '"text":"another","path"'));
    const { out } = await drover(root, 'check', ...args);
    expect(steady(out, root)).toContain('drover itself set it TIME UTC; playbook or vars differ since');
    const [apply] = recordedRuns(root);
    const drift = (await checked(root, args)).hosts[0]?.steps[0]?.drift;
    expect(drift).toMatchObject({ asWanted: { run: apply }, writer: 'drover', by: { run: apply, mode: 'apply' } });
  });

  test('that it was never applied here, and nothing at all where there is no history', async () => {
    const { root, args } = await project(['one', 'two']);
    expect((await checked(root, args)).hosts.flatMap(({ steps }) => steps.flatMap(({ drift }) => drift ?? []))).toEqual([]);
    expect((await drover(root, 'check', ...args)).out).toContain('never applied here');
    expect((await drover(root, 'plan', ...args)).out).not.toContain('never applied here');
  });

  test('that a run which was killed may have written it', async () => {
    const { root, args } = await project(['one']);
    await drover(root, 'apply', ...args, '--yes');
    const [id = ''] = recordedRuns(root);
    asKilled(root, id);
    writeFileSync(join(root, 'one.txt'), 'half of it');
    const drift = (await checked(root, args)).hosts[0]?.steps[0]?.drift;
    expect(drift).toMatchObject({ asWanted: null, writer: 'unknown', by: { run: id } });
    expect((await drover(root, 'history', '--host', 'one')).out).toMatch(/: unfinished\n.*\n {2}~ note\/file/);
  });
});

/** Makes of an apply one whose drover was killed before it ended: its process is no more. */
function asKilled(root: string, id: string): void {
  const file = journalFile(root, id);
  const [head = '', ...lines] = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const header = { ...JSON.parse(head), by: { pid: 2 ** 22 + 1, machine: hostname(), born: 'another boot' } };
  const seen = lines.slice(
    0,
    lines.findIndex((line) => line.includes('"kind":"turn-finished"')),
  );
  writeFileSync(file, [JSON.stringify(header), ...seen, ''].join('\n'));
  rmSync(join(root, '.drover', 'history'), { recursive: true, force: true });
}

describe('drover history prune', () => {
  test('deletes the oldest runs and what the history knows of them', async () => {
    const { root, args } = await project(['one']);
    for (let run = 0; run < 4; run++) await drover(root, 'check', ...args);
    const before = recordedRuns(root);
    const { out, err, code } = await drover(root, 'history', 'prune', '--keep', '1', '--yes');
    expect([err, code]).toEqual(['3 runs deleted, 1 left.\n', 0]);
    for (const id of before.slice(0, 3)) expect(out).toContain(id);
    expect(recordedRuns(root)).toEqual(before.slice(3));
    expect(JSON.parse((await drover(root, 'history', '--json')).out)).toHaveLength(1);
    expect(await drover(root, 'history', 'prune', '--keep', '1', '--yes')).toMatchObject({ err: 'Nothing to delete.\n', code: 0 });
    expect(await drover(root, 'history', 'prune', '--older-than', '1h', '--yes')).toMatchObject({ err: 'Nothing to delete.\n' });
  });

  test('says what can no longer be undone or gone on with', async () => {
    const { root, args } = await project(['one', 'two']);
    await drover(root, 'apply', ...args, '--yes');
    rmSync(join(root, 'two.txt'));
    mkdirSync(join(root, 'two.txt'));
    await drover(root, 'apply', ...args, '--yes');
    await drover(root, 'check', ...args);
    const { err } = await drover(root, 'history', 'prune', '--keep', '0', '--yes');
    expect(err).toBe(
      'With them goes what undo needs of 1 run, and what --resume and --retry-failed need of 1 run.\n3 runs deleted, 0 left.\n',
    );
  });

  test('asks at a terminal, and needs --yes elsewhere', async () => {
    const { root, args } = await project(['one']);
    await drover(root, 'check', ...args);
    const refused = await drover(root, 'history', 'prune', '--keep', '0');
    expect([refused.err.split('\n')[0], refused.code]).toEqual([
      'error argument  history prune asks before it deletes anything, and there is no terminal to ask at',
      5,
    ]);
    for (const [answer, left] of [
      ['n\n', 1],
      ['y\n', 0],
    ] as const) {
      const { io, ended } = await atTerminal(root, ['history', 'prune', '--keep', '0']);
      await io.shows('Delete this run? [y/N]');
      io.type(answer);
      expect(await ended).toBe(0);
      expect(recordedRuns(root)).toHaveLength(left);
    }
  });

  test('keeps runs that can still be resumed, and those that they go on with, unless it is forced', async () => {
    const { root, args } = await project(['one']);
    await drover(root, 'apply', ...args, '--yes');
    const [first = ''] = recordedRuns(root);
    asKilled(root, first);
    rmSync(join(root, 'one.txt'));
    await drover(root, 'apply', '--resume', first, '--yes');
    await drover(root, 'check', ...args);
    const [, second = '', third = ''] = recordedRuns(root);
    const { err } = await drover(root, 'history', 'prune', '--keep', '0', '--yes');
    expect(err).toBe(`kept, for they can still be resumed: ${first}, ${second}; --force deletes them too\n1 run deleted, 2 left.\n`);
    expect(recordedRuns(root)).toEqual([first, second]);
    expect(existsSync(join(root, '.drover', 'runs', third))).toBe(false);
    await drover(root, 'history', 'prune', '--keep', '0', '--yes', '--force');
    expect(recordedRuns(root)).toEqual([]);
    expect(await drover(root, 'history')).toMatchObject({ out: '' });
  });

  test('never deletes a run that is going on', async () => {
    const { root, args } = await project(['one']);
    await drover(root, 'apply', ...args, '--yes');
    const [id = ''] = recordedRuns(root);
    const file = journalFile(root, id);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/.*"kind":"end".*\n/, ''));
    rmSync(join(root, '.drover', 'history'), { recursive: true });
    expect((await drover(root, 'history')).out).toContain('running');
    await drover(root, 'history', 'prune', '--keep', '0', '--yes', '--force');
    expect(recordedRuns(root)).toEqual([id]);
    appendFileSync(file, '{"kind":"end","exitCode":0}\n');
    expect((await drover(root, 'history')).out).toContain('1 changed');
  });
});

describe('drover report diff', () => {
  test('tells what did not go as planned, and what the same playbook did differently later', async () => {
    const { root, args } = await project(['one', 'two', 'three']);
    await drover(root, 'plan', ...args);
    await drover(root, 'apply', ...args, '--yes');
    writeFileSync(join(root, 'two.txt'), 'something else\n');
    await drover(root, 'check', ...args);
    const [planned = '', applied = '', checkedRun = ''] = recordedRuns(root);
    const same = await drover(root, 'report', 'diff', planned, applied);
    expect([same.out.split('\n').slice(2).join('\n'), same.code]).toEqual(['\nboth did the same on all 3 hosts\n', 0]);
    const { out } = await drover(root, 'report', 'diff', applied, 'last');
    expect(steady(out, root)).toMatchInlineSnapshot(`
      "first  TIME UTC, apply of ROOT/site.yml by operator@HERE  ID
      second  TIME UTC, check of ROOT/site.yml by operator@HERE  ID

      two:
        note/file[ROOT/two.txt]
        first  changed: type: absent → file, content: +1, mode: absent → 0644, owner: absent → ME, group: absent → ME
        second  changed: content: +1 −1
        -something else
        +hello

      one, three:
        note/file[ROOT/‹host›.txt]
        first  changed: type: absent → file, content: +1, mode: absent → 0644, owner: absent → ME, group: absent → ME
        second  ok

      on no host both did the same
      "
    `);
    const { first, second, hosts } = JSON.parse((await drover(root, 'report', 'diff', applied, 'last', '--json')).out);
    expect([first.id, second.id]).toEqual([applied, checkedRun]);
    expect(hosts.map(({ name }: { name: string }) => name)).toEqual(['one', 'two', 'three']);
  });

  test.each([
    [['nope', 'last'], 'there is no run "nope"'],
    [['2'], 'drover report diff needs RUN2'],
  ])('%j is refused', async (runs, message) => {
    const { root, args } = await project(['one']);
    await drover(root, 'plan', ...args);
    const { err, code } = await drover(root, 'report', 'diff', ...runs);
    expect([err.split('\n')[0], code]).toEqual([`error argument  ${message}`, 5]);
  });
});
