import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import type { Report } from '../../src/report/report.ts';
import type { SavedPlan } from '../../src/saved-plan.ts';
import { drover, type Ended } from './ended.ts';
import { folder } from './folder.ts';
import { project } from './project.ts';
import { type TestIoOptions, testIo } from './test-io.ts';

/** Files by name with a text from beside the playbook, and a guarded command; what the files hold is decided where the role is asked for its steps. */
const KEEP = `import { command, defineRole, file, localFile, z } from 'drover';
export default defineRole({
  name: 'keep', description: 'd', platforms: 'any',
  params: z.strictObject({ root: z.string(), host: z.string(), text: z.string().default('hello') }),
  steps: ({ params: { root, host, text } }) => ({
    steps: [
      file({ path: root + '/' + host + '.txt', content: text + '\\n', mode: '0640', notify: 'reload' }),
      file({ path: root + '/' + host + '.conf', content: localFile('/', root + '/template') }),
    ],
    handlers: { reload: command({ name: 'reload', command: 'echo x >>' + root + '/' + host + '.log', always: true }) },
  }),
});
`;
/** Three lines and a file with something between them that fails where there is a file `broken`. */
const HALF = `import { command, defineRole, file, line, z } from 'drover';
export default defineRole({
  name: 'half', description: 'd', platforms: 'any', params: z.strictObject({ root: z.string(), host: z.string() }),
  steps: ({ params: { root, host } }) => ({
    steps: [
      line({ path: root + '/' + host + '.txt', line: 'second', notify: 'reload' }),
      command({ name: 'try', command: 'test ! -e ' + root + '/broken && touch ' + root + '/' + host + '.tried', creates: root + '/' + host + '.tried', affects: [] }),
      line({ path: root + '/' + host + '.txt', line: 'third', notify: 'reload' }),
      file({ path: root + '/' + host + '.conf', content: 'conf\\n' }),
    ],
    handlers: { reload: command({ name: 'reload', command: 'echo x >>' + root + '/' + host + '.log', always: true }) },
  }),
});
`;
const OUT = `import { defineRole, line, z } from 'drover';
export default defineRole({
  name: 'pool', description: 'd', platforms: 'any', params: z.strictObject({ path: z.string(), line: z.string(), state: z.enum(['present', 'absent']) }),
  steps: ({ params: { path, line: text, state } }) => ({ steps: [line({ path, line: text, state, create: true })] }),
});
`;
const params = { root: '{{ root }}', host: '{{ inventory_hostname }}' };
const around = (state: string): object => ({
  role: 'pool',
  on: 'localhost',
  params: { path: '{{ root }}/pool', line: '{{ inventory_hostname }}', state },
});
const ROLLING = { serial: 1, before: [around('absent')], after: [around('present')] };

interface Made {
  readonly root: string;
  readonly args: readonly string[];
}

async function made(
  hosts: readonly string[],
  more: { play?: object; params?: object; playbook?: string; role?: string } = {},
): Promise<Made> {
  const { root, args } = await project(hosts, {
    'roles/keep.ts': KEEP,
    'roles/pool.ts': OUT,
    'roles/half.ts': HALF,
    template: 'setting = 1\n',
  });
  const play = { name: 'keep', hosts: 'all', roles: [{ role: more.role ?? 'keep', params: { ...params, ...more.params } }], ...more.play };
  writeFileSync(join(root, 'site.yml'), JSON.stringify([play]));
  return { root, args };
}

const apply = (root: string, ...argv: readonly string[]): Promise<Ended> => drover(root, ['apply', 'site.plan', '--yes', ...argv]);
const save = (root: string, args: readonly string[], options?: TestIoOptions): Promise<Ended> =>
  drover(root, ['plan', ...args, '--out', 'site.plan'], options);
