import { describe, expect, it } from 'vitest';
import { ANY, type BaseFacts, type FactKind, type FactValues, type FileFact, factId, type ServiceFact } from '../../src/model/fact.ts';
import { NO_SERVICE } from '../../src/model/ipvs-fact.ts';
import type { RouteEntry, RouteFact } from '../../src/model/network-fact.ts';
import type { UndoFact } from '../../src/model/run.ts';
import type { StepPlan } from '../../src/model/step.ts';
import { contentOf } from '../../src/steps/content.ts';
import { restore } from '../../src/steps/restore.ts';
import { testBase } from './support/host.ts';
import { type Literals, planOn } from './support/view.ts';

const base: BaseFacts = { ...testBase(false), init: 'systemd', packageManager: 'apt' };
const owned = { mode: '0644', owner: 'root', group: 'root' };
const none: FileFact = { type: 'absent' };
const dir: FileFact = { type: 'directory', ...owned, mode: '0755' };
const fifo: FileFact = { type: 'other', what: 'fifo' };
const text = (content: string): FileFact => ({ type: 'file', ...owned, content: contentOf(content) });
const unread = (content: string, size = content.length): FileFact => ({
  type: 'file',
  ...owned,
  content: { ...contentOf(content), size, bytes: null },
});
const up: ServiceFact = { load: 'loaded', active: 'active', enabled: 'enabled', needsReload: false, invocation: 'i1', ends: false };
const ada = { exists: true, uid: 1001, group: 'ada', groups: ['adm'], comment: '', home: '/home/ada', shell: '/bin/sh' };
const gone = { exists: false, uid: null, group: null, groups: [], comment: null, home: null, shell: null };
const way: RouteEntry = { type: 'unicast', via: null, device: 'eth0', source: null, metric: 0 };
const over: RouteFact['session'] = { client: '198.51.100.9', prefix: 24, metric: 0, device: 'eth0' };

const toB: FileFact = { type: 'link', target: '/b', owner: base.as.user, group: 'root', toDirectory: false };
const noGroup = { exists: false, gid: null };
const groupOf = (gid: number) => ({ exists: true, gid });
const disk = (label: string | null): FactValues['disk'] => ({
  type: 'disk',
  device: '/dev/sdb',
  bytes: 9,
  serials: [],
  label,
  findings: [],
});
const moduleIn = (state: FactValues['module']['state']): FactValues['module'] => ({
  state,
  holders: [],
  uses: state === 'loaded' ? 0 : null,
});
const sit: FactValues['interface'] = {
  ...{ exists: true, up: true, mtu: 1480, ipv6Mtu: 1480, kind: 'sit', local: '192.0.2.2', remote: '192.0.2.1', ttl: 64, session: false },
};
/** The director itself as a real server: the kernel takes it, an `ipvsService` step does not. */
const oddService: FactValues['ipvs'] = {
  ...NO_SERVICE,
  ...{ exists: true, scheduler: 'wlc', servers: [{ address: '192.0.2.80', port: 25, method: 'dr', weight: 1 }] },
};

const undoOf = (facts: Readonly<Record<string, unknown>>): UndoFact[] =>
  Object.entries(facts).map(([id, before]) => {
    const [kind = '', ...rest] = id.split(' ');
    return { kind: kind as FactKind, key: rest.join(' '), before: before as FactValues[FactKind] };
  });

/** The answer that the package sources do not have a version. */
function versionGone(name: string, version: string): Literals {
  const before = { installed: true, version, candidate: null };
  const { reads } = restore('x', { undo: [{ kind: 'package', key: name, before }], irreversible: null });
  return Object.fromEntries(reads.filter(({ kind }) => kind === 'guard').map((request) => [factId(request), { exitCode: 1, output: '' }]));
}

interface Undo {
  readonly id?: string;
  readonly irreversible?: string;
  readonly on?: BaseFacts;
}

