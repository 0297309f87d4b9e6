import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, onTestFinished, test } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import { canariesIn } from '../secrets/finder.ts';
import { folder } from './folder.ts';
import { project } from './project.ts';
import { type TestIoOptions, testIo } from './test-io.ts';

/** Letters alone, so that no encoding but one that was meant leaves them as they are. */
const canary = (): string => [...randomBytes(24)].map((byte) => 'ghijklmnopqrstuvwxyz'[byte % 20]).join('');

const CANARIES = {
  literal: canary(),
  block: canary(),
  env: canary(),
  file: canary(),
  command: canary(),
  age: canary(),
  entry: canary(),
  play: canary(),
  param: canary(),
  typed: canary(),
  password: canary(),
  former: canary(),
  unknown: canary(),
};
type Name = keyof typeof CANARIES;

/** What encodings change: quotes, markup, white space, letters beyond ASCII. */
const value = (name: Name): string => `p"4'${CANARIES[name]}/ &<$x> é%`;

/** Every step that takes text gets secrets, and commands say them in all ways that one can think of. */
const LEAKY = `import { absent, block, command, defineRole, directory, file, ini, line, link, secret, verify, z } from 'drover';
const ways = (text) => {
  const bytes = Buffer.from(text);
  return [text, JSON.stringify({ text }), JSON.stringify(JSON.stringify(text)), encodeURIComponent(text), new URLSearchParams({ text }).toString(),
    bytes.toString('base64'), Buffer.from('user:' + text).toString('base64'), bytes.toString('base64url'), bytes.toString('hex'), bytes.toString('hex').toUpperCase(),
    text.replace(/(.{9})/gs, '$1\\n'), bytes.toString('base64').replace(/(.{20})/g, '$1\\n'), bytes.toString('hex').replace(/(.{16})/g, '$1\\n'),
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')];
};
export default defineRole({
  name: 'leaky-canary', description: 'Leaks', platforms: 'any',
  params: z.strictObject({ how: z.string(), root: z.string(), texts: z.record(z.string(), z.string()), typed: secret().describe('A token'),
    fallback: secret().prefault('${CANARIES.unknown}'), deep: z.array(z.object({ token: secret() })) }),
  steps: ({ params: { how, root, texts, typed, deep }, host }) => {
    const all = [...Object.values(texts), typed.reveal(), ...deep.map(({ token }) => token.reveal())];
    const at = (name) => root + '/' + host.name + '/' + name;
    const said = all.flatMap(ways);
    if (how === 'throws') throw new Error('with ' + said.join(' '));
    if (how === 'refuses') return { refused: 'because of ' + said.join('\\n') };
    const print = ['sh', '-c', 'printf "%s\\\\n" "$@"; printf "%s\\\\n" "$@" >&2; exit 7', 'sh', ...said];
    if (how === 'fails') return { steps: [
      directory({ path: at('x'), parents: true, notify: 'after' }), command({ name: 'fail', command: print, creates: at('never') }) ],
      handlers: { after: command({ command: print, always: true }) } };
    if (how === 'fails-by-name') return { steps: [command({ command: print, creates: at('never') })] };
    if (how === 'validates') return { steps: [directory({ path: at('v'), parents: true }),
      file({ path: at('v/a'), content: typed, validate: ['sh', '-c', 'cat "$1"; base64 "$1"; exit 1', 'sh', '%s'] })] };
    if (how === 'breaks') return { steps: [file({ path: 'relative/' + all[0], content: '' })] };
    if (how === 'verifies') return { steps: [verify({ name: 'looks', command: print })] };
    return { steps: [
      directory({ path: at('made-' + Buffer.from(all[0]).toString('hex')), parents: true, notify: 'told' }),
      file({ path: at('a.conf'), content: all.join('\\n') + '\\n' + said.join('\\n') + '\\n', notify: 'told' }),
      file({ path: at('token'), content: typed, mode: '0600' }),
      file({ path: at('whole'), content: 'nobody knows ' + ${JSON.stringify(CANARIES.unknown)}, secret: true }),
      ini({ path: at('a.ini'), key: 'token', value: typed, create: true }),
      ini({ path: at('old.ini'), key: 'token', value: typed, create: true }),
      block({ path: at('a.block'), name: 'tokens', block: deep[0].token, create: true }),
      line({ path: at('a.lines'), line: 'token = ' + all[0], create: true }),
      link({ path: at('a.link'), target: '/nowhere/' + Buffer.from(all[1]).toString('base64url') }),
      absent({ path: at('gone-' + Buffer.from(all[0]).toString('hex')) }),
      command({ name: 'noted', command: print.slice(0, 2).concat('printf "%s\\\\n" "$@"', 'sh', ...said), readOnly: true }),
      command({ command: ['sh', '-c', ': >"$1"', all[0], at('done')], creates: at('done'), affects: [] }),
    ], handlers: { told: command({ command: ['sh', '-c', 'printf "%s\\\\n" "$@"', 'sh', ...said], always: true }) } };
  },
});
`;

