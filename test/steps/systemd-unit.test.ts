import { describe, expect, it } from 'vitest';
import { ANY, type BaseFacts, type FileFact, type ServiceFact } from '../../src/model/fact.ts';
import { contentOf } from '../../src/steps/content.ts';
import { type SystemdUnitOptions, systemdUnit } from '../../src/steps/systemd-unit.ts';
import { renderUnit, unitTraits } from '../../src/steps/unit-file.ts';
import { testBase } from './support/host.ts';
import { type Literals, planOn } from './support/view.ts';

const root = { user: 'root', group: 'root', uid: 0, home: '/root' };
const base: BaseFacts = { ...testBase(false), init: 'systemd', as: root };
const FOLDER: FileFact = { type: 'directory', mode: '0755', owner: 'root', group: 'root' };
const absent: FileFact = { type: 'absent' };
const nowhere: ServiceFact = { load: 'not-found', active: 'inactive', enabled: '', needsReload: false, invocation: '', ends: false };
const up: ServiceFact = { load: 'loaded', active: 'active', enabled: 'enabled', needsReload: false, invocation: 'i1', ends: false };
const fileOf = (text: string): FileFact => ({ type: 'file', mode: '0644', owner: 'root', group: 'root', content: contentOf(text) });
const plan = (options: SystemdUnitOptions, facts: Literals, on = base) =>
  planOn(systemdUnit(options), { 'file /etc/systemd/system': FOLDER, ...facts }, on);
const ENABLABLE = '[Service]\nExecStart=/bin/sleep 9\n[Install]\nWantedBy=multi-user.target\n';
const UNIT = 'file /etc/systemd/system/nap.service';

