import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import { loadProject, startRun } from '../../src/engine.ts';
import type { Report } from '../../src/report/report.ts';
import { project } from './project.ts';
import { testIo } from './test-io.ts';

/** Works on a host so that a second time would show: a folder with the process number in its name. Fails while a file `broken-HOST` is there. */
const WORK = `import { command, defineRole, file, z } from 'drover';
export default defineRole({
  name: 'work', description: 'd', platforms: 'any',
  params: z.strictObject({ root: z.string(), host: z.string(), text: z.string().default('hello') }),
  steps: ({ params: { root, host, text } }) => ({ steps: [
    file({ path: root + '/' + host + '.txt', content: text }),
    command({ name: 'once', command: '[ ! -e ' + root + '/broken-' + host + ' ] && mkdir ' + root + '/done-' + host + '-$$', unless: 'ls -d ' + root + '/done-' + host + '-*' }),
  ] }),
});
`;
const OUT = `import { defineRole, file, z } from 'drover';
export default defineRole({
  name: 'take-out', description: 'd', platforms: 'any', params: z.strictObject({ path: z.string() }),
  steps: ({ params: { path } }) => ({ steps: [file({ path, content: 'out' })] }),
});
`;
const BACK = `import { absent, defineRole, z } from 'drover';
export default defineRole({
  name: 'put-back', description: 'd', platforms: 'any', params: z.strictObject({ path: z.string() }),
  steps: ({ params: { path } }) => ({ steps: [absent({ path })] }),
});
`;
const SERVES = `import { defineRole, verify, z } from 'drover';
export default defineRole({
  name: 'serves', description: 'd', platforms: 'any', params: z.strictObject({ root: z.string(), host: z.string() }),
  steps: ({ params: { root, host } }) => ({ steps: [
    verify({ name: 'serves', command: 'test -e ' + root + '/' + host + '.txt && test ! -e ' + root + '/' + host + '.out' }),
  ] }),
});
`;

const on = { root: '{{ root }}', host: '{{ inventory_hostname }}' };
const out = { path: '{{ root }}/{{ inventory_hostname }}.out' };
const play = (more: object = {}): object => ({ name: 'work', hosts: 'all', roles: [{ role: 'work', params: on }], ...more });
const ROLLING = {
  serial: 1,
  before: [{ role: 'take-out', on: 'localhost', params: out }],
  after: [{ role: 'put-back', on: 'localhost', params: out }],
  gate: [{ role: 'serves', params: on }],
};

interface Made {
  readonly root: string;
  readonly args: readonly string[];
}