const SOURCES = `literal: !secret ${JSON.stringify(value('literal'))}
block: !secret |
  -----BEGIN-----
  ${CANARIES.block}
  -----END-----
from_env: !secret { env: CANARY_ENV }
from_file: !secret { file: canary.txt }
from_command: !secret { command: "cat given/command; cat given/command >&2" }
from_age: !secret { age: canary.age }
from_entry: !secret { age: entries.age, key: token }
unused: !secret { env: NO_SUCH_VARIABLE }
ansible_become_password: !secret { env: CANARY_PASSWORD }
how: "{{ inventory_hostname }}"
`;

const PLAYBOOK = `- name: leaks
  hosts: all
  vars:
    of_play: !secret ${JSON.stringify(value('play'))}
  roles:
    - role: leaky-canary
      params:
        how: '{{ how }}'
        root: '{{ root }}'
        texts:
          literal: 'a {{ literal }} b'
          block: '{{ block }}'
          env: '{{ from_env }}'
          file: '{{ from_file }}'
          command: '{{ from_command }}'
          age: 'x{{ from_age }}'
          entry: '{{ from_entry }}'
          play: '{{ of_play }}'
          param: !secret ${JSON.stringify(value('param'))}
        typed: !secret { file: given/typed }
        deep: [{ token: '{{ literal }}' }]
`;

const HOSTS = ['good', 'throws', 'refuses', 'fails', 'fails-by-name', 'validates', 'breaks', 'verifies'];

/** All that was shown or written, by the name of the sink. */
const sinks = new Map<string, string>();
let root: string;
let args: readonly string[];

async function drover(name: string, argv: readonly string[], options: TestIoOptions = {}): Promise<number> {
  const env = { CANARY_ENV: value('env'), CANARY_PASSWORD: value('password'), DROVER_AGE_IDENTITY: join(root, 'given', 'identity') };
  const io = testIo({ cwd: root, ...options, env: { ...env, ...options.env } });
  const code = await main(argv, io);
  sinks.set(`${name}: stdout`, io.out());
  sinks.set(`${name}: stderr`, io.err());
  return code;
}

/** Names of files count, too. */
function addFiles(path: string, sink: string): void {
  for (const entry of readdirSync(path)) {
    const file = join(path, entry);
    const stats = lstatSync(file);
    if (stats.isDirectory()) addFiles(file, sink);
    else sinks.set(`${sink}: ${file}`, `${entry}\n${stats.isSymbolicLink() ? readlinkSync(file) : readFileSync(file, 'utf8')}`);
  }
}