/** Plans the undo of `before` on `now`; directories above are there, and guards hold, unless `now` says otherwise. */
function plan(
  before: Readonly<Record<string, unknown>>,
  now: Literals,
  { id = 'r/file[x]', irreversible, on = base }: Undo = {},
): StepPlan {
  const step = restore(id, { undo: undoOf(before), irreversible: irreversible ?? null });
  const rest = step.reads.flatMap((request): [string, FactValues[FactKind]][] => {
    if (request.kind === 'file') return [[factId(request), dir]];
    return request.kind === 'guard' ? [[factId(request), { exitCode: 0, output: '' }]] : [];
  });
  return planOn(step, { ...Object.fromEntries(rest), ...now }, on);
}

describe('what cannot be undone is skipped, with the reason', () => {
  it.each<[string, Readonly<Record<string, unknown>>, Literals, string, Undo?]>([
    ['an answer alone', { 'guard x': { exitCode: 1, output: '' } }, {}, 'a command', { irreversible: 'a command' }],
    ['a notice', { 'notice r/h': { kept: false, by: '', run: '' } }, {}, 'nothing was kept of what was there before'],
    ['nothing', {}, {}, 'a pause', { irreversible: 'a pause' }],
    ['what a command made', { 'file /a': none }, { 'file /a': text('x') }, 'a command', { id: 'r/command[x]', irreversible: 'a command' }],
    [
      'content that was too long',
      { 'file /a': unread('x', 5e6) },
      { 'file /a': text('y') },
      'the old content is longer than drover reads',
      { irreversible: 'the old content is longer than drover reads' },
    ],
    ['a socket', { 'file /a': fifo }, { 'file /a': none }, 'the fifo at /a is not kept', { irreversible: 'a fifo is not kept' }],
    ['a full directory', { 'file /a': none }, { 'file /a': dir }, '/a is a directory now, which the step did not make'],
    ['a label', { 'disk /dev/x': { label: null } }, { 'disk /dev/x': disk('gpt') }, 'a label stays', { irreversible: 'a label stays' }],
    [
      'an upgrade whose old version is gone',
      { 'package nginx': { installed: true, version: '1.0', candidate: null } },
      { 'package nginx': { installed: true, version: '1.1', candidate: null }, ...versionGone('nginx', '1.0') },
      'the old version 1.0 of nginx may no longer be available',
    ],
    [
      'a tunnel that was down',
      { 'interface sit1': { ...sit, up: false } },
      { 'interface sit1': sit },
      'drover makes sit tunnels only that are up',
    ],
    [
      'several ways of one metric',
      { 'route main 198.51.100.0/24': { routes: [way, { ...way, device: 'eth1' }], session: null } },
      { 'route main 198.51.100.0/24': { routes: [way], session: null } },
      'of several ways with metric 0 to one destination drover makes none',
    ],
    [
      'boot entries that differed',
      { 'kernelParameter quiet': { loader: 'grubby', configured: [null, ''], effective: null } },
      { 'kernelParameter quiet': { loader: 'grubby', configured: [''], effective: null } },
      'the boot entries differed in quiet',
    ],
    [
      'boot entries that follow from files',
      { 'kernelParameter quiet': { loader: 'grub.d', configured: [''], effective: null } },
      { 'kernelParameter quiet': { loader: 'grub.d', configured: [null], effective: null } },
      'no file of the boot loader that drover changed sets quiet',
    ],
    [
      'a parameter of an old Postfix',
      { 'postfix x': { exists: true, value: null, default: '' } },
      { 'postfix x': { exists: true, value: 'y', default: '' } },
      "the host's postconf cannot take x out of main.cf",
      { on: { ...base, os: { ...base.os, family: 'redhat', version: '6.10' } } },
    ],
  ])('%s', (_title, before, now, reason, undo) => {
    const result = plan(before, now, undo);
    expect(result).toMatchObject({ result: 'skipped', reason: expect.stringMatching(/^cannot be undone: /) });
    expect(result.result === 'skipped' && result.reason).toContain(reason);
  });
});

