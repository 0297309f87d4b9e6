import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import { loadProject, startRun } from '../../src/engine.ts';
import type { Report } from '../../src/report/report.ts';
import { drover, type Ended } from './ended.ts';
import { project } from './project.ts';
import { type TestIoOptions, testIo } from './test-io.ts';

/** Files in every way, several steps on one of them, and what cannot be undone. */
const KEEP = `import { absent, command, defineRole, directory, file, line, link, z } from 'drover';
export default defineRole({
  name: 'keep', description: 'd', platforms: 'any',
  params: z.strictObject({ at: z.string(), text: z.string().default('new') }),
  steps: ({ params: { at, text } }) => ({
    steps: [
      directory({ path: at + '/made/deep', parents: true, mode: '0750' }),
      file({ path: at + '/made/deep/file', content: text + '\\n' }),
      file({ path: at + '/conf', mode: '0640' }),
      line({ path: at + '/conf', line: text, notify: 'reload' }),
      line({ path: at + '/conf', line: 'one' }),
      absent({ path: at + '/gone' }),
      absent({ path: at + '/empty' }),
      link({ path: at + '/link', target: 'conf', force: true }),
      command({ command: ['touch', at + '/touched'], creates: at + '/touched', affects: [], name: 'touch' }),
      line({ path: at + '/conf', line: 'two' }),
    ],
    handlers: { reload: command({ name: 'reload', command: 'cat ' + at + '/conf >' + at + '/seen', always: true }) },
  }),
});
`;
const POOL = `import { command, defineRole, line, z } from 'drover';
export default defineRole({
  name: 'pool', description: 'd', platforms: 'any', params: z.strictObject({ path: z.string(), line: z.string(), state: z.enum(['present', 'absent']) }),
  steps: ({ params: { path, line: text, state } }) => ({ steps: [line({ path, line: text, state, create: true })] }),
});
`;

interface Made {
  readonly root: string;
  readonly args: readonly string[];
}

/** A project whose hosts have a folder each, with things in it. */
async function made(hosts: readonly string[], play: object = {}): Promise<Made> {
  const { root, args } = await project(hosts, { 'roles/keep.ts': KEEP, 'roles/pool.ts': POOL });
  const roles = [{ role: 'keep', params: { at: '{{ root }}/{{ inventory_hostname }}' } }];
  writeFileSync(join(root, 'site.yml'), JSON.stringify([{ name: 'keep', hosts: 'all', roles, ...play }]));
  for (const host of hosts) {
    mkdirSync(join(root, host));
    writeFileSync(join(root, host, 'conf'), 'old\n', { mode: 0o604 });
    writeFileSync(join(root, host, 'gone'), Buffer.from([0, 255, 10]), { mode: 0o400 });
    symlinkSync('nowhere', join(root, host, 'link'));
    mkdirSync(join(root, host, 'empty'), { mode: 0o710 });
  }
  return { root, args };
}

const apply = (root: string, args: readonly string[], options?: TestIoOptions): Promise<Ended> =>
  drover(root, ['apply', ...args, '--yes'], options);
const undo = (root: string, ...argv: readonly string[]): Promise<Ended> =>
  drover(root, ['undo', ...(argv.length === 0 || argv[0]?.startsWith('-') ? ['last'] : []), ...argv, '--yes']);
const runs = (root: string): readonly string[] => readdirSync(join(root, '.drover', 'runs')).sort();
const inRun = (root: string, name: string, run = runs(root).at(-1) ?? ''): string => join(root, '.drover', 'runs', run, name);
const report = (root: string): Report => JSON.parse(readFileSync(inRun(root, 'report.json'), 'utf8'));
const changed = (root: string): readonly string[] =>
  report(root).hosts.flatMap(({ steps }) =>
    steps.filter(({ outcome }) => outcome === 'changed').map(({ id }) => id.replaceAll(root, 'ROOT')),
  );