async function givenSecrets(): Promise<void> {
  const identity = await generateX25519Identity();
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  mkdirSync(join(root, 'given'));
  mkdirSync(join(root, 'group_vars'));
  mkdirSync(join(root, 'written'));
  const files = {
    'given/identity': identity,
    'given/literal': value('literal'),
    'given/command': `${value('command')}\n`,
    'given/typed': `${value('typed')}\n`,
    'group_vars/canary.txt': `${value('file')}\n`,
    'group_vars/all.yml': SOURCES,
    'site.yml': PLAYBOOK,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  writeFileSync(join(root, 'group_vars/canary.age'), await encrypter.encrypt(value('age')));
  writeFileSync(join(root, 'group_vars/entries.age'), await encrypter.encrypt(JSON.stringify({ token: value('entry') })));
}

/** What was there before is a secret nobody marked; only that it was replaced by one says so. */
function formerFiles(): void {
  mkdirSync(join(root, 'good'));
  for (const name of ['a.conf', 'token', 'whole']) writeFileSync(join(root, 'good', name), `before ${CANARIES.former}\n`);
  writeFileSync(join(root, 'good', 'old.ini'), `token=${CANARIES.former}\n`);
}

const FORMATS = ['html', 'markdown', 'junit', 'text', 'json'];

/** How a run is shown and written. A new way is one line here. */
const RUNS: readonly (readonly [name: string, argv: readonly string[]])[] = [
  ['plan', ['plan', '-v']],
  ['plan in full', ['plan', '-vv']],
  ['check', ['check', '--json']],
  ['plan to a file', ['plan', '--out', 'site.plan']],
  ['apply', ['apply', '--yes', '-v', ...FORMATS.flatMap((format) => ['--report', `${format}=written/apply.${format}`])]],
];
/** What reads what was written. */
const READERS: readonly (readonly [name: string, argv: readonly string[]])[] = [
  ['show', ['show', 'site.plan']],
  ...FORMATS.map((format) => [`report as ${format}`, ['report', 'last', '--format', format]] as const),
  ['history', ['history']],
  ['history of a host', ['history', '--host', 'good', '-v']],
  ['history as JSON', ['history', '--json']],
];

/** The id of the first run in a mode. */
function runOf(mode: string): string {
  const runs = join(root, '.drover', 'runs');
  const isIn = (run: string): boolean => JSON.parse(readFileSync(join(runs, run, 'report.json'), 'utf8')).run.mode === mode;
  return readdirSync(runs).sort().find(isIn) ?? `no ${mode}`;
}

const NOTICES = '/var/lib/drover/notified';

function notices(): readonly string[] {
  return existsSync(NOTICES) ? readdirSync(NOTICES).filter((name) => name.includes('leaky-canary')) : [];
}

/** Runs everything that shows or writes something. */
async function gather(): Promise<void> {
  const made = await project(HOSTS, { 'roles/leaky-canary.ts': LEAKY });
  ({ root, args } = made);
  await givenSecrets();
  formerFiles();
  // A run of this test that was killed leaves its own behind.
  for (const name of notices()) rmSync(join(NOTICES, name));
  for (const [name, [command = '', ...flags]] of RUNS) await drover(name, [command, ...args, ...flags]);
  for (const [name, argv] of READERS) await drover(name, argv);
  await drover('second apply, with a stack', ['apply', ...args, '--yes', '--json', '-l', 'good'], { env: { DROVER_DEBUG: '1' } });
  await drover('resumed', ['apply', '--resume', 'last', '--yes']);
  for (const host of HOSTS) await drover(`explain ${host}`, ['explain', host, 'leaky', '--playbook', ...args]);
  const inventory = args.slice(1);
  await drover('inventory', ['inventory', ...inventory, '--list']);
  await drover('inventory of a host', ['inventory', ...inventory, '--host', 'good']);
  await drover('inventory explained', ['inventory', ...inventory, '--explain', 'good']);
  await drover('roles', ['roles', 'leaky-canary']);
  await drover('schema', ['schema']);
  await drover('a command', ['run', 'good', ...inventory, '--', `cat ${root}/given/literal >&2; base64 ${root}/given/literal; exit 3`]);
  const [first, applied] = [runOf('plan'), runOf('apply')];
  await drover('difference', ['report', 'diff', first, applied]);
  await drover('difference as JSON', ['report', 'diff', first, applied, '--json']);
  await drover('undo', ['undo', applied, '--yes', '-vv', ...FORMATS.flatMap((format) => ['--report', `${format}=written/undo.${format}`])]);
  await drover('undo of the undo', ['undo', 'last', '--yes', '--json']);
  addFiles(join(root, '.drover'), 'folder');
  addFiles(join(root, 'written'), 'written');
  sinks.set('saved plan', readFileSync(join(root, 'site.plan'), 'utf8'));
  for (const name of notices()) {
    sinks.set(`on the host: ${name}`, readFileSync(join(NOTICES, name), 'utf8'));
    rmSync(join(NOTICES, name));
  }
}

describe('canary secrets through every kind of step, template, var and failure', () => {
  test('are in nothing that was shown or written, in no encoding', async () => {
    await gather();
    const report = [...sinks].filter(([name]) => name.endsWith('report.json')).map(([, text]) => JSON.parse(text.slice(text.indexOf('{'))));
    const applied = report.find(({ run }) => run.mode === 'apply');
    const failed = 'failed';
    expect(applied.hosts.map(({ name, outcome }: { name: string; outcome: string }) => [name, outcome])).toEqual(
      HOSTS.map((name) => [name, name === 'good' ? 'changed' : failed]),
    );
    expect(
      applied.hosts[0].steps.map(({ outcome }: { outcome: string }) => outcome).filter((each: string) => each === 'changed').length,
    ).toBeGreaterThan(8);
    expect(readFileSync(join(root, 'good', 'token'), 'utf8')).toBe(value('typed'));
    expect(readFileSync(join(root, 'good', 'a.conf'), 'utf8')).toContain(`x${value('age')}\n`);
    const used = Object.keys(CANARIES).filter((name) => !['password', 'unknown', 'former'].includes(name));
    expect(canariesIn(readFileSync(join(root, 'good', 'a.conf'), 'utf8'), CANARIES)).toEqual(used);
    expect([...sinks.keys()].filter((name) => name.startsWith('on the host'))).toHaveLength(1);
    expect(sinks.get('apply: stdout')).toContain('[secret]');
    expect(sinks.get('undo: stdout')).toContain('it holds a secret, which is not kept');
    expect(sinks.get('difference: stdout')).toContain('leaky-canary/');
    const { unknown, ...rest } = CANARIES;
    const found = [...sinks].map(([name, text]) => {
      // The module of the role itself, which drover compiles and keeps, holds the one that nobody knows.
      const all = name.includes('/cache/') ? rest : { ...rest, unknown };
      return [name.replace(root, 'ROOT'), canariesIn(text, all)] as const;
    });
    expect(found.filter(([, names]) => names.length > 0)).toEqual([]);
    expect([...sinks.keys()].filter((name) => name.startsWith('written'))).toHaveLength(2 * FORMATS.length);
    expect(found.length).toBeGreaterThan(50);
  }, 120_000);
});

describe('a value marked !secret', () => {
  const ROLE = `import { defineRole, secret, z } from 'drover';
export default defineRole({ name: 'takes', description: 'd', platforms: 'any',
  params: z.strictObject({ text: z.string().max(9).default(''), port: z.int().default(1), typed: secret().optional(),
    odd: z.string().refine((text) => text === '', { error: ({ input }) => 'no ' + input + ' please' }).default('') }), steps: () => ({ steps: [] }) });
`;
  async function plan(
    vars: string,
    params: string,
    more: TestIoOptions = {},
  ): Promise<{ readonly code: number; readonly said: string; readonly root: string }> {
    const at = await folder({
      'roles/takes.ts': ROLE,
      'hosts.yml': 'all:\n  vars: { ansible_connection: local }\n  hosts: { one: , two: }\n',
      'group_vars/all.yml': vars,
      'site.yml': `- hosts: all\n  roles:\n    - role: takes\n      params: ${params}\n`,
    });
    const io = testIo({ cwd: at, ...more });
    const code = await main(['plan', join(at, 'site.yml'), '-i', join(at, 'hosts.yml')], io);
    return { code, said: (io.err() || io.out()).replaceAll(`${at}/`, ''), root: at };
  }

  test.each<[string, string, string]>([
    ['no text', 'a: !secret\n', 'group_vars/all.yml:1:11  error secret  !secret stands before nothing'],
    ['a list', 'a: !secret [hunter2]\n', 'error secret  !secret stands before text or where it comes from, found a list'],
    [
      'another key',
      'a: !secret { evn: X }\n',
      'error secret  a secret has no key "evn"\n  1 | a: !secret [secret]\n    |            ^^^^^^^^\n  hint: did you mean "env"?',
    ],
    ['braces by mistake', 'a: !secret { hunter2 }\n', 'a secret has no such key\n  1 | a: !secret [secret]\n'],
    ['a colon in text that goes on', 'a: !secret\n  hunter2: x\n', 'a secret has no such key\n  2 |   [secret]\n'],
    ['a key that there is not', 'a: !secret { text: hunter2 }\n', 'a secret has no such key\n  1 | a: !secret [secret]\n'],
    ['a tag that is almost it', 'a: !secrt hunter2\n', 'unresolved tag: !secrt\n  1 | a: !secrt [secret]\n'],
    ['no source', 'a: !secret {}\n', 'a secret must say where it comes from: env, file, command or age'],
    ['two sources', 'a: !secret { env: X, file: y }\n', 'a secret comes from one source'],
    ['a key without age', 'a: !secret { file: x, key: y }\n', 'a secret has no key "key"'],
    ['a number as a path', 'a: !secret { file: 1 }\n', `the secret's "file" must be text that is not empty`],
    ['a name', '!secret a: 1\n', 'a name cannot be secret'],
  ])('is refused where it has the wrong shape: %s', async (_, vars, message) => {
    const { code, said } = await plan(vars, '{}');
    expect([code, said]).toEqual([5, expect.stringContaining(message)]);
    expect(said).not.toContain('hunter2');
  });

  test('of which nothing can be had is a problem at its place, once, and only where a host uses it', async () => {
    const vars = 'used: !secret { env: NOT_SET }\nunused: !secret { file: nowhere.txt }\n';
    expect((await plan(vars, '{}')).code).toBe(0);
    const { code, said } = await plan(vars, `{ text: 'a {{ used }}' }`);
    expect([code, said]).toEqual([
      5,
      'group_vars/all.yml:1:15  error secret  the secret cannot be had: NOT_SET is not set in the environment (on 2 hosts, first one)\n' +
        '  1 | used: !secret { env: NOT_SET }\n    |               ^^^^^^^^^^^^^^^^\n',
    ]);
  });

  test('is fetched when all else is in order', async () => {
    const { code, root: at } = await plan('used: !secret { command: "echo run >>runs; echo secret" }\n', `{ text: '{{ used }}', prot: 1 }`);
    expect([code, readdirSync(at).includes('runs')]).toEqual([5, false]);
  });

  test.each([
    ['text that is too long', `{ text: '{{ used }}' }`, 'parameter "text" must be text of at most 9 characters, found a secret'],
    ['text where a number must be', `{ port: '{{ used }}' }`, 'parameter "port" must be a number, found a secret'],
    ["an author's message", `{ odd: '{{ used }}' }`, 'parameter "odd": no [secret] please, found a secret'],
    ['a literal', `{ port: !secret hunter2-hunter2 }`, 'parameter "port" must be a number, found a secret'],
    ['too short', '{ text: !secret abc }', 'the secret has fewer than 4 characters, too few to be kept out of sight'],
  ])('is checked like any other parameter, and not shown: %s', async (_, params, message) => {
    const { code, said } = await plan('used: !secret { env: USED }\n', params, { env: { USED: 'hunter2-hunter2' } });
    expect([code, said]).toEqual([5, expect.stringContaining(message)]);
    expect(said).not.toContain('hunter2');
  });

  test.each([
    [
      'a number',
      '{ typed: 77777777 }',
      'parameter "typed" must be secret text of 4 characters or more, found a number (on 2 hosts, first one)\n  hint: put it in quotes',
    ],
    ['a list', '{ typed: [77777777] }', 'parameter "typed" must be secret text of 4 characters or more, found a list'],
    ['too short', '{ typed: 7a7 }', 'parameter "typed" must be secret text of 4 characters or more, found text'],
  ])('of which a parameter is one is not shown where nobody marked it and it is wrong: %s', async (_, params, message) => {
    const { code, said } = await plan('', params);
    expect([code, said]).toEqual([5, expect.stringContaining(message)]);
    expect(said).not.toContain('7');
  });

  test.each([
    ['a literal', 'a: !secret hunter2: [\n'],
    ['a text of several lines', 'a: !secret |\n  hunter2\n   hunter2\n hunter2: [\n'],
    ['behind others', 'x: { b: 1, a: !secret hunter2, c }}\n'],
    ['a command', 'a: !secret { command: "echo hunter2" ]\n'],
  ])('is masked where the file around it is broken: %s', async (_, vars) => {
    const { code, said } = await plan(vars, '{}');
    expect([code, said.includes('hunter2')]).toEqual([5, false]);
    expect(said).toContain('[secret]');
  });

  test('may be a password of the connection, also by way of a var, and nothing else of it', async () => {
    const { code, said } = await plan('ansible_become_password: "{{ pw }}"\npw: !secret { env: NOT_SET }\n', '{}');
    expect([code, said]).toEqual([
      5,
      expect.stringContaining('ansible_become_password cannot be had: NOT_SET is not set in the environment'),
    ]);
    const user = await plan('ansible_user: !secret root\n', '{}');
    expect([user.code, user.said]).toEqual([
      5,
      expect.stringContaining('ansible_user must be text, found a secret, which only passwords can be'),
    ]);
    const part = await plan('ansible_host: "{{ pw }}.example.com"\npw: !secret hunter2\n', '{}');
    expect([part.code, part.said]).toEqual([5, expect.stringContaining('is a secret, which cannot stand inside longer text here')]);
  });

  test('is shown by drover inventory --show-secrets alone: text as it is, else where it comes from', async () => {
    const at = await folder({
      'hosts.yml':
        'all:\n  hosts:\n    one:\n      a: !secret hunter2\n      b: { c: [!secret { env: X }] }\n      d: !secret { file: e }\n',
    });
    const shown = async (...flags: readonly string[]): Promise<unknown> => {
      const io = testIo({ cwd: at });
      expect(await main(['inventory', '-i', join(at, 'hosts.yml'), '--host', 'one', ...flags], io), io.err()).toBe(0);
      return JSON.parse(io.out());
    };
    expect(await shown()).toEqual({ a: '[secret]', b: { c: ['[secret]'] }, d: '[secret]' });
    expect(await shown('--show-secrets')).toEqual({
      a: 'hunter2',
      b: { c: [{ __drover_secret: { env: 'X' } }] },
      d: { __drover_secret: { file: join(at, 'e') } },
    });
  });

  test('makes a parameter of the type secret() show as one', async () => {
    const at = await folder({ 'roles/takes.ts': ROLE.replace('secret().optional()', "secret().prefault('hunter2')") });
    onTestFinished(() => rmSync(at, { recursive: true, force: true }));
    const io = testIo({ cwd: at });
    expect(await main(['roles', 'takes'], io)).toBe(0);
    expect(io.out()).toMatch(/typed +secret text, default \[secret\]/);
    expect(io.out()).not.toContain('hunter2');
  });
});