const saved = (root: string): SavedPlan => JSON.parse(readFileSync(join(root, 'site.plan'), 'utf8'));
const lastReport = (root: string): Report => {
  const runs = join(root, '.drover', 'runs');
  return JSON.parse(readFileSync(join(runs, readdirSync(runs).sort().at(-1) ?? '', 'report.json'), 'utf8'));
};
const outcomes = (root: string): Readonly<Record<string, string>> =>
  Object.fromEntries(lastReport(root).hosts.map(({ name, outcome }) => [name, outcome]));
const read = (root: string, name: string): string => readFileSync(join(root, name), 'utf8');

describe('a saved plan', () => {
  test('is shown again as it was shown, without contacting a host, also in full and as JSON', async () => {
    const { root, args } = await made(['one', 'two']);
    writeFileSync(join(root, 'one.txt'), 'old\n');
    for (const flags of [[], ['-v'], ['--json']]) {
      const { out, err, code } = await drover(root, ['plan', ...args, '--out', 'site.plan', ...flags]);
      expect([code, err]).toEqual([
        0,
        expect.stringMatching(/^plan saved in site\.plan: drover show shows it again, drover apply carries it out$/m),
      ]);
      const shown = await drover(root, ['show', 'site.plan', ...flags]);
      const made = shown.out.replace(/^made {4}\d{4}-\d\d-\d\dT[\d:.]+Z by \S+@\S+, drover [\d.]+, no known revision\n/m, '');
      expect(made).toBe(out.replace(/^report .*\n/m, ''));
      expect([shown.code, shown.err]).toEqual([0, '']);
    }
  });

  test('is carried out with the playbook, inventory, limit and tags that it was made with', async () => {
    const { root, args } = await made(['one', 'two', 'three'], { play: { tags: 'kept' } });
    await save(root, [...args, '--limit', '!two', '--tags', 'kept']);
    const { code, err, out } = await apply(root);
    expect([code, err.split('\n')[0]]).toEqual([0, expect.stringMatching(/^plan of 2\S+Z by \S+: 2 of 2 hosts$/)]);
    expect(out).toContain('limit !two, tags kept');
    expect(outcomes(root)).toEqual({ one: 'changed', three: 'changed' });
    expect([read(root, 'one.txt'), read(root, 'three.conf'), read(root, 'one.log'), existsSync(join(root, 'two.txt'))]).toEqual([
      'hello\n',
      'setting = 1\n',
      'x\n',
      false,
    ]);
  });

  test('whatever its file is called', async () => {
    const { root, args } = await made(['one']);
    await drover(root, ['plan', ...args, '--out', 'site-plan.yml']);
    expect((await drover(root, ['apply', 'site-plan.yml', '--yes'])).code).toBe(0);
    expect(read(root, 'one.txt')).toBe('hello\n');
  });

  test('asks as apply does, after showing the hosts as they are now', async () => {
    const { root, args } = await made(['one', 'two']);
    await save(root, args);
    writeFileSync(join(root, 'two.txt'), 'mine\n');
    const io = testIo({ cwd: root, terminal: true });
    const ended = main(['apply', 'site.plan'], io);
    await io.shows('Apply these changes to 1 host? [y/N]');
    io.type('n\n');
    expect(await ended).toBe(2);
    expect(io.out()).toContain('moved: the host is not what the plan was made on');
    expect(existsSync(join(root, 'one.txt'))).toBe(false);
    expect((await drover(root, ['apply', 'site.plan'])).code).toBe(5);
  });

  test.each([
    [
      'content',
      (path: string) => writeFileSync(path, 'somebody else\n'),
      /one\.txt: content was sha256 [0-9a-f]{12}, is sha256 [0-9a-f]{12}$/,
    ],
    ['mode', (path: string) => chmodSync(path, 0o604), /one\.txt: mode was 0644, is 0604$/],
    ['type', (path: string) => replaceByFolder(path), /one\.txt: type was file, is directory$/],
  ])('refuses the host whose file has another %s now, by name and field; the others go on', async (_, spoil, said) => {
    const { root, args } = await made(['one', 'two', 'three']);
    for (const host of ['one', 'two', 'three']) writeFileSync(join(root, `${host}.txt`), 'old\n', { mode: 0o644 });
    await save(root, args);
    spoil(join(root, 'one.txt'));
    const { code } = await apply(root);
    expect(code).toBe(2);
    expect(outcomes(root)).toEqual({ one: 'failed', two: 'changed', three: 'changed' });
    const [one] = lastReport(root).hosts;
    expect(one?.error).toMatchObject({ phase: 'moved', message: expect.stringMatching(said) });
    expect(one?.steps.map(({ progress }) => progress)).not.toContain('done');
    expect(existsSync(join(root, 'one.conf'))).toBe(false);
    expect(read(root, 'two.txt')).toBe('hello\n');
  });

  test('refuses a host on which something that was as wanted is not any more', async () => {
    const { root, args } = await made(['one', 'two']);
    for (const host of ['one', 'two']) writeFileSync(join(root, `${host}.conf`), 'setting = 1\n');
    await save(root, args);
    writeFileSync(join(root, 'one.conf'), 'setting = 2\n');
    await apply(root);
    expect(outcomes(root)).toEqual({ one: 'failed', two: 'changed' });
    expect(lastReport(root).hosts[0]?.error?.message).toMatch(/keep\/file\[.*one\.conf\] was as wanted, and now would change: content$/);
    expect(read(root, 'one.conf')).toBe('setting = 2\n');
  });

  test('carried out twice, it finds its hosts as planned', async () => {
    const { root, args } = await made(['one', 'two']);
    await save(root, args);
    expect((await apply(root)).code).toBe(0);
    const { code, err, out } = await apply(root);
    expect([code, err.split('\n')[1]]).toEqual([0, 'Nothing to change.']);
    expect(out).toContain('one, two: ok, nothing to change');
    expect(read(root, 'one.log')).toBe('x\n');
  });

  test('finishes hosts on which a run ended half way, and refuses the one where somebody was at what is left', async () => {
    const { root, args } = await made(['one', 'two'], { role: 'half' });
    for (const host of ['one', 'two']) writeFileSync(join(root, `${host}.txt`), 'first\n');
    writeFileSync(join(root, 'broken'), '');
    await save(root, args);
    expect((await apply(root)).code).toBe(2);
    expect([read(root, 'one.txt'), existsSync(join(root, 'one.conf'))]).toEqual(['first\nsecond\n', false]);

    rmSync(join(root, 'broken'));
    writeFileSync(join(root, 'two.conf'), 'mine\n');
    expect((await apply(root)).code).toBe(2);
    expect(outcomes(root)).toEqual({ one: 'changed', two: 'failed' });
    expect(lastReport(root).hosts[1]?.error?.message).toMatch(
      /^the host is not what the plan was made on: file \S*two\.conf: type was absent, is file$/,
    );
    expect([read(root, 'one.txt'), read(root, 'one.conf'), read(root, 'one.log')]).toEqual(['first\nsecond\nthird\n', 'conf\n', 'x\n']);
    expect([read(root, 'two.txt'), read(root, 'two.conf')]).toEqual(['first\nsecond\n', 'mine\n']);

    rmSync(join(root, 'two.conf'));
    writeFileSync(join(root, 'two.txt'), 'first\nsecond\nmine\n');
    expect((await apply(root)).code).toBe(2);
    expect(lastReport(root).hosts[1]?.error?.message).toMatch(/two\.txt: content was sha256/);
  });

  test('hosts on which nothing was to do are not asked again', async () => {
    const { root, args } = await made(['one', 'two']);
    await drover(root, ['apply', ...args, '--yes', '--limit', 'two']);
    await save(root, args);
    writeFileSync(join(root, 'two.txt'), 'moved since\n');
    expect((await apply(root)).code).toBe(0);
    expect(outcomes(root)).toEqual({ one: 'changed' });
    expect(read(root, 'two.txt')).toBe('moved since\n');
  });

  test('with nothing to do contacts no host', async () => {
    const { root, args } = await made(['one']);
    await drover(root, ['apply', ...args, '--yes']);
    await save(root, args);
    writeFileSync(join(root, 'one.txt'), 'moved since\n');
    const { code, err } = await apply(root);
    expect([code, err.split('\n')[1]]).toEqual([0, 'Nothing to change.']);
  });

  test('goes through a rollout batch by batch, and a host that has moved spends nothing of its failure budget', async () => {
    const { root, args } = await made(['one', 'two', 'three'], { play: ROLLING });
    writeFileSync(join(root, 'pool'), 'one\ntwo\nthree\n');
    await save(root, args);
    writeFileSync(join(root, 'one.txt'), 'mine\n');
    const { code } = await apply(root);
    expect([code, outcomes(root)]).toEqual([2, { one: 'failed', two: 'changed', three: 'changed' }]);
    const [rollout] = lastReport(root).rollouts;
    expect([rollout?.halted, rollout?.failed, rollout?.batches.map(({ hosts, state }) => [hosts, state])]).toEqual([
      null,
      [],
      [
        [['two'], 'done'],
        [['three'], 'done'],
      ],
    ]);
    expect(read(root, 'pool').split('\n').sort()).toEqual(['', 'one', 'three', 'two']);
  });

  test('where what is done on another host has moved, all hosts that need it are refused', async () => {
    const { root, args } = await made(['one', 'two'], { play: ROLLING });
    writeFileSync(join(root, 'pool'), 'one\ntwo\n');
    await save(root, args);
    writeFileSync(join(root, 'pool'), 'one\ntwo\nmore\n');
    expect((await apply(root)).code).toBe(2);
    expect(outcomes(root)).toEqual({ one: 'failed', two: 'failed' });
    expect(lastReport(root).hosts[0]?.error).toMatchObject({
      phase: 'moved',
      message: expect.stringMatching(/^before on localhost: .*\/pool: content was/),
    });
    expect(existsSync(join(root, 'one.txt'))).toBe(false);
  });
});