/** All that is in a host's folder but what a command and a handler have left, as the file system tells it. */
function tree(root: string, host: string): Readonly<Record<string, string>> {
  const names = readdirSync(join(root, host), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name !== 'touched' && name !== 'seen',
  );
  return Object.fromEntries(
    names.sort().map((name) => {
      const path = join(root, host, name);
      const stat = lstatSync(path);
      const content = stat.isFile() ? readFileSync(path).toString('base64') : '';
      return [name, `${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${content}`];
    }),
  );
}

/** Makes of a run's journal that of a process that is gone. */
function kill(root: string): void {
  const path = inRun(root, 'journal.jsonl');
  const [header, ...events] = readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line): object & { kind?: string } => JSON.parse(line));
  const dead = { ...header, by: { pid: 2 ** 22 + 1, machine: hostname(), born: 'long ago' } };
  writeFileSync(path, [dead, ...events.filter(({ kind }) => kind !== 'end')].map((line) => `${JSON.stringify(line)}\n`).join(''));
}

describe('an undo', () => {
  test('puts back what a run changed, says beforehand what cannot be, and is a run with a report of its own', async () => {
    const { root, args } = await made(['one']);
    const before = tree(root, 'one');
    await apply(root, args);
    expect(tree(root, 'one')).not.toEqual(before);
    const { code, err, out } = await undo(root);
    expect(code).toBe(0);
    expect(err).toMatch(/^undoing run ID: apply of ROOT\/site\.yml at \S+ by \S+, on 1 host\n/);
    expect(tree(root, 'one')).toEqual(before);
    expect(out).toContain('undo of run ID on 1 host');
    expect(out).toContain('- undo keep/command[touch]  skipped\n      cannot be undone: a command\n');
    expect(report(root).run).toMatchObject({ mode: 'apply', undoes: runs(root)[0], argv: ['undo', 'last', '--yes'] });
    for (const [format, title] of [
      ['html', '<h1>undo of run <code>ID</code></h1>'],
      ['markdown', '## drover `undo of run ID`'],
      ['junit', '<testsuites name="drover undo of run ID"'],
    ] as const)
      expect((await drover(root, ['report', 'last', '--format', format])).out).toContain(title);
    expect((await drover(root, ['history'])).out.split('\n')[1]).toMatch(/^\S+ \S+ +undo /);
    expect((await drover(root, ['history', '--host', 'one'])).out).toMatch(/^\S+ \S+ UTC {2}undo of run ID by \S+: changed\n/);
    // The file that three steps had changed is put back once; then its handler runs.
    expect(changed(root)).toEqual([
      'undo keep/link[ROOT/one/link]',
      'undo keep/absent[ROOT/one/empty]',
      'undo keep/absent[ROOT/one/gone]',
      'undo keep/file[ROOT/one/conf]',
      'undo keep/file[ROOT/one/made/deep/file]',
      'undo keep/directory[ROOT/one/made/deep]',
      'undo keep/handler[reload]',
    ]);
    expect(readFileSync(join(root, 'one', 'seen'), 'utf8')).toBe('old\n');
  });

  test('shows its plan and asks', async () => {
    const { root, args } = await made(['one']);
    await apply(root, args);
    const after = tree(root, 'one');
    const io = testIo({ cwd: root, terminal: true });
    const ended = main(['undo', 'last'], io);
    await io.shows('Apply these changes to 1 host? [y/N]');
    expect(io.out()).toMatch(/plan to undo run \S+ on 1 host/);
    io.type('n\n');
    expect([await ended, tree(root, 'one')]).toEqual([0, after]);
    const [applied = ''] = runs(root);
    const declined = await drover(root, ['undo', 'last', '--yes']);
    expect([declined.code, declined.err]).toEqual([
      0,
      'run ID changed nothing that was kept: nothing to undo\nthe last run that did is ID: drover undo ID\n',
    ]);
    expect((await drover(root, ['undo', applied, '--yes'])).code).toBe(0);
    expect(await drover(root, ['undo', 'last'])).toMatchObject({
      code: 5,
      err: expect.stringContaining('add --yes to undo without a question'),
    });
  });

  test('done twice has nothing to do, and undone itself brings the run back', async () => {
    const { root, args } = await made(['one']);
    const before = tree(root, 'one');
    await apply(root, args);
    const after = tree(root, 'one');
    await undo(root);
    const again = await drover(root, ['undo', runs(root)[0] ?? '', '--yes']);
    expect([again.code, again.err]).toEqual([0, expect.stringContaining('Nothing to change.')]);
    expect(changed(root)).toEqual([]);
    const back = await drover(root, ['undo', runs(root)[1] ?? '', '--yes']);
    expect([back.code, back.err]).toEqual([0, expect.stringMatching(/^undoing run ID: undo of run ID at/)]);
    expect(tree(root, 'one')).toEqual(after);
    expect(readFileSync(join(root, 'one', 'seen'), 'utf8')).toBe('old\nnew\none\ntwo\n');
    await undo(root);
    expect(tree(root, 'one')).toEqual(before);
  });

  test('of some hosts leaves the others alone', async () => {
    const { root, args } = await made(['one', 'two', 'three']);
    const before = tree(root, 'two');
    await apply(root, args);
    const after = tree(root, 'one');
    expect((await undo(root, '--host', 'two')).code).toBe(0);
    expect([tree(root, 'two'), tree(root, 'one'), tree(root, 'three')]).toEqual([before, after, after]);
    expect(report(root).hosts.map(({ name }) => name)).toEqual(['two']);
    expect(await drover(root, ['undo', runs(root)[0] ?? '', '--host', 'too', '--yes'])).toMatchObject({
      code: 5,
      err: expect.stringMatching(/changed nothing on host "too"\n {2}hint: did you mean "two"/),
    });
  });

  test('leaves what somebody has changed since, says so, and puts it back with --overwrite', async () => {
    const { root, args } = await made(['one']);
    const before = tree(root, 'one');
    await apply(root, args);
    writeFileSync(join(root, 'one', 'conf'), 'mine\n');
    chmodSync(join(root, 'one', 'made', 'deep', 'file'), 0o600);
    const { code, out, err } = await undo(root);
    expect(code).toBe(0);
    expect(err).toContain('What somebody has changed since the run is left alone in 2 steps; --overwrite puts it back as well.\n');
    const told = out.replace(/\s+/g, ' ');
    expect(told).toContain('undo keep/file[ROOT/one/conf] skipped cannot be undone: ROOT/one/conf was changed since the run: content');
    expect(told).toContain('made/deep/file was changed since the run: mode is 0600');
    expect(told).toContain('is not empty (file)');
    expect(readFileSync(join(root, 'one', 'conf'), 'utf8')).toBe('mine\n');
    expect(lstatSync(join(root, 'one', 'gone')).size).toBe(3);
    expect((await drover(root, ['undo', runs(root)[0] ?? '', '--overwrite', '--yes'])).code).toBe(0);
    expect(tree(root, 'one')).toEqual(before);
  });

  test('goes through a rollout as the run did: hosts are taken out and put back', async () => {
    const around = (state: string): object => ({
      role: 'pool',
      on: 'localhost',
      params: { path: '{{ root }}/pool', line: '{{ inventory_hostname }}', state },
    });
    const { root, args } = await made(['one', 'two'], { serial: 1, before: [around('absent')], after: [around('present')] });
    writeFileSync(join(root, 'pool'), 'one\ntwo\n');
    const before = [tree(root, 'one'), tree(root, 'two')];
    expect((await apply(root, args)).code).toBe(0);
    const { code, out } = await undo(root);
    expect([code, out]).toEqual([0, expect.stringContaining('2 of 2 batches done')]);
    expect([tree(root, 'one'), tree(root, 'two')]).toEqual(before);
    expect(report(root).rollouts[0]?.batches.map(({ hosts, state }) => [hosts, state])).toEqual([
      [['one'], 'done'],
      [['two'], 'done'],
    ]);
    const worked = report(root).hosts.filter(({ name }) => name !== 'localhost');
    const parts = worked.map(({ steps }) => [...new Set(steps.map(({ part, on }) => `${part} ${on}`))]);
    expect(parts).toEqual([
      ['before localhost', 'roles null', 'after localhost'],
      ['before localhost', 'roles null', 'after localhost'],
    ]);
  });

  test('needs neither the playbook nor its roles, but says which handlers nobody knows any more', async () => {
    const { root, args } = await made(['one']);
    const before = tree(root, 'one');
    await apply(root, args);
    rmSync(join(root, 'site.yml'));
    rmSync(join(root, 'roles'), { recursive: true });
    const { code, err } = await undo(root);
    expect([code, tree(root, 'one')]).toEqual([0, before]);
    expect(err).toMatch(/warning: ROOT\/site\.yml cannot be loaded as it was: .*; handlers are not known/);
    expect(err).toContain('warning: handler keep/reload, which the run notified, is not known any more: see to it yourself');
  });

  test('of a run that changed nothing has nothing to do; of a plan, of none, or of one that goes on it is refused', async () => {
    const { root, args } = await made(['one']);
    expect(await undo(root)).toMatchObject({ code: 5 });
    await drover(root, ['plan', ...args]);
    expect(await undo(root, runs(root)[0] ?? '')).toMatchObject({
      code: 5,
      err: expect.stringContaining('was a plan: it changed nothing'),
    });
    await apply(root, args);
    const first = runs(root)[1] ?? '';
    await apply(root, args);
    expect(await undo(root)).toMatchObject({
      code: 0,
      err: 'run ID changed nothing that was kept: nothing to undo\nthe last run that did is ID: drover undo ID\n',
    });
    const path = inRun(root, 'journal.jsonl', first);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^.*"kind":"end".*\n/m, ''));
    expect(await undo(root, first)).toMatchObject({ code: 5, err: expect.stringContaining('is still going on') });
  });

  test('is not gone on with as if it were an apply', async () => {
    const { root, args } = await made(['one']);
    await apply(root, args);
    await undo(root);
    expect(await drover(root, ['apply', '--resume', 'last', '--yes'])).toMatchObject({
      code: 5,
      err: expect.stringContaining('undid another one'),
    });
  });
});