describe('what the host does not allow is refused', () => {
  it.each<[string, Readonly<Record<string, unknown>>, Literals, string]>([
    [
      'content that was never read',
      { 'file /a': { ...text('x'), content: null } },
      { 'file /a': none },
      'the content that /a had was never read',
    ],
    [
      'content that was too long',
      { 'file /a': unread('x', 5e6) },
      { 'file /a': text('y') },
      'the content that /a had is longer than drover reads (4 MiB)',
    ],
    [
      'content known by its digest',
      { 'file /a': unread('x') },
      { 'file /a': text('y') },
      'of the content that /a had only the digest was read',
    ],
    ['a directory in the way of a file', { 'file /a': text('x') }, { 'file /a': dir }, 'a directory is in the way at /a'],
    ['a directory in the way of a link', { 'file /a': toB }, { 'file /a': dir }, 'a directory is in the way at /a'],
    ['a file in the way of a directory', { 'file /a': dir }, { 'file /a': text('') }, 'a file is in the way at /a'],
    ['a link in the way of a directory', { 'file /a': dir }, { 'file /a': toB }, 'a symbolic link to /b is in the way at /a'],
    ['a fifo where nothing was', { 'file /a': none }, { 'file /a': fifo }, 'a fifo is in the way at /a'],
    [
      'a directory above that is gone',
      { 'file /s/a': text('x') },
      { 'file /s/a': none, 'file /s': none },
      'the directory /s does not exist',
    ],
    [
      'a group that is gone',
      { 'user ada': ada },
      { 'user ada': gone, 'group ada': groupOf(1), 'group adm': noGroup },
      'there is no group adm',
    ],
    ['the superuser', { 'user root': gone }, { 'user root': { ...ada, uid: 0 }, 'group root': groupOf(0) }, 'root is the superuser'],
    [
      'a unit that is gone',
      { 'service x.service': up },
      { 'service x.service': { ...up, load: 'not-found', active: 'inactive', enabled: '' } },
      'no unit x.service',
    ],
    [
      'a parameter that is gone',
      { 'sysctl a.b': { value: '1' } },
      { 'sysctl a.b': { value: null } },
      'the kernel has no parameter a.b any more',
    ],
    [
      'an attribute that is gone',
      { 'sysfs /sys/a': { value: '1' } },
      { 'sysfs /sys/a': { value: null } },
      'the kernel has no attribute /sys/a any more',
    ],
    [
      'a module that others use',
      { 'module m': moduleIn('available') },
      { 'module m': { ...moduleIn('loaded'), holders: ['n'] } },
      'it is used by n',
    ],
    [
      'a module that is in use',
      { 'module m': moduleIn('available') },
      { 'module m': { ...moduleIn('loaded'), uses: 2 } },
      'm cannot be unloaded: it is in use',
    ],
    [
      'a Postfix that is gone',
      { 'postfix x': { exists: true, value: 'a', default: '' } },
      { 'postfix x': { exists: false, value: null, default: null } },
      'the host has no Postfix',
    ],
    [
      'a service that drover could not have made',
      { 'ipvs tcp 192.0.2.80:25': oddService },
      { 'ipvs tcp 192.0.2.80:25': NO_SERVICE },
      'cannot be made by drover',
    ],
    [
      'the way of drover’s own session',
      { 'route main 198.51.100.0/24': { routes: [{ ...way, via: '192.0.2.9' }], session: over } },
      { 'route main 198.51.100.0/24': { routes: [way], session: over } },
      'may cut the SSH session',
    ],
  ])('%s', (_title, before, now, reason) => {
    const result = plan(before, now);
    expect(result.result === 'refused' ? result.reason : JSON.stringify(result)).toContain(reason);
  });

  it('the address of drover’s own session', () => {
    const on = { ...base, sshConnection: { client: '192.0.2.1', server: '192.0.2.5', serverPort: 22 } };
    const there = { present: true, hasInterface: true, label: 'eth0', scope: 'global', deprecated: false };
    const now = { 'address eth0 192.0.2.5/24': there, 'interface eth0': { ...sit, kind: null } };
    const result = plan({ 'address eth0 192.0.2.5/24': { ...there, present: false, label: null, scope: null } }, now, { on });
    expect(result).toMatchObject({ result: 'refused', reason: expect.stringContaining('SSH') });
  });
});

