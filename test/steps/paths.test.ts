import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { absent } from '../../src/steps/absent.ts';
import { contentOf } from '../../src/steps/content.ts';
import { directory } from '../../src/steps/directory.ts';
import { link } from '../../src/steps/link.ts';
import { hosts, scratchDirectory, testBase } from './support/host.ts';
import { planOn } from './support/view.ts';

const root = scratchDirectory();
const mode = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8).padStart(4, '0');
const isRoot = process.getuid?.() === 0;
const ODD = ['with space', "quote's", '-dash', '$HOME `id`', 'new\nline', 'Ünïcödé Á', '*'];
const done = { plan: { result: 'change' }, failure: null, broken: [] };

describe.each(hosts)('paths on $name', (host) => {
  const made = (name: string): string => {
    const path = join(root, `${host.name}-${name}`);
    mkdirSync(path);
    return path;
  };

  test('directories, links and their removal take odd names and converge', () => {
    const base = made('odd');
    for (const name of ODD) {
      for (const step of [
        directory({ path: join(base, name), mode: '0700' }),
        link({ path: join(base, `${name}-link`), target: `-${name}` }),
        absent({ path: join(base, `${name}-link`) }),
        absent({ path: join(base, name) }),
      ]) {
        expect(host.apply(step), `${step.kind} ${name}`).toMatchObject(done);
        expect(host.apply(step).plan).toEqual({ result: 'ok' });
      }
    }
    expect(readdirSync(base)).toEqual([]);
  });

  test.each(['0755', '0700', '1777', '2750', '0000'])('a directory gets mode %s, also below a set-group-ID directory', (wanted) => {
    const base = made(`mode-${wanted}`);
    chmodSync(base, 0o2755);
    expect(host.apply(directory({ path: join(base, 'd'), mode: wanted }))).toMatchObject(done);
    expect(mode(join(base, 'd'))).toBe(wanted);
    mkdirSync(join(base, 'e'), { mode: 0o755 });
    chmodSync(join(base, 'e'), 0o2711);
    expect(host.apply(directory({ path: join(base, 'e'), mode: wanted }))).toMatchObject(done);
    expect(mode(join(base, 'e'))).toBe(wanted);
  });

  test('missing parents are made and foreseen, one by one', () => {
    const base = made('parents');
    chmodSync(base, 0o2755);
    const step = directory({ path: join(base, 'a/b c/d'), parents: true, mode: '0700' });
    const applied = host.apply(step);
    expect(applied).toMatchObject(done);
    expect(applied.plan.result === 'change' && applied.plan.predicted.map((each) => each.key)).toEqual(
      ['a', 'a/b c', 'a/b c/d'].map((name) => join(base, name)),
    );
    expect([mode(join(base, 'a')), mode(join(base, 'a/b c')), mode(join(base, 'a/b c/d'))]).toEqual(['2755', '2755', '0700']);
    expect(host.apply(step).plan).toEqual({ result: 'ok' });
    expect(host.apply(directory({ path: join(base, 'x/y') })).plan).toMatchObject({ result: 'refused' });
  });

  test.runIf(isRoot)('a directory gets its owner', () => {
    const path = join(made('owner'), 'd');
    expect(host.apply(directory({ path, owner: 'daemon', group: 'daemon', mode: '2770' }))).toMatchObject(done);
    expect(mode(path)).toBe('2770');
    expect(host.apply(directory({ path, owner: 'root' }))).toMatchObject(done);
    expect(mode(path)).toBe('2770');
  });

  test('a link to a directory is changed, and nothing is put into that directory', () => {
    const base = made('switch');
    for (const name of ['one', 'two']) mkdirSync(join(base, name));
    symlinkSync('one', join(base, 'current'));
    expect(host.apply(link({ path: join(base, 'current'), target: 'two' }))).toMatchObject(done);
    expect([readlinkSync(join(base, 'current')), readdirSync(join(base, 'one')), readdirSync(join(base, 'two'))]).toEqual(['two', [], []]);
    expect(readdirSync(base).sort()).toEqual(['current', 'one', 'two']);
  });

  test('a file gives way to a link only by force, a directory never', () => {
    const base = made('force');
    writeFileSync(join(base, 'f'), 'x');
    mkdirSync(join(base, 'd'));
    expect(host.apply(link({ path: join(base, 'f'), target: 't' })).plan).toMatchObject({ result: 'refused' });
    expect(host.apply(link({ path: join(base, 'f'), target: 't', force: true }))).toMatchObject(done);
    expect(readlinkSync(join(base, 'f'))).toBe('t');
    expect(host.apply(link({ path: join(base, 'd'), target: 't', force: true })).plan).toMatchObject({ result: 'refused' });
  });

  test('a full directory goes only when asked for, a link to it alone', () => {
    const base = made('full');
    mkdirSync(join(base, 'd'));
    writeFileSync(join(base, 'd/f'), 'x');
    symlinkSync('d', join(base, 'l'));
    expect(host.apply(absent({ path: join(base, 'l'), recursive: true }))).toMatchObject(done);
    expect(existsSync(join(base, 'd/f'))).toBe(true);
    expect(host.apply(absent({ path: join(base, 'd') })).failure).toMatch(/not empty/i);
    expect(host.apply(absent({ path: join(base, 'd'), recursive: true }))).toMatchObject(done);
    expect(existsSync(join(base, 'd'))).toBe(false);
  });

  test('a file that is removed can be put back from the plan', () => {
    const path = join(made('undo'), 'f');
    writeFileSync(path, 'kept');
    const { plan } = host.apply(absent({ path }));
    expect(plan).toMatchObject({
      changes: [
        { field: 'type', before: 'file', after: null },
        { field: 'content', before: { ...contentOf('kept'), bytes: Uint8Array.from(Buffer.from('kept')) } },
        {},
        {},
        {},
      ],
    });
    expect(plan).not.toHaveProperty('irreversible');
  });

  test('ownership is never set through a link that appeared', () => {
    const base = made('through');
    writeFileSync(join(base, 'f'), 'x', { mode: 0o600 });
    symlinkSync('f', join(base, 'l'));
    expect(host.write([{ kind: 'setOwnership', path: join(base, 'l'), ownership: { mode: '0644' } }])[1]).toMatchObject({ exitCode: 1 });
    expect([mode(join(base, 'f')), readFileSync(join(base, 'f'), 'utf8')]).toEqual(['0600', 'x']);
  });
});

