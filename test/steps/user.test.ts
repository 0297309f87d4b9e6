import { describe, expect, it } from 'vitest';
import { ANY, type BaseFacts, type FileFact, type UserFact } from '../../src/model/fact.ts';
import { type UserOptions, user } from '../../src/steps/user.ts';
import { testBase } from './support/host.ts';
import { type Literals, planOn } from './support/view.ts';

const base: BaseFacts = { ...testBase(false), as: { user: 'root', group: 'root', uid: 0, home: '/root' } };
const nobody: UserFact = { exists: false, uid: null, group: null, groups: [], comment: null, home: null, shell: null };
const ada: UserFact = {
  exists: true,
  uid: 1000,
  group: 'ada',
  groups: ['audio', 'video'],
  comment: 'Ada',
  home: '/home/ada',
  shell: '/bin/sh',
};
const there = { exists: true, gid: 7 };
const missing = { exists: false, gid: null };
const directory: FileFact = { type: 'directory', mode: '0755', owner: 'root', group: 'root' };
const absent: FileFact = { type: 'absent' };

const WORLD: Literals = {
  'group ada': there,
  'group audio': there,
  'group video': there,
  'group crew': missing,
  'file /home': directory,
  'file /home/ada': directory,
  'file /': directory,
  'file /nonexistent': absent,
};
const plan = (options: Omit<UserOptions, 'name'>, now: UserFact, facts: Literals = {}, on = base) =>
  planOn(user({ name: 'ada', ...options }), { ...WORLD, 'user ada': now, ...facts }, on);
const NEW: Literals = { 'group ada': missing, 'file /home/ada': absent };

describe('user steps that have nothing to do', () => {
  it.each<[string, Omit<UserOptions, 'name'>, UserFact]>([
    ['present', {}, ada],
    [
      'all fields alike',
      { uid: 1000, group: 'ada', groups: ['video', 'audio', 'video'], comment: 'Ada', home: '/home/ada', shell: '/bin/sh' },
      ada,
    ],
    ['the groups are among those there', { groups: ['audio'], append: true }, ada],
    ['a home directory that is there', { createHome: true }, ada],
    ['a home directory elsewhere, not named', { createHome: true }, { ...ada, home: '/srv/ada' }],
    ['absent', { state: 'absent', removeHome: true }, nobody],
  ])('%s', (_title, options, now) => {
    expect(plan(options, now)).toEqual({ result: 'ok' });
  });
});