describe('what an undo goes by', () => {
  test('is for its owner alone, and is there only where something is changed', async () => {
    const { root, args } = await made(['one']);
    await apply(root, args);
    expect(statSync(inRun(root, 'undo.jsonl')).mode & 0o777).toBe(0o600);
    expect(statSync(inRun(root, '')).mode & 0o777).toBe(0o700);
    await apply(root, args);
    expect(existsSync(inRun(root, 'undo.jsonl'))).toBe(false);
  });

  test('holds no secret, nor what stands in place of one: of such a file owner and mode are put back, and the rest is said', async () => {
    const { root, args } = await made(['one']);
    const secret = 'correct horse';
    const params = { at: '{{ root }}/one', text: secret };
    writeFileSync(join(root, 'site.yml'), JSON.stringify([{ name: 'keep', hosts: 'all', roles: [{ role: 'keep', params }] }]));
    writeFileSync(join(root, 'one', 'conf'), 'tr0ub4dor\n', { mode: 0o604 });
    await apply(root, args, { env: { DROVER_BECOME_PASSWORD: secret } });
    const log = readFileSync(inRun(root, 'undo.jsonl'), 'utf8');
    for (const text of [secret, 'tr0ub4dor'])
      for (const form of [text, Buffer.from(text).toString('base64').slice(0, -4)]) expect(log).not.toContain(form);
    const { code, out } = await undo(root);
    expect(code).toBe(0);
    expect(out.replace(/\s+/g, ' ')).toContain(
      'not put back: absent → "the content of ROOT/one/conf: it holds a secret, which is not kept"',
    );
    expect(statSync(join(root, 'one', 'conf')).mode & 0o777).toBe(0o604);
    expect(readFileSync(join(root, 'one', 'conf'), 'utf8')).toContain(secret);
    // What was new is gone, whatever it held.
    expect(existsSync(join(root, 'one', 'made'))).toBe(false);
  });

  test('holds no content that is marked as a secret, nor the one before it; neither is shown', async () => {
    const { root, args } = await made(['one']);
    const role = KEEP.replace(
      "file({ path: at + '/made/deep/file', content: text + '\\n' }),",
      (step) =>
        `${step.replace(' }),', ', secret: true }),')}\n${step.replace('made/deep/file', 'conf').replace(' }),', ', secret: true }),')}`,
    );
    expect(role.match(/secret: true/g)).toHaveLength(2);
    writeFileSync(join(root, 'roles', 'hidden.ts'), role.replace("name: 'keep'", "name: 'hidden'"));
    const params = { at: '{{ root }}/one', text: 'correct horse' };
    writeFileSync(join(root, 'site.yml'), JSON.stringify([{ name: 'keep', hosts: 'all', roles: [{ role: 'hidden', params }] }]));
    writeFileSync(join(root, 'one', 'conf'), 'tr0ub4dor\n');
    expect((await apply(root, args)).code).toBe(0);
    const log = readFileSync(inRun(root, 'undo.jsonl'), 'utf8');
    for (const text of ['correct horse\n', 'tr0ub4dor\n']) expect(log).not.toContain(Buffer.from(text).toString('base64').slice(0, 10));
    const { code, out } = await undo(root);
    expect([code, existsSync(join(root, 'one', 'made'))]).toEqual([0, false]);
    expect(out).not.toMatch(/[+-](?:correct|tr0ub)/);
  });

  test('lets a run be undone that was killed at any moment', async () => {
    const { root, args } = await made(['one', 'two']);
    const [playbook = '', , inventory = ''] = args;
    const before = [tree(root, 'one'), tree(root, 'two')];
    const operator = { cwd: root, home: root, username: 'operator', agentSocket: null, hostKeyPolicy: null, becomePassword: null };
    const loaded = await loadProject({ ...operator, playbook, inventory: [inventory], limit: null, tags: [], skipTags: [] });
    if (loaded.value === null) throw new Error(JSON.stringify(loaded.problems));
    const base = mkdtempSync(join(tmpdir(), 'drover-undo-'));
    onTestFinished(() => rmSync(base, { recursive: true, force: true }));
    const taken: string[] = [];
    const run = await startRun(loaded.value, {
      mode: 'apply',
      argv: [],
      forks: 2,
      warn: (sentence) => expect.fail(sentence),
      stop: { soft: new AbortController().signal, hard: new AbortController().signal },
      emit: ({ kind }) => {
        if (kind !== 'changing' && kind !== 'step-started' && kind !== 'step-finished') return;
        taken.push(join(base, `${taken.length} ${kind}`));
        // Files that are being written are finished, or gone, when their action has ended: a host carries it to its end.
        // A copy from under which something vanished was of no one moment, and is made again.
        const copy =
          'n=0; until cp -a -- "$1" "$2" 2>/dev/null; do rm -rf "$2"; [ $((n += 1)) -lt 50 ] || exit 1; done; find "$2" -depth -name ".drover-*-*" -exec rm -rf {} +';
        spawnSync('sh', ['-c', copy, 'sh', root, taken.at(-1) ?? '']);
      },
    });
    expect((await run.apply()).exitCode).toBe(0);
    expect(taken.length).toBeGreaterThan(20);
    for (const snapshot of taken) {
      for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
      cpSync(snapshot, root, { recursive: true, verbatimSymlinks: true });
      kill(root);
      const { code, out, err } = await undo(root);
      expect([tree(root, 'one'), tree(root, 'two')], `${snapshot}\n${out}${err}`).toEqual(before);
      expect(code, `${snapshot}\n${out}${err}`).toBe(0);
    }
  }, 120_000);
});
