import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentOf, localFile } from '../../src/steps/content.ts';
import { file } from '../../src/steps/file.ts';
import { hosts, scratchDirectory, testBase } from './support/host.ts';
import { planOn } from './support/view.ts';

const root = scratchDirectory();
const mode = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8).padStart(4, '0');

const NAMES = [
  'plain',
  'with space',
  "quote's",
  'double"quote',
  '-dash',
  '$HOME `id`',
  'new\nline',
  'back\\slash',
  'Ünïcödé Á 日本',
  '%s',
  'x'.repeat(250),
];
const CONTENTS: readonly (string | Uint8Array)[] = [
  '',
  'no final newline',
  'text\n',
  'it\'s $HOME `id` \\n \\ %s "q"\n\n\n',
  'Ünïcödé Á 日本\n',
  '-n',
  Uint8Array.from([0, 1, 2, 255, 10, 0]),
  Uint8Array.from([0x81, 0x82, 0x88]),
  '\u0001\u0081\u0088\r\n\t',
];

describe.each(hosts)('file on $name', (host) => {
  const made = (name: string): string => {
    const path = join(root, `${host.name}-${name}`);
    mkdirSync(path);
    return path;
  };

  test('odd names are created, converge, and leave no temporary file', () => {
    const directory = made('names');
    for (const name of NAMES) {
      const step = file({ path: join(directory, name), content: `content of ${name}`, mode: '0640' });
      const applied = host.apply(step);
      expect(applied, name).toMatchObject({ plan: { result: 'change' }, failure: null, broken: [] });
      expect(readFileSync(join(directory, name), 'utf8')).toBe(`content of ${name}`);
      expect(mode(join(directory, name))).toBe('0640');
      expect(host.apply(step).plan).toEqual({ result: 'ok' });
    }
    expect(readdirSync(directory)).toHaveLength(NAMES.length);
  });

  test('any content is written exactly, over any other', () => {
    const directory = made('contents');
    const path = join(directory, 'f');
    for (const content of CONTENTS) {
      expect(host.apply(file({ path, content }))).toMatchObject({ plan: { result: 'change' }, failure: null, broken: [] });
      expect(Buffer.from(readFileSync(path))).toEqual(Buffer.from(content as string));
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const { failure, broken } = host.apply(file({ path, content: bytes }));
        expect([failure, broken]).toEqual([null, []]);
        expect(Buffer.from(readFileSync(path))).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 15 },
    );
  });

  test.each(['0600', '0644', '0755', '0400', '4755', '2750', '1777'])(
    'mode %s is set on new files and kept when the content changes',
    (wanted) => {
      const path = join(made(`mode-${wanted}`), 'f');
      expect(host.apply(file({ path, content: 'a', mode: wanted }))).toMatchObject({ failure: null, broken: [] });
      expect(mode(path)).toBe(wanted);
      expect(host.apply(file({ path, content: 'b' }))).toMatchObject({ failure: null, broken: [] });
      expect([mode(path), readFileSync(path, 'utf8')]).toEqual([wanted, 'b']);
    },
  );

  test.runIf(process.getuid?.() === 0)('a new owner does not cost the set-user-ID bit', () => {
    const path = join(made('owner'), 'f');
    writeFileSync(path, 'x');
    chmodSync(path, 0o4755);
    expect(host.apply(file({ path, owner: 'daemon', group: 'daemon' }))).toMatchObject({ failure: null, broken: [] });
    expect([mode(path), statSync(path).uid]).toEqual(['4755', 1]);
    expect(host.apply(file({ path: `${path}2`, content: 'x', owner: 'daemon', mode: '4711' }))).toMatchObject({
      failure: null,
      broken: [],
    });
  });

  test('a refused validation leaves the old file and no other', () => {
    const directory = made('validate');
    const path = join(directory, 'f');
    writeFileSync(path, 'old');
    const applied = host.apply(file({ path, content: "it's new", validate: ['grep', '-q', 'absent', '%s'] }));
    expect(applied.failure).toContain('the file is unchanged');
    expect([readFileSync(path, 'utf8'), readdirSync(directory)]).toEqual(['old', ['f']]);
    expect(host.apply(file({ path, content: "it's new", validate: ['grep', '-q', '', '%s'] }))).toMatchObject({
      failure: null,
      broken: [],
    });
    expect(readFileSync(path, 'utf8')).toBe("it's new");
  });

  test('a file that changed after the plan is not overwritten', () => {
    const path = join(made('race'), 'f');
    writeFileSync(path, 'old');
    const step = file({ path, content: 'new' });
    const facts = host.read(step.reads);
    const plan = planOn(
      step,
      Object.fromEntries([...facts].map(([id, state]) => [id, state.state === 'known' ? state.value : null!])),
      host.base,
    );
    if (plan.result !== 'change') throw new Error('expected a change');
    writeFileSync(path, 'someone else');
    expect(host.write(plan.actions)).toMatchObject([{ kind: 'start' }, { kind: 'end', exitCode: 1 }]);
    expect(readFileSync(path, 'utf8')).toBe('someone else');
  });

  test('a link to a directory is replaced, not written into', () => {
    const directory = made('link');
    mkdirSync(join(directory, 'target'));
    symlinkSync('target', join(directory, 'f'));
    expect(host.apply(file({ path: join(directory, 'f'), content: 'x', link: 'replace' }))).toMatchObject({ failure: null, broken: [] });
    expect([readFileSync(join(directory, 'f'), 'utf8'), readdirSync(join(directory, 'target'))]).toEqual(['x', []]);
  });

  test.runIf(process.getuid?.() === 0 && existsSync('/dev/full'))('a write that fails is an outcome, never a cut file', () => {
    const [event] = host
      .write([
        {
          kind: 'writeFile',
          path: '/proc/nothing-here',
          bytes: Buffer.from('x'),
          ownership: {},
          expect: null,
          replaceLink: false,
          validate: undefined,
        },
      ])
      .slice(1);
    expect(event).toMatchObject({ kind: 'end' });
    expect(event?.kind === 'end' && event.exitCode).not.toBe(0);
  });
});