describe('user steps', () => {
  it('add a user with a group of its own and a home directory, all foreseen', () => {
    const account = { group: 'ada', groups: [], comment: '', home: '/home/ada', shell: '/bin/sh' };
    expect(plan({}, nobody, NEW)).toEqual({
      result: 'change',
      changes: [
        { field: 'exists', before: false, after: true },
        { field: 'group', before: null, after: 'ada' },
        { field: 'home', before: null, after: '/home/ada' },
        { field: 'shell', before: null, after: '/bin/sh' },
        { field: 'mode of home', before: null, after: '0700' },
      ],
      predicted: [
        { kind: 'user', key: 'ada', value: { exists: true, uid: ANY, ...account } },
        { kind: 'group', key: 'ada', value: { exists: true, gid: ANY } },
        { kind: 'file', key: '/home/ada', value: { type: 'directory', mode: '0700', owner: 'ada', group: 'ada' } },
      ],
      actions: [
        {
          kind: 'addUser',
          name: 'ada',
          account: { ...account, uid: undefined, group: undefined },
          system: false,
          makeHome: { mode: '0700', skeleton: false },
        },
      ],
    });
  });

  it.each<[string, Omit<UserOptions, 'name'>, Literals, object]>([
    [
      'into a group of its name that is there',
      {},
      { 'file /home/ada': absent },
      { predicted: [{ kind: 'user' }, { kind: 'file' }], actions: [{ account: { group: 'ada' } }] },
    ],
    [
      'into a given group',
      { group: 'audio', groups: ['video'] },
      NEW,
      { predicted: [{ value: { group: 'audio', groups: ['video'] } }, { kind: 'file', value: { group: 'audio' } }] },
    ],
    [
      'as a system user',
      { system: true },
      NEW,
      {
        predicted: [{ value: { home: '/nonexistent', shell: '/usr/sbin/nologin' } }, { kind: 'group' }],
        actions: [{ system: true, makeHome: null }],
      },
    ],
    ['without touching a directory that is there', {}, { 'group ada': missing }, { actions: [{ makeHome: null }] }],
    [
      'with the skeleton, whose files are known after apply',
      { skeleton: true },
      NEW,
      { actions: [{ makeHome: { mode: '0700', skeleton: true } }], cloud: 'package' },
    ],
  ])('add a user %s', (_title, options, facts, expected) => {
    expect(plan(options, nobody, facts)).toMatchObject({ result: 'change', ...expected });
  });

  it('puts nologin where the family has it', () => {
    const redhat: BaseFacts = { ...base, os: { ...base.os, family: 'redhat' } };
    expect(plan({ system: true }, nobody, NEW, redhat)).toMatchObject({ predicted: [{ value: { shell: '/sbin/nologin' } }, {}] });
  });

  it.each<[string, Omit<UserOptions, 'name'>, object[], object]>([
    ['a shell', { shell: '/bin/bash' }, [{ field: 'shell', before: '/bin/sh', after: '/bin/bash' }], { shell: '/bin/bash' }],
    [
      'a comment',
      { comment: `O'Hara "$x" é` },
      [{ field: 'comment', before: 'Ada', after: `O'Hara "$x" é` }],
      { comment: `O'Hara "$x" é` },
    ],
    [
      'exactly these groups',
      { groups: ['video'] },
      [{ field: 'groups', before: ['audio', 'video'], after: ['video'] }],
      { groups: ['video'] },
    ],
    ['no groups', { groups: [] }, [{ field: 'groups', before: ['audio', 'video'], after: [] }], { groups: [] }],
    [
      'one more group',
      { groups: ['ada'], append: true },
      [{ field: 'groups', before: ['audio', 'video'], after: ['ada', 'audio', 'video'] }],
      { groups: ['ada', 'audio', 'video'] },
    ],
  ])('change only %s', (_title, options, changes, account) => {
    expect(plan(options, ada)).toEqual({
      result: 'change',
      changes,
      predicted: [{ kind: 'user', key: 'ada', value: { ...ada, ...account } }],
      actions: [{ kind: 'changeUser', name: 'ada', account, moveHome: false }],
    });
  });

  it('foresee nothing of files when a number, a primary group or a home directory moves', () => {
    expect(plan({ uid: 2000 }, ada)).toMatchObject({ changes: [{ field: 'uid', before: 1000, after: 2000 }], cloud: 'everything' });
    expect(plan({ group: 'audio' }, ada)).toMatchObject({
      changes: [{ field: 'group', before: 'ada', after: 'audio' }],
      cloud: 'everything',
    });
    const moved = { 'file /srv/ada': absent, 'file /srv': directory };
    expect(plan({ home: '/srv/ada', moveHome: true, createHome: true }, ada, moved)).toMatchObject({
      actions: [{ moveHome: true }],
      cloud: 'everything',
    });
  });

  it('make the missing home directory of an existing user on request', () => {
    expect(plan({ createHome: true, homeMode: '750' }, ada, { 'file /home/ada': absent })).toEqual({
      result: 'change',
      changes: [{ field: 'mode of home', before: null, after: '0750' }],
      predicted: [{ kind: 'file', key: '/home/ada', value: { type: 'directory', mode: '0750', owner: 'ada', group: 'ada' } }],
      actions: [{ kind: 'makeDirectory', path: '/home/ada', parents: false, ownership: { mode: '0750', owner: 'ada', group: 'ada' } }],
    });
  });

  it('remove a user, with the before-values and what is lost', () => {
    expect(plan({ state: 'absent', removeHome: true }, ada)).toEqual({
      result: 'change',
      changes: [
        { field: 'exists', before: true, after: false },
        { field: 'uid', before: 1000, after: null },
        { field: 'group', before: 'ada', after: null },
        { field: 'groups', before: ['audio', 'video'], after: null },
        { field: 'comment', before: 'Ada', after: null },
        { field: 'home', before: '/home/ada', after: null },
        { field: 'shell', before: '/bin/sh', after: null },
      ],
      predicted: [
        { kind: 'user', key: 'ada', value: nobody },
        { kind: 'group', key: 'ada', value: { exists: ANY, gid: ANY } },
        { kind: 'tree', key: '/home/ada' },
      ],
      actions: [{ kind: 'removeUser', name: 'ada', removeHome: true }],
      cloud: 'everything',
      irreversible: 'the password and the files in /home/ada are not kept',
    });
  });

  it.each<[string, Omit<UserOptions, 'name'>, UserFact, string]>([
    [
      'a group that is not there',
      { groups: ['audio', 'crew'] },
      ada,
      'there is no group crew; create it with a group step before this one',
    ],
    ['to remove the superuser', { state: 'absent' }, { ...ada, uid: 0 }, 'ada is the superuser'],
    [
      'to remove a home directory of the system',
      { state: 'absent', removeHome: true },
      { ...ada, home: '/usr/sbin' },
      'the home directory /usr/sbin is not removed: it belongs to the system',
    ],
    [
      'to remove /',
      { state: 'absent', removeHome: true },
      { ...ada, home: '/' },
      'the home directory / is not removed: it belongs to the system',
    ],
  ])('refuse %s', (_title, options, now, reason) => {
    expect(plan(options, now)).toEqual({ result: 'refused', reason });
  });

  it('refuse to remove the user that they run as', () => {
    expect(plan({ state: 'absent' }, ada, {}, { ...base, as: { ...base.as, user: 'ada' } })).toMatchObject({
      reason: 'drover runs as ada on this host',
    });
  });

  it.each<[UserOptions, string]>([
    [{ name: '-r' }, 'user: "-r" is not a name'],
    [{ name: 'a:b' }, 'is not a name'],
    [{ name: 'a\nb' }, 'is not a name'],
    [{ name: 'josé' }, 'is not a name'],
    [{ name: '1000' }, 'is not a name'],
    [{ name: 'a', uid: -1 }, 'user: -1 must be a whole number from 0 to 4294967294'],
    [{ name: 'a', comment: 'x:0' }, 'user: comment "x:0" must be text without a colon or a newline'],
    [{ name: 'a', shell: 'bash' }, 'user: path "bash" must be absolute'],
    [{ name: 'a', home: '/home/../etc' }, 'must not contain . or ..'],
    [{ name: 'a', groups: 'audio' as never }, 'user: groups of a must be a list'],
    [{ name: 'a', append: true }, 'user: append of a needs groups'],
    [{ name: 'a', moveHome: true }, 'user: moveHome of a needs home'],
    [{ name: 'a', removeHome: true }, "user: removeHome of a goes with state 'absent'"],
    [{ name: 'a', state: 'absent', shell: '/bin/sh' }, 'user: shell means nothing for a, which is to be absent'],
  ])('do not take %j', (options, message) => {
    expect(() => user(options)).toThrow(message);
  });
});
