import { describe, expect, it } from 'vitest';
import { serviceReader } from '../../src/facts/service.ts';
import type { FactRequest, InitSystem } from '../../src/model/fact.ts';
import { testBase } from '../steps/support/host.ts';

const request = (key: string): FactRequest<'service'> => ({ kind: 'service', key });

function parse(init: InitSystem, pieces: readonly string[], keys: readonly string[]): Record<string, unknown> {
  const facts = serviceReader.parse(
    pieces.map((piece) => Buffer.from(piece)),
    keys.map(request),
    { ...testBase(false), init },
  );
  return Object.fromEntries([...facts].map(([key, state]) => [key, state.state === 'known' ? state.value : state]));
}

/** As systemd 252 prints it; timers and sockets have no Type. */
function block(id: string, fields: Readonly<Record<string, string>>): string {
  const all = {
    Type: 'simple',
    RemainAfterExit: 'no',
    Id: id,
    Names: id,
    LoadState: 'loaded',
    ActiveState: 'active',
    UnitFileState: 'enabled',
    NeedDaemonReload: 'no',
    InvocationID: '681977ad2db44f15b4b48cf69cee9165',
    ...fields,
  };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

const RUNNING = {
  load: 'loaded',
  active: 'active',
  enabled: 'enabled',
  needsReload: false,
  invocation: '681977ad2db44f15b4b48cf69cee9165',
  ends: false,
};
const OFF = { ActiveState: 'inactive', InvocationID: '' };

describe('facts of services', () => {
  it.each<[string, string, Readonly<Record<string, string>>, object]>([
    ['a running service', 'ssh.service', {}, RUNNING],
    ['an alias', 'sshd.service', { Id: 'ssh.service', Names: 'ssh.service sshd.service' }, RUNNING],
    [
      'a unit that is not there',
      'nope.service',
      { ...OFF, Type: '', LoadState: 'not-found', UnitFileState: '' },
      { ...RUNNING, load: 'not-found', active: 'inactive', enabled: '', invocation: '' },
    ],
    [
      'a masked unit',
      'rsync.service',
      { ...OFF, LoadState: 'masked', UnitFileState: 'masked' },
      { ...RUNNING, load: 'masked', active: 'inactive', enabled: 'masked', invocation: '' },
    ],
    [
      'a unit with a bad file',
      'bad.service',
      { ...OFF, LoadState: 'bad-setting' },
      { ...RUNNING, load: 'other', active: 'inactive', invocation: '' },
    ],
    ['a service that reloads', 'a.service', { ActiveState: 'reloading' }, RUNNING],
    ['a service that is just starting', 'a.service', { ActiveState: 'activating' }, { ...RUNNING, active: 'other' }],
    ['a unit that changed on disk', 'a.service', { NeedDaemonReload: 'yes' }, { ...RUNNING, needsReload: true }],
    [
      'a oneshot that ends by itself',
      'a.service',
      { ...OFF, Type: 'oneshot' },
      { ...RUNNING, active: 'inactive', invocation: '', ends: true },
    ],
    ['a oneshot that remains', 'a.service', { Type: 'oneshot', RemainAfterExit: 'yes' }, RUNNING],
    ['an enabled instance', 'nap@500.service', {}, RUNNING],
    ['an escaped name', 'a\\x2db.mount', { Names: '"a\\\\x2db.mount"' }, RUNNING],
  ])('shows %s', (_title, key, fields, fact) => {
    expect(parse('systemd', [block(key, fields), ''], [key])).toEqual({ [key]: fact });
  });

  it('keeps apart many units, in whatever order they come', () => {
    const output = [block('b.timer', { UnitFileState: 'static' }), block('a.service', OFF)].join('\n');
    expect(parse('systemd', [output, ''], ['a.service', 'b.timer'])).toMatchObject({
      'a.service': { active: 'inactive' },
      'b.timer': { active: 'active', enabled: 'static' },
    });
  });

  it('takes enablement of an init script under systemd from its runlevel links', () => {
    const output = block('lamp.service', { UnitFileState: 'generated', Type: 'forking', RemainAfterExit: 'yes' });
    expect(parse('systemd', [output, '/etc/init.d/lamp\n/etc/rc2.d/S01lamp\n'], ['lamp.service'])).toMatchObject({
      'lamp.service': { enabled: 'enabled' },
    });
    expect(parse('systemd', [output, '/etc/init.d/lamp\n'], ['lamp.service'])).toMatchObject({ 'lamp.service': { enabled: 'disabled' } });
    expect(parse('systemd', [output, ''], ['lamp.service'])).toMatchObject({ 'lamp.service': { enabled: 'generated' } });
  });

  it.each<[string, string, object]>([
    ['running', 'lamp 0\n', { load: 'loaded', active: 'active' }],
    ['dead with a pid file', 'lamp 1\n', { active: 'failed' }],
    ['stopped', 'lamp 3\n', { active: 'inactive' }],
    ['crashed (OpenRC)', 'lamp 32\n', { active: 'failed' }],
    ['of unknown state', 'lamp 4\n', { active: 'other' }],
    ['not there', '', { load: 'not-found', active: 'inactive' }],
  ])('shows an init script that is %s', (_title, output, fact) => {
    expect(parse('sysv', [output, ''], ['lamp.service'])).toMatchObject({ 'lamp.service': fact });
  });

  it('takes links of other scripts with a similar name for what they are', () => {
    const links = '/etc/init.d/lamp\n/etc/rc2.d/S01lamplight\n/etc/runlevels/default/lam\n';
    expect(parse('openrc', ['lamp 0\n', links], ['lamp.service'])).toMatchObject({ 'lamp.service': { enabled: 'disabled' } });
    expect(parse('openrc', ['lamp 0\n', `${links}/etc/runlevels/default/lamp\n`], ['lamp.service'])).toMatchObject({
      'lamp.service': { enabled: 'enabled' },
    });
  });

  it('asks systemd once for all units', () => {
    const script = serviceReader.script(['a.service', 'b.timer'].map(request), { ...testBase(false), init: 'systemd' });
    expect(script.split(';')[0]).toBe(
      'systemctl show --no-pager --property=Id,Names,LoadState,ActiveState,UnitFileState,NeedDaemonReload,InvocationID,Type,RemainAfterExit -- a.service b.timer 2>/dev/null',
    );
  });

  it('cannot be read without an init system', () => {
    expect(parse('none', [''], ['a.service'])).toEqual({ 'a.service': { state: 'unreadable', reason: 'the host has no init system' } });
  });
});