describe('systemdUnit steps', () => {
  it('have nothing to do for a file that systemd has read', () => {
    expect(plan({ name: 'nap', content: ENABLABLE }, { [UNIT]: fileOf(ENABLABLE), 'service nap.service': up })).toEqual({ result: 'ok' });
  });

  it('write a new unit, let systemd read it, and know what a service step then finds', () => {
    const result = plan({ name: 'nap', content: ENABLABLE }, { [UNIT]: absent, 'service nap.service': nowhere });
    expect(result).toMatchObject({
      result: 'change',
      predicted: [
        { kind: 'file', key: '/etc/systemd/system/nap.service' },
        { kind: 'service', key: 'nap.service', value: { ...nowhere, load: 'loaded', enabled: 'disabled', invocation: ANY } },
      ],
      actions: [{ kind: 'writeFile' }, { kind: 'daemonReload' }],
    });
    expect(result).not.toHaveProperty('cloud');
  });

  it.each<[string, string, ServiceFact, object]>([
    ['without [Install] is static', '[Service]\nExecStart=/bin/true\n', nowhere, { enabled: 'static', ends: false }],
    ['with Also= only is indirect', '[Install]\nAlso=other.socket\n', nowhere, { enabled: 'indirect' }],
    ['that is a oneshot ends by itself', '[Service]\nType=oneshot\n', nowhere, { ends: true }],
    ['that is a oneshot which remains does not', '[Service]\nType = oneshot\nRemainAfterExit=true\n', nowhere, { ends: false }],
    ['that is enabled stays enabled', '[Service]\n', up, { enabled: 'enabled', active: 'active', invocation: 'i1' }],
    [
      'that could not be loaded can be now',
      ENABLABLE,
      { ...nowhere, load: 'other', enabled: 'bad' },
      { load: 'loaded', enabled: 'disabled' },
    ],
  ])('know that a unit %s', (_title, content, now, value) => {
    const result = plan({ name: 'nap', content }, { [UNIT]: fileOf('# old\n'), 'service nap.service': now });
    expect(result).toMatchObject({ predicted: [{}, { kind: 'service', value }] });
  });

  it('make systemd read a file again that changed behind its back', () => {
    expect(
      plan({ name: 'nap', content: ENABLABLE }, { [UNIT]: fileOf(ENABLABLE), 'service nap.service': { ...up, needsReload: true } }),
    ).toEqual({
      result: 'change',
      changes: [{ field: 'needs reload', before: true, after: false }],
      predicted: [{ kind: 'service', key: 'nap.service', value: up }],
      actions: [{ kind: 'daemonReload' }],
    });
  });

  it('do not bother systemd with a mode', () => {
    const result = plan({ name: 'nap', content: ENABLABLE, mode: '0600' }, { [UNIT]: fileOf(ENABLABLE), 'service nap.service': up });
    expect(result).toMatchObject({ changes: [{ field: 'mode', before: '0644', after: '0600' }], actions: [{ kind: 'setOwnership' }] });
  });

  it('make the folder of a first drop-in', () => {
    const options = { name: 'ssh', dropIn: '50-nice', sections: { Service: { Nice: 5 } } };
    const folder = '/etc/systemd/system/ssh.service.d';
    expect(plan(options, { [`file ${folder}`]: absent, [`file ${folder}/50-nice.conf`]: absent, 'service ssh.service': up })).toMatchObject(
      {
        changes: [{ field: 'type' }, { field: 'content', after: contentOf('[Service]\nNice=5\n') }, {}, {}, {}],
        predicted: [{ key: folder, value: FOLDER }, { key: `${folder}/50-nice.conf` }, { kind: 'service', value: up }],
        actions: [{ kind: 'makeDirectory', path: folder, parents: false }, { kind: 'writeFile' }, { kind: 'daemonReload' }],
      },
    );
  });

  it('leave open what a drop-in alone does not decide', () => {
    const options = { name: 'ssh', dropIn: 'x', content: '[Service]\nType=oneshot\n' };
    const facts = {
      'file /etc/systemd/system/ssh.service.d': FOLDER,
      'file /etc/systemd/system/ssh.service.d/x.conf': absent,
      'service ssh.service': up,
    };
    expect(plan(options, facts)).toMatchObject({ predicted: [{}, { value: { ...up, ends: ANY } }] });
  });

  it('say of a template that its instances are known after apply', () => {
    const step = systemdUnit({ name: 'nap@', content: ENABLABLE });
    expect(step.reads.map((read) => read.kind)).toEqual(['file', 'file']);
    expect(plan({ name: 'nap@', content: ENABLABLE }, { 'file /etc/systemd/system/nap@.service': absent })).toMatchObject({
      cloud: 'package',
    });
  });

  it('refuse a masked unit and a host without systemd', () => {
    const link: FileFact = { type: 'link', target: '/dev/null', owner: 'root', group: 'root', toDirectory: false };
    const facts = { [UNIT]: link, 'service nap.service': nowhere };
    expect(plan({ name: 'nap', content: '' }, facts)).toMatchObject({ result: 'refused' });
    expect(plan({ name: 'nap', content: '' }, facts, { ...base, init: 'sysv' })).toEqual({
      result: 'refused',
      reason: 'unit files need systemd, and this host has sysv',
    });
  });

  it.each<[SystemdUnitOptions, string]>([
    [{ name: 'nap' }, 'systemdUnit: give either content or sections of nap.service'],
    [{ name: '../x', content: '' }, 'is not the name of a unit'],
    [{ name: 'nap', content: '', dropIn: 'a/b' }, 'is not the name of a drop-in'],
    [{ name: 'nap', sections: { 'Ser]vice': {} } }, 'is not the name of a section'],
    [{ name: 'nap', sections: { Service: { 'Exec Start': 'x' } } }, 'is not the name of a setting'],
    [
      { name: 'nap', sections: { Service: { ExecStart: 'a\nUser=root' } } },
      'the value of ExecStart must be one line that does not end in a backslash',
    ],
    [
      { name: 'nap', sections: { Service: { ExecStart: 'a\\' } } },
      'the value of ExecStart must be one line that does not end in a backslash',
    ],
  ])('do not take %j', (options, message) => {
    expect(() => systemdUnit(options)).toThrow(message);
  });
});

describe('unit files', () => {
  it('are rendered from sections: lists repeat a setting, yes and no for true and false', () => {
    const sections = {
      Unit: { Description: `a "b" $c 'd' ü` },
      Service: { ExecStart: ['', '/bin/true'], RemainAfterExit: true, Nice: -5 },
    };
    expect(renderUnit(sections)).toBe(
      `[Unit]\nDescription=a "b" $c 'd' ü\n\n[Service]\nExecStart=\nExecStart=/bin/true\nRemainAfterExit=yes\nNice=-5\n`,
    );
  });

  it('are read with continued lines, comments, and the last setting', () => {
    expect(unitTraits('# Type=oneshot\n[Service]\nType=simple\nType=oneshot\n[Install]\nWantedBy=a.target \\\n b.target\n')).toEqual({
      unlinked: 'disabled',
      type: 'oneshot',
      remainAfterExit: undefined,
    });
  });
});