describe('a saved plan is refused before anything is contacted', () => {
  test.each([
    [
      'parameters',
      (root: string) => edit(root, 'site.yml', '"host":', '"text":"other","host":'),
      'play "keep": parameters of role keep differ on one and 1 more',
    ],
    ['a var that they are made of', (root: string) => edit(root, 'hosts.yml', '"root":', '"text":"x","root":'), null],
    [
      'the hosts',
      (root: string) => edit(root, 'hosts.yml', '"two":null', '"two":null,"three":null'),
      'the hosts of play "keep" differ: three is new',
    ],
    [
      'the rollout',
      (root: string) => edit(root, 'site.yml', '"hosts":"all"', '"hosts":"all","serial":1'),
      'play "keep": its rollout is new',
    ],
    [
      'what a role makes of them',
      (root: string) => writeFileSync(join(root, 'template'), 'setting = 9\n'),
      'keep/file[ROOT/one.conf] wants something else on one',
    ],
  ])('where it is another project: %s', async (_, change, said) => {
    const { root, args } = await made(['one', 'two']);
    await save(root, args);
    change(root);
    const { code, err } = await apply(root);
    expect(code).toBe(said === null ? 0 : 5);
    if (said !== null) expect(err).toContain(`since the plan: ${said}`);
    else expect(err).toContain('warning: vars differ from those that the plan was made with');
    expect(existsSync(join(root, 'one.txt'))).toBe(said === null);
  });

  test.each([
    [['-i', 'hosts.yml'], 'leave out --inventory'],
    [['--limit', 'one', '--tags', 'a'], 'leave out --limit and --tags'],
    [['--skip-tags', 'a'], 'leave out --skip-tags'],
  ])('with %j, which it has of its own', async (flags, hint) => {
    const { root, args } = await made(['one']);
    await save(root, args);
    const { code, err } = await apply(root, ...flags);
    expect([code, err]).toEqual([5, expect.stringContaining(hint)]);
  });

  test('made by another drover, or damaged', async () => {
    const { root, args } = await made(['one']);
    await save(root, args);
    const whole = read(root, 'site.plan');
    for (const [text, said] of [
      [whole.replace(/"drover":"[^"]+"/, '"drover":"0.0.1"'), /was made by drover 0\.0\.1, and this is/],
      [whole.slice(0, -100), /site\.plan is damaged: it does not end as it should/],
      [whole.replace('drover.plan/2', 'drover.plan/9'), /has the format "drover.plan\/9", which this drover does not know/],
      [whole.replace('"visited":{', '"seen":{'), /is damaged, or was made by another drover/],
    ] as const) {
      writeFileSync(join(root, 'site.plan'), text);
      const { code, err } = await apply(root);
      expect([code, err]).toEqual([5, expect.stringMatching(said)]);
    }
  });

  test('show takes saved plans only', async () => {
    const { root, args } = await made(['one']);
    expect(await drover(root, ['show', args[0] ?? ''])).toMatchObject({
      code: 5,
      err: expect.stringContaining('ROOT/site.yml is no saved plan'),
    });
    expect(await drover(root, ['show', 'missing'])).toMatchObject({ code: 5, err: expect.stringContaining('missing is not there') });
  });
});

describe('the file of a plan', () => {
  test('is for its owner alone, replaces an older plan, and nothing else', async () => {
    const { root, args } = await made(['one']);
    await save(root, args);
    expect(statSync(join(root, 'site.plan')).mode & 0o777).toBe(0o600);
    expect((await save(root, args)).code).toBe(0);
    expect(readdirSync(root).filter((name) => name.includes('plan'))).toEqual(['site.plan']);
    const refused = await drover(root, ['plan', ...args, '--out', 'template']);
    expect([refused.code, read(root, 'template')]).toEqual([5, 'setting = 1\n']);
    expect((await drover(root, ['plan', ...args, '--out', 'no/where.plan'])).err).toContain('--out: there is no folder for no/where.plan');
    const before = readdirSync(join(root, '.drover', 'runs')).length;
    const unwritable = await drover(root, ['plan', ...args, '--out', '/proc/site.plan']);
    expect([unwritable.code, unwritable.out, unwritable.err]).toEqual([
      5,
      '',
      expect.stringContaining('--out: /proc/site.plan cannot be written: '),
    ]);
    expect(readdirSync(join(root, '.drover', 'runs')).length).toBe(before);
  });

  test('holds no secret, neither as it is nor as a digest of a file that holds it', async () => {
    const canary = 'correct horse';
    const { root, args } = await made(['one'], { params: { text: canary } });
    const former = 'tr0ub4dor\n';
    writeFileSync(join(root, 'one.txt'), former, { mode: 0o640 });
    writeFileSync(join(root, 'one.conf'), `${canary}\n`);
    const env = (): TestIoOptions => ({ env: { DROVER_BECOME_PASSWORD: canary } });
    await save(root, args, env());
    const text = read(root, 'site.plan');
    const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');
    for (const hidden of [canary, Buffer.from(canary).toString('base64').slice(0, 16)]) expect(text).not.toContain(hidden);
    for (const content of [former, `${canary}\n`, canary]) expect(text).not.toContain(sha256(content).slice(0, 12));
    const contents = saved(root).hosts.one?.facts.flatMap(({ fields }) => fields.content ?? []);
    expect(contents).toEqual([expect.stringMatching(/^key /), expect.stringMatching(/^key /)]);
    const applied = async (): Promise<readonly unknown[]> => {
      const { code } = await drover(root, ['apply', 'site.plan', '--yes'], env());
      return [code, lastReport(root).hosts[0]?.error?.message.replace(/.*txt: /, '') ?? null];
    };
    writeFileSync(join(root, 'one.txt'), 'another\n');
    expect(await applied()).toEqual([2, 'content is another one, and holds a secret']);
    writeFileSync(join(root, 'one.txt'), former);
    const key = read(root, '.drover/key');
    rmSync(join(root, '.drover/key'));
    expect(await applied()).toEqual([2, expect.stringMatching(/can be compared only in the folder that the plan was made in/)]);
    writeFileSync(join(root, '.drover/key'), key);
    expect(await applied()).toEqual([0, null]);
    expect(read(root, 'one.txt')).toBe(`${canary}\n`);
  });

  test('of contents that a role marks as secret is carried out, and knows them again', async () => {
    const { root, args } = await project(['one'], {
      'roles/tokens.ts': `import { defineRole, file, ini, secret, z } from 'drover';
export default defineRole({
  name: 'tokens', description: 'd', platforms: 'any', params: z.strictObject({ root: z.string(), token: secret(), plain: z.string() }),
  steps: ({ params: { root, token, plain } }) => ({
    steps: [file({ path: root + '/token', content: token }), ini({ path: root + '/ini', key: 'token', value: token, create: true }),
      file({ path: root + '/plain', content: plain, secret: true })],
  }),
});
`,
    });
    const play = (plain: string): void => {
      const tokens = { role: 'tokens', params: { root: '{{ root }}', token: '{{ token }}', plain } };
      writeFileSync(join(root, 'site.yml'), JSON.stringify([{ hosts: 'all', roles: [tokens] }]));
    };
    play('one text');
    mkdirSync(join(root, 'group_vars'));
    writeFileSync(join(root, 'group_vars', 'all.yml'), 'token: !secret { env: TOKEN }\n');
    const env: TestIoOptions = { env: { TOKEN: 'correct horse' } };
    expect((await save(root, args, env)).code).toBe(0);
    for (const hidden of ['correct horse', 'one text']) {
      expect(read(root, 'site.plan')).not.toContain(hidden);
      expect(read(root, 'site.plan')).not.toContain(createHash('sha256').update(hidden).digest('hex').slice(0, 12));
    }
    const applied = (more: TestIoOptions): Promise<Ended> => drover(root, ['apply', 'site.plan', '--yes'], more);
    const other = await applied({ env: { TOKEN: 'battery staple' } });
    expect([other.code, other.err]).toEqual([5, expect.stringContaining('tokens/file[ROOT/token] wants another secret on one')]);
    expect(existsSync(join(root, 'token'))).toBe(false);
    const { code, err } = await applied(env);
    expect([code, err]).toEqual([0, expect.stringContaining('1 of 1 host')]);
    expect([read(root, 'token'), read(root, 'ini'), read(root, 'plain')]).toEqual(['correct horse', 'token=correct horse\n', 'one text']);
  });

  test('of an interrupted plan is not written', async () => {
    const slow =
      "import { command, defineRole, z } from 'drover';\nexport default defineRole({ name: 'slow', description: 'd', platforms: 'any', params: z.strictObject({}), steps: () => ({ steps: [command({ command: 'true', unless: 'sleep 5; false' })] }) });\n";
    const root = await folder({
      'roles/slow.ts': slow,
      'site.yml': '[{"name":"x","hosts":"all","roles":["slow"]}]',
      hosts: 'one ansible_connection=local\n',
    });
    const io = testIo({ cwd: root });
    const ended = main(['plan', join(root, 'site.yml'), '-i', join(root, 'hosts'), '--out', 'site.plan'], io);
    setTimeout(() => io.signal('SIGINT'), 1000);
    expect(await ended).toBe(130);
    expect(io.err()).toContain('the plan is not saved: the run was interrupted');
    expect(existsSync(join(root, 'site.plan'))).toBe(false);
  });
});

function replaceByFolder(path: string): void {
  rmSync(path);
  mkdirSync(path);
}

function edit(root: string, name: string, from: string, to: string): void {
  const text = read(root, name);
  expect(text).toContain(from);
  writeFileSync(join(root, name), text.replace(from, to));
}