describe('plans of paths', () => {
  const base = testBase(false);
  const owned = { owner: 'root', group: 'root' };
  const dir = { type: 'directory', mode: '0755', ...owned } as const;

  test('a new directory shows all its fields, an old one those that differ', () => {
    expect(planOn(directory({ path: '/srv/d' }), { 'file /srv/d': { type: 'absent' }, 'file /srv': dir }, base)).toMatchObject({
      changes: [
        { field: 'type', before: null, after: 'directory' },
        { field: 'mode', before: null, after: '0755' },
        { field: 'owner', before: null, after: base.as.user },
        { field: 'group', before: null, after: base.as.group },
      ],
    });
    expect(planOn(directory({ path: '/srv/d', mode: '700' }), { 'file /srv/d': dir, 'file /srv': dir }, base)).toMatchObject({
      changes: [{ field: 'mode', before: '0755', after: '0700' }],
    });
  });

  test('a link shows its target before and after', () => {
    const now = { type: 'link', target: 'a', owner: base.as.user, group: base.as.group, toDirectory: false } as const;
    expect(planOn(link({ path: '/srv/l', target: 'b' }), { 'file /srv/l': now, 'file /srv': { ...dir, group: 'x' } }, base)).toMatchObject({
      changes: [{ field: 'target', before: 'a', after: 'b' }],
    });
  });

  test.each(['/', '/etc', '/usr', '/home', '/var', '/boot', '/usr/bin', '/var/lib', '/etc/passwd'])('%s is never removed', (path) => {
    expect(() => absent({ path, recursive: true })).toThrow(/never removed/);
  });

  test('wrong arguments are refused', () => {
    expect(() => absent({ path: 'relative' })).toThrow(/absolute/);
    expect(() => directory({ path: '/a/./b' })).toThrow(/\./);
    expect(() => directory({ path: '/a', mode: 'rwx' })).toThrow(/octal/);
    expect(() => link({ path: '/a', target: '' })).toThrow(/must be a path/);
    expect(() => link({ path: '/a', target: 'a\0' })).toThrow(/must be a path/);
  });
});