/** A project of hosts on this machine with one play. */
async function made(hosts: readonly string[], plays: readonly object[] = [play()]): Promise<Made> {
  const roles = { 'roles/work.ts': WORK, 'roles/take-out.ts': OUT, 'roles/put-back.ts': BACK, 'roles/serves.ts': SERVES };
  const { root, args } = await project(hosts, roles);
  writeFileSync(join(root, 'site.yml'), JSON.stringify(plays));
  return { root, args };
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function drover(root: string, ...argv: readonly string[]): Promise<Ended> {
  const io = testIo({ cwd: root });
  const code = await main([...argv, '--yes'], io);
  return {
    code,
    out: io.out(),
    err: io
      .err()
      .replaceAll(/\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{4}/g, 'ID')
      .replaceAll(root, 'ROOT'),
  };
}

const plan = async (root: string, ...argv: readonly string[]): Promise<number> => main(['plan', ...argv], testIo({ cwd: root }));
const runs = (root: string): readonly string[] => readdirSync(join(root, '.drover', 'runs')).sort();
const journal = (root: string, run = runs(root).at(-1) ?? ''): string => join(root, '.drover', 'runs', run, 'journal.jsonl');
const lines = (path: string): readonly Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

/** Names of the hosts in the report of the last run. */
function contacted(root: string): readonly string[] {
  const report: Report = JSON.parse(readFileSync(join(root, '.drover', 'runs', runs(root).at(-1) ?? '', 'report.json'), 'utf8'));
  return report.hosts.map(({ name }) => name);
}

/** Makes of a run's journal that of a process that is gone, without the last lines. */
function kill(path: string, kept = Number.POSITIVE_INFINITY): void {
  const [header, ...events] = lines(path);
  const dead = { ...header, by: { pid: 2 ** 22 + 1, machine: hostname(), born: 'long ago' } };
  const left = [dead, ...events.filter(({ kind }) => kind !== 'end')].slice(0, kept);
  writeFileSync(path, left.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** What the hosts are like: files, and how often each was worked on. */
function state(root: string): readonly string[] {
  return readdirSync(root)
    .filter((name) => /^(?:one|two|three)\.|^done-/.test(name))
    .map((name) => name.replace(/^(done-\w+)-\d+$/, '$1'))
    .sort();
}

const FINAL = ['done-one', 'done-two', 'one.txt', 'two.txt'];

describe('an apply that is killed', () => {
  /** Copies of the project's folder as it is when an event was told: what a SIGKILL then leaves. */
  async function snapshots({ root, args }: Made): Promise<readonly string[]> {
    const [playbook = '', , inventory = ''] = args;
    const operator = { cwd: root, home: root, username: 'operator', agentSocket: null, hostKeyPolicy: null, becomePassword: null };
    const loaded = await loadProject({ ...operator, playbook, inventory: [inventory], limit: null, tags: [], skipTags: [] });
    if (loaded.value === null) throw new Error(JSON.stringify(loaded.problems));
    const base = mkdtempSync(join(tmpdir(), 'drover-killed-'));
    onTestFinished(() => rmSync(base, { recursive: true, force: true }));
    const taken: string[] = [];
    let told = 0;
    const run = await startRun(loaded.value, {
      mode: 'apply',
      argv: [],
      forks: 2,
      warn: (sentence) => {
        throw new Error(sentence);
      },
      stop: { soft: new AbortController().signal, hard: new AbortController().signal },
      emit: () => {
        const now = lines(journal(root)).length;
        if (now === told) return;
        told = now;
        taken.push(join(base, String(taken.length)));
        // What goes while it is copied is gone.
        spawnSync('cp', ['-a', root, taken.at(-1) ?? '']);
      },
    });
    const { exitCode, hosts } = await run.apply();
    expect(exitCode, JSON.stringify(hosts.map(({ error }) => error))).toBe(0);
    return taken;
  }

  function putBack(root: string, snapshot: string): void {
    for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
    cpSync(snapshot, root, { recursive: true });
  }

  /** Hosts that a journal calls through with the play, their gate too. */
  function through(path: string): readonly string[] {
    const batches = new Map<unknown, readonly string[]>();
    const done: string[] = [];
    for (const { kind, batch, hosts } of lines(path)) {
      if (kind === 'batch-started') batches.set(batch, hosts as string[]);
      if (kind === 'gate-finished') done.push(...(batches.get(batch) ?? []));
    }
    return done;
  }

  test('at any event of a rollout and resumed ends as if it had not been killed: nothing done twice, every host back in service', async () => {
    const work = await made(['one', 'two'], [play(ROLLING)]);
    const { root } = work;
    const taken = await snapshots(work);
    expect(state(root)).toEqual(FINAL);
    expect(taken.length).toBeGreaterThan(20);
    for (const [index, snapshot] of taken.entries()) {
      putBack(root, snapshot);
      const path = journal(root);
      const last = JSON.stringify(lines(path).at(-1));
      kill(path);
      const done = through(path);
      const { code, out: shown, err } = await drover(root, 'apply', '--resume', 'last');
      expect(code, `killed at ${index}: ${last}\n${shown}${err}`).toBe(0);
      expect(state(root), `killed at ${index}: ${last}\n${shown}${err}`).toEqual(FINAL);
      if (done.length === 2) expect(err).toMatch(/^run ID: all of its 2 hosts done\n$/);
      else expect(contacted(root)).toEqual(['one', 'two'].filter((name) => !done.includes(name)));
      // Every fourth time, for it takes as long again: the run that went on with it has nothing left either.
      if (index % 4 === 0) expect((await drover(root, 'apply', '--resume', 'last')).err, `killed at ${index}: ${last}`).toMatch(/ done\n$/);
    }
  }, 120_000);

  test('and whose journal was cut anywhere is resumed all the same', async () => {
    const { root, args } = await made(['one', 'two']);
    await drover(root, 'apply', ...args);
    const whole = join(root, '..', `${runs(root)[0]}.whole`);
    cpSync(journal(root), whole);
    onTestFinished(() => rmSync(whole));
    const first = runs(root)[0] ?? '';
    for (let kept = 1; kept <= lines(whole).length; kept += 1) {
      for (const run of runs(root).filter((name) => name !== first)) rmSync(join(root, '.drover', 'runs', run), { recursive: true });
      cpSync(whole, journal(root, first));
      kill(journal(root, first), kept);
      const { code, err } = await drover(root, 'apply', '--resume', 'last');
      expect(code, err).toBe(0);
      expect(state(root)).toEqual(FINAL);
    }
  }, 60_000);
});

describe('a run in which a host failed', () => {
  test('goes on without it, tries it again, and knows of each what the others did', async () => {
    const { root, args } = await made(['one', 'two', 'three'], [play({ serial: 1 })]);
    writeFileSync(join(root, 'broken-one'), '');
    expect((await drover(root, 'apply', ...args)).code).toBe(2);
    const [first = ''] = runs(root);

    const resumed = await drover(root, 'apply', '--resume', first);
    expect([resumed.code, resumed.err.split('\n')[0]]).toEqual([0, 'run ID: going on with 2 of 3 hosts']);
    expect(contacted(root)).toEqual(['two', 'three']);
    expect(lines(journal(root))[0]).toMatchObject({ resumes: { run: first, wish: 'resume' }, hosts: ['two', 'three'] });
    expect((await drover(root, 'apply', '--resume', first)).err).toBe(
      'run ID: nothing is left but 1 host that failed: drover apply --retry-failed ID\n',
    );

    const retried = await drover(root, 'apply', '--retry-failed', first);
    expect([retried.code, retried.err.split('\n')[0]]).toEqual([2, 'run ID: trying 1 host again that failed']);
    rmSync(join(root, 'broken-one'));
    expect((await drover(root, 'apply', '--retry-failed', first)).code).toBe(0);
    expect(contacted(root)).toEqual(['one']);
    expect(state(root)).toEqual(['done-one', 'done-three', 'done-two', 'one.txt', 'three.txt', 'two.txt']);
    expect(await drover(root, 'apply', '--retry-failed', first)).toEqual({ code: 0, out: '', err: 'run ID: no host failed\n' });
    expect(await drover(root, 'apply', '--resume', first)).toEqual({ code: 0, out: '', err: 'run ID: all of its 3 hosts done\n' });
  });

  test('and stayed out of service keeps others of its failure domain in service', async () => {
    const { root, args } = await made(
      ['one', 'two', 'three'],
      [play({ ...ROLLING, spread: { by: 'zone', max: 1 }, onFailure: 'leaveOut' })],
    );
    const inventory = JSON.parse(readFileSync(join(root, 'hosts.yml'), 'utf8'));
    inventory.all.hosts = { one: { zone: 'a' }, two: { zone: 'a' }, three: { zone: 'b' } };
    writeFileSync(join(root, 'hosts.yml'), JSON.stringify(inventory));
    writeFileSync(join(root, 'broken-one'), '');
    expect((await drover(root, 'apply', ...args)).code).toBe(2);
    const { out: shown, err } = await drover(root, 'apply', '--resume', 'last');
    expect(err).toContain('\nout of service since then, and left so: one\n');
    expect(shown).toContain('one is out of service, and of zone');
    expect(state(root)).toEqual(['done-three', 'one.out', 'one.txt', 'three.txt']);
    rmSync(join(root, 'broken-one'));
    expect((await drover(root, 'apply', '--retry-failed', 'last')).err).toContain('no host failed');
    const [first = ''] = runs(root);
    expect((await drover(root, 'apply', '--retry-failed', first)).code).toBe(0);
    expect((await drover(root, 'apply', '--resume', first)).code).toBe(0);
    expect(state(root)).toEqual(['done-one', 'done-three', 'done-two', 'one.txt', 'three.txt', 'two.txt']);
  });

  test('is tried again with the flags that it had', async () => {
    const { root, args } = await made(['one', 'two', 'three']);
    writeFileSync(join(root, 'broken-one'), '');
    expect((await drover(root, 'apply', ...args, '-l', 'one:two')).code).toBe(2);
    rmSync(join(root, 'broken-one'));
    const same = ['-i', join(root, 'roles', '..', 'hosts.yml'), '-l', 'one:two'];
    expect((await drover(root, 'apply', args[0] ?? '', ...same, '--retry-failed', 'last')).code).toBe(0);
    expect(contacted(root)).toEqual(['one']);
    expect(lines(journal(root))[0]).toMatchObject({ limit: 'one:two', playbook: args[0] });
  });
});

describe('refused with exit code 5, nothing contacted, is', () => {
  /** A project with an apply that was killed behind its first host. */
  async function killed(plays?: readonly object[]): Promise<Made & { readonly run: string }> {
    const { root, args } = await made(['one', 'two'], plays);
    await drover(root, 'apply', ...args);
    kill(journal(root), 1);
    return { root, args, run: runs(root)[0] ?? '' };
  }

  const refused = (lines: string): Ended => ({ code: 5, out: '', err: lines });

  test('a run that is not there, or not one alone', async () => {
    const { root, args, run } = await killed();
    expect(await drover(root, 'apply', '--resume', '1999')).toEqual(
      refused('error argument  there is no run "1999"\n  hint: the last apply was ID\n'),
    );
    await plan(root, ...args);
    expect((await drover(root, 'apply', '--resume', run.slice(0, 2))).err).toMatch(/^error argument {2}"20" begins the ids of 2 runs\n/);
    expect((await drover(root, 'apply', '--resume', run.slice(0, -1))).code).toBe(0);
  });

  test('anything in a folder without runs', async () => {
    const { root } = await made(['one']);
    expect(await drover(root, 'apply', '--resume', 'last')).toEqual(
      refused('error argument  there is no run to resume\n  hint: .drover/runs of this folder has no journal of an apply\n'),
    );
  });

  test('a plan', async () => {
    const { root, args } = await made(['one']);
    await plan(root, ...args);
    expect(await drover(root, 'apply', '--resume', runs(root)[0] ?? '')).toEqual(
      refused('error argument  run ID was a plan: it changed nothing, and nothing of it is left\n'),
    );
  });

  test('a run whose journal is gone or damaged', async () => {
    const { root, run } = await killed();
    const hint = '  hint: drover apply PLAYBOOK goes through all hosts again, and finds what is done\n';
    writeFileSync(journal(root), 'oops\n');
    expect(await drover(root, 'apply', '--resume', run)).toEqual(refused(`error argument  the journal of run ID cannot be read\n${hint}`));
    rmSync(journal(root));
    expect(await drover(root, 'apply', '--resume', run)).toEqual(refused(`error argument  run ID left no journal\n${hint}`));
  });

  test('a run that is still going on', async () => {
    const { root, args } = await made(['one']);
    await drover(root, 'apply', ...args);
    writeFileSync(journal(root), readFileSync(journal(root), 'utf8').split('\n').slice(0, 2).join('\n'));
    expect(await drover(root, 'apply', '--resume', 'last')).toEqual(
      refused(
        `error argument  run ID is still going on, as process ${process.pid} of this machine\n  hint: wait for its end, or stop it with Ctrl-C\n`,
      ),
    );
  });

  test('--resume beside --retry-failed, and neither without a playbook', async () => {
    const { root } = await made(['one']);
    expect((await drover(root, 'apply', '--resume', 'last', '--retry-failed', 'last')).err).toContain(
      '--resume and --retry-failed exclude each other',
    );
    expect(await drover(root, 'apply')).toEqual(
      refused('error argument  drover apply needs PLAYBOOK\n  hint: drover apply --help shows what it takes\n'),
    );
  });

  test('any flag that is not that of the run, all of them at once', async () => {
    const { root } = await killed();
    const hint = '  hint: leave it out: what is not given is taken from the run\n';
    const given = ['other.yml', '-i', 'other', '-l', 'one', '--tags', 'a', '--skip-tags', 'b'];
    expect(await drover(root, 'apply', ...given, '--resume', 'last')).toEqual(
      refused(
        [
          'is of the playbook ROOT/site.yml, not of other.yml',
          'has the inventory ROOT/hosts.yml, not other',
          'has the limit none, not one',
          'has the tags none, not a',
          'has the skip-tags none, not b',
        ]
          .map((what) => `error argument  run ID ${what}\n${hint}\n`)
          .join('')
          .concat('5 problems; no host was contacted\n'),
      ),
    );
  });

  test('a project that is not what the run began with, and every difference is told', async () => {
    const { root } = await killed();
    const changed = [play({ serial: 1, roles: [{ role: 'work', params: { ...on, text: 'secret words' } }] }), { ...play(), name: 'more' }];
    writeFileSync(join(root, 'site.yml'), JSON.stringify(changed));
    const { code, err } = await drover(root, 'apply', '--resume', 'last');
    expect([code, err.split('\n').filter((line) => line !== '')]).toEqual([
      5,
      [
        'error argument  since run ID: play "more" is new',
        'error argument  since run ID: play "work": its rollout is new',
        'error argument  since run ID: play "work": parameters of role work differ on one and 1 more',
        '  hint: a run is resumed with what it was begun with; drover apply PLAYBOOK begins another',
        '3 problems; no host was contacted',
      ],
    ]);
    expect(runs(root)).toHaveLength(1);
  });
});

describe('a run that may be resumed', () => {
  test('is so with a playbook in which only comments and layout differ', async () => {
    const { root, args } = await made(['one']);
    await drover(root, 'apply', ...args);
    kill(journal(root), 1);
    writeFileSync(join(root, 'site.yml'), `# a comment\n${JSON.stringify([play()], null, 2)}`);
    expect(await drover(root, 'apply', '--resume', 'last')).toMatchObject({
      code: 0,
      err: 'run ID: going on with 1 of 1 host\nNothing to change.\n',
    });
  });

  test('but not known to have ended, on another machine, keeps its locks', async () => {
    const { root, args } = await made(['one']);
    await drover(root, 'apply', ...args);
    const [header] = lines(journal(root));
    writeFileSync(journal(root), `${JSON.stringify({ ...header, by: { pid: 1, machine: 'ops.example.com', born: null } })}\n`);
    expect((await drover(root, 'apply', '--resume', 'last')).err).toContain(
      'warning: run ID was started on ops.example.com: if it has died, the hosts that it holds are free in two minutes\n',
    );
  });

  test('tells that a typed playbook was edited, whose roles nobody compares', async () => {
    const { root } = await made(['one']);
    const typed = join(root, 'site.ts');
    const text = `import { definePlaybook } from 'drover';\nexport default definePlaybook(${JSON.stringify([play()])});\n`;
    writeFileSync(typed, text);
    await drover(root, 'apply', typed, '-i', join(root, 'hosts.yml'));
    kill(journal(root), 1);
    const first = await drover(root, 'apply', '--resume', 'last');
    expect([first.code, first.err]).toEqual([0, expect.not.stringContaining('edited')]);
    rmSync(join(root, '.drover', 'runs', runs(root)[1] ?? ''), { recursive: true });
    writeFileSync(typed, `// edited\n${text}`);
    expect((await drover(root, 'apply', '--resume', 'last')).err).toContain(
      'warning: ROOT/site.ts was edited since; its plays, hosts and parameters are the same, roles in it may not be\n',
    );
  });

  test('leaves neither contents nor parameters in its journal', async () => {
    const { root, args } = await made(['one'], [play({ roles: [{ role: 'work', params: { ...on, text: 'correct horse' } }] })]);
    await drover(root, 'apply', ...args);
    expect(readFileSync(join(root, 'one.txt'), 'utf8')).toContain('correct horse');
    expect(readFileSync(journal(root), 'utf8')).not.toContain('correct horse');
    expect(lines(journal(root)).at(-1)).toMatchObject({ kind: 'end', exitCode: 0 });
  });
});

test('an apply whose journal cannot be written says that it cannot be resumed, and goes on', async () => {
  const { root, args } = await made(['one']);
  writeFileSync(join(root, '.drover'), 'a file in the way');
  const { code, err } = await drover(root, 'apply', ...args);
  expect(code).toBe(0);
  expect(err).toMatch(/^warning: the journal cannot be written, so this run cannot be resumed: /);
  expect(state(root)).toEqual(['done-one', 'one.txt']);
});