describe('restore steps', () => {
  it('say nothing of content that a step never looked at', () => {
    const before = { 'file /a': { ...text('x'), content: null } };
    expect(plan(before, { 'file /a': { type: 'file', ...owned, content: null } })).toEqual({ result: 'ok' });
    expect(plan(before, { 'file /a': { type: 'file', ...owned, mode: '0600', content: null } })).toMatchObject({
      changes: [{ field: 'mode', before: '0600', after: '0644' }],
      actions: [{ kind: 'setOwnership' }],
    });
  });

  it('ask for bytes only where they differ, and write over what the plan saw', () => {
    const step = restore('r/file[/a]', { undo: undoOf({ 'file /a': text('x') }), irreversible: null });
    expect(step.reads[0]).toEqual({ kind: 'file', key: '/a', content: { unless: contentOf('x').digest } });
    expect(step.fresh).toBeUndefined();
    const result = plan({ 'file /a': text('x') }, { 'file /a': text('y') });
    expect(result).toMatchObject({
      changes: [{ field: 'content', before: contentOf('y'), after: contentOf('x') }],
      actions: [{ kind: 'writeFile', path: '/a', expect: contentOf('y').digest }],
    });
  });

  it('show all of what goes away', () => {
    const result = plan({ 'file /a': none }, { 'file /a': text('y') });
    expect(result).toMatchObject({
      changes: [
        { field: 'type', before: 'file', after: null },
        { field: 'content', before: contentOf('y'), after: null },
        { field: 'mode' },
        { field: 'owner' },
        { field: 'group' },
      ],
    });
  });

  it('are decided when the steps before them are done where the original can have made a directory', () => {
    const undo = undoOf({ 'file /a': none });
    const isFresh = (id: string): boolean => restore(id, { undo, irreversible: null }).fresh === true;
    expect(['r/directory[/a]', 'r/systemdUnit[a]', 'r/user[a]', 'whatever'].map(isFresh)).toEqual([true, true, true, true]);
    expect(['r/file[/a]', 'r/line[/a directory[x]]', 'r/file[/a]#2'].map(isFresh)).toEqual([false, false, false]);
    const kept = undoOf({ 'file /a': dir });
    expect(restore('r/directory[/a]', { undo: kept, irreversible: null }).fresh).toBeUndefined();
  });

  it('name the fact in front of the field where there are several, and what they want before anything is known', () => {
    const before = { 'sysctl a.b': { value: '1' }, 'file /etc/x': text('a') };
    const fields = ['/etc/x content', 'sysctl a.b value'];
    const result = plan(before, { 'sysctl a.b': { value: '2' }, 'file /etc/x': text('b') });
    expect(result.result === 'change' && result.changes.map(({ field }) => field)).toEqual(fields);
    const step = restore('r/sysctl[x]', { undo: undoOf(before), irreversible: null });
    expect(step.wants.map(({ field }) => field)).toEqual(expect.arrayContaining(fields));
  });

  it('take the first value of a fact that was replaced twice', () => {
    const undo = [...undoOf({ 'sysctl a.b': { value: '1' } }), ...undoOf({ 'sysctl a.b': { value: '2' } })];
    const result = planOn(restore('x', { undo, irreversible: null }), { 'sysctl a.b': { value: '3' } }, base);
    expect(result).toMatchObject({ actions: [{ kind: 'setSysctl', value: '1' }] });
  });

  it('leave alone what was not known itself, such as the number of a user that was just made', () => {
    const facts = { 'user ada': { ...ada, shell: '/bin/bash' }, 'group ada': groupOf(1), 'group adm': groupOf(4) };
    const result = plan({ 'user ada': { ...ada, uid: ANY } }, facts);
    expect(result).toMatchObject({ changes: [{ field: 'shell', before: '/bin/bash', after: '/bin/sh' }] });
    expect(plan({ 'user ada': { ...ada, uid: undefined } }, { ...facts, 'user ada': { ...ada, uid: 9 } })).toEqual({ result: 'ok' });
    expect(
      plan({ 'package a': { installed: true, version: ANY } }, { 'package a': { installed: true, version: '7', candidate: null } }),
    ).toEqual({
      result: 'ok',
    });
  });

  it('install a removed package in its version, or without where the sources have another one', () => {
    const before = { 'package a': { installed: true, version: '1', candidate: null } };
    const now = { 'package a': { installed: false, version: null, candidate: null } };
    expect(plan(before, now)).toMatchObject({ actions: [{ install: ['a=1'] }], cloud: 'package' });
    expect(plan(before, { ...now, ...versionGone('a', '1') })).toMatchObject({
      actions: [{ install: ['a'] }],
      predicted: [{ value: { installed: true, version: ANY } }],
      changes: [{ field: 'version' }, { field: 'not put back', after: expect.stringContaining('a 1 is not in the package sources') }],
    });
  });

  it('move a home directory back only where its old place is free and it was not made', () => {
    const facts = { 'user ada': { ...ada, home: '/srv/ada' }, 'group ada': groupOf(1), 'group adm': groupOf(4) };
    const moveHome = (now: Literals, more: Readonly<Record<string, unknown>> = {}): unknown => {
      const result = plan({ 'user ada': ada, ...more }, { ...facts, ...now }, { id: 'r/user[ada]' });
      return result.result === 'change' && result.actions.find(({ kind }) => kind === 'changeUser');
    };
    expect(moveHome({ 'file /home/ada': none })).toMatchObject({ account: { home: '/home/ada' }, moveHome: true });
    expect(moveHome({ 'file /home/ada': dir })).toMatchObject({ moveHome: false });
    expect(moveHome({ 'file /home/ada': none, 'file /srv/ada': dir }, { 'file /srv/ada': none })).toMatchObject({ moveHome: false });
  });

  it('stop and disable a unit before its file goes', () => {
    const path = '/etc/systemd/system/x.service';
    const nowhere = { load: 'not-found', active: 'inactive', enabled: '', needsReload: false, invocation: '', ends: false };
    const result = plan(
      { [`file ${path}`]: none, 'service x.service': nowhere },
      { [`file ${path}`]: text('[Service]\n'), 'service x.service': up },
    );
    expect(result).toMatchObject({
      actions: [{ kind: 'unit', verb: 'disable' }, { kind: 'unit', verb: 'stop' }, { kind: 'remove', path }, { kind: 'daemonReload' }],
    });
  });

  it('do not count a restart, or that a stopped unit had failed', () => {
    expect(plan({ 'service x.service': up }, { 'service x.service': { ...up, invocation: 'i2' } })).toEqual({ result: 'ok' });
    const down = { ...up, active: 'inactive', enabled: 'disabled' } as const;
    expect(plan({ 'service x.service': { ...down, active: 'failed' } }, { 'service x.service': down })).toEqual({ result: 'ok' });
  });

  it('note what is not known where all that is known is as it was', () => {
    expect(plan({ 'group g': groupOf(7) }, { 'group g': groupOf(7) }, { irreversible: 'its members are not kept' })).toEqual({
      result: 'ok',
      note: 'as it was, as far as drover knows: its members are not kept',
    });
  });

  it('keep a link’s owner in mind, whom drover cannot give it back', () => {
    const result = plan({ 'file /a': { ...toB, owner: 'ada' } }, { 'file /a': none });
    expect(result.result === 'change' && result.changes.at(-1)).toMatchObject({
      after: `the link /a belonged to ada, and to ${base.as.user} now`,
    });
  });
});