describe('the plan of a file', () => {
  const base = testBase(false);
  const owned = { owner: 'root', group: 'root' };
  const directory = { type: 'directory', mode: '0755', ...owned } as const;
  const now = { type: 'file', mode: '0644', ...owned, content: contentOf('old') } as const;

  test('nothing is done where everything is right', () => {
    const step = file({ path: '/etc/f', content: 'old', mode: '644', owner: 'root' });
    expect(planOn(step, { 'file /etc/f': now, 'file /etc': directory }, base)).toEqual({ result: 'ok' });
  });

  test('each field that differs is a change of its own', () => {
    const step = file({ path: '/etc/f', content: 'new', mode: '0600', owner: 'www-data', group: 'adm' });
    expect(planOn(step, { 'file /etc/f': now, 'file /etc': directory }, base)).toMatchObject({
      changes: [
        { field: 'content', before: contentOf('old'), after: contentOf('new') },
        { field: 'mode', before: '0644', after: '0600' },
        { field: 'owner', before: 'root', after: 'www-data' },
        { field: 'group', before: 'root', after: 'adm' },
      ],
    });
  });

  test.each([
    ['a directory', { 'file /etc/f': directory, 'file /etc': directory }, /a directory is in the way/],
    ['a device', { 'file /etc/f': { type: 'other', what: 'fifo' }, 'file /etc': directory }, /a fifo is in the way/],
    [
      'a link',
      { 'file /etc/f': { type: 'link', target: 'x', ...owned, toDirectory: false }, 'file /etc': directory },
      /symbolic link to x/,
    ],
    ['no directory', { 'file /etc/f': { type: 'absent' }, 'file /etc': { type: 'absent' } }, /directory \/etc does not exist/],
    ['no directory but a file', { 'file /etc/f': { type: 'absent' }, 'file /etc': now }, /\/etc is not a directory/],
  ] as const)('%s in the way is refused', (_, literals, reason) => {
    expect(planOn(file({ path: '/etc/f', content: 'x' }), literals, base)).toMatchObject({
      result: 'refused',
      reason: expect.stringMatching(reason),
    });
  });

  test('a new file in a set-group-ID directory gets its group', () => {
    const step = file({ path: '/srv/f', content: 'x' });
    const facts = { 'file /srv/f': { type: 'absent' }, 'file /srv': { ...directory, mode: '2775', group: 'staff' } } as const;
    expect(planOn(step, facts, base)).toMatchObject({ predicted: [{ value: { group: 'staff', mode: '0644' } }] });
  });
});

describe('wrong arguments of file', () => {
  test.each([
    [{ path: 'etc/f' }, /absolute/],
    [{ path: '/etc/../f' }, /\.\./],
    [{ path: '/etc//f' }, /\/\//],
    [{ path: '/etc/f/' }, /end in/],
    [{ path: '/f', mode: 'u=rw' }, /octal/],
    [{ path: '/f', owner: '1000' }, /must be a name/],
    [{ path: '/f', group: 'a b' }, /must be a name/],
    [{ path: '/f', content: 'x', validate: ['visudo'] }, /%s/],
    [{ path: '/f', content: 'x', source: '/etc/hostname' }, /both/],
    [{ path: '/f', source: 'relative' }, /absolute/],
    [{ path: '/f', source: '/no/such/file' }, /does not exist/],
  ])('%j', (options, message) => {
    expect(() => file(options)).toThrow(message);
  });

  test('a local file is found beside the module that names it', () => {
    expect(Buffer.from(localFile(import.meta.url, 'file.test.ts')).toString()).toContain('is found beside');
    expect(() => localFile(import.meta.url, 'nothing')).toThrow(/does not exist/);
  });
});
