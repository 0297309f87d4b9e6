import { describe, expect, it } from 'vitest';
import { ANY, type BaseFacts, type FileFact } from '../../src/model/fact.ts';
import type { ModuleConfigFact, ModuleFact } from '../../src/model/kernel-fact.ts';
import { contentOf } from '../../src/steps/content.ts';
import { type KernelModuleOptions, kernelModule } from '../../src/steps/kernel-module.ts';
import { testBase } from './support/host.ts';
import { planOn } from './support/view.ts';

const LIST = '/etc/modules-load.d/ipmi_si.conf';
const SCRIPT = '/etc/sysconfig/modules/ipmi_si.modules';
const owned = { mode: '0644', owner: 'root', group: 'root' };
const dir: FileFact = { type: 'directory', ...owned, mode: '0755' };
const none: FileFact = { type: 'absent' };
const text = (content: string, mode = '0644'): FileFact => ({ type: 'file', ...owned, mode, content: contentOf(content) });
const loaded: ModuleFact = { state: 'loaded', holders: ['acpi_ipmi'], uses: 1 };
const free: ModuleFact = { state: 'loaded', holders: [], uses: 0 };
const available: ModuleFact = { state: 'available', holders: [], uses: null };
const builtin: ModuleFact = { ...available, state: 'builtin' };
const absent: ModuleFact = { ...available, state: 'absent' };

const base = testBase(false);
const systemd: BaseFacts = { ...base, init: 'systemd' };
const el6: BaseFacts = { ...base, init: 'sysv', os: { ...base.os, family: 'redhat', version: '6.10' } };

interface Now {
  readonly module?: ModuleFact;
  readonly config?: ModuleConfigFact;
  readonly list?: FileFact;
  readonly script?: FileFact;
}

function plan(options: Partial<KernelModuleOptions>, now: Now = {}, on: BaseFacts = systemd) {
  return planOn(
    kernelModule({ name: 'ipmi_si', ...options }),
    {
      'module ipmi_si': now.module ?? available,
      'moduleConfig ipmi_si': now.config ?? { options: [], blacklistedBy: null },
      [`file ${LIST}`]: now.list ?? none,
      'file /etc/modules-load.d': dir,
      [`file ${SCRIPT}`]: now.script ?? none,
      'file /etc/sysconfig/modules': dir,
    },
    on,
  );
}

const RC = '#!/bin/sh\nexec /sbin/modprobe ipmi_si >/dev/null 2>&1\n';

describe('a kernel module', () => {
  it.each<[string, Partial<KernelModuleOptions>, Now, BaseFacts?]>([
    ['loaded and in its file', {}, { module: loaded, list: text('ipmi_si\n') }],
    ['loaded, and in its file among others', {}, { module: loaded, list: text('# x\n ipmi-si \nipmi_devintf') }],
    ['built in, without a file', {}, { module: builtin }],
    ['loaded, boot left alone', { atBoot: null }, { module: loaded }],
    ['neither loaded nor in a file', { loaded: false }, {}],
    ['not even there, where it shall not be loaded', { loaded: false }, { module: absent }],
    ['at boot, whether it is loaded now or not', { loaded: null, atBoot: true }, { module: loaded, list: text('ipmi_si\n') }],
    ['at boot only', { loaded: false, atBoot: true }, { list: text('ipmi_si\n') }],
    ['loaded, with its script on Red Hat 6', {}, { module: loaded, script: text(RC, '0755') }, el6],
  ])('is right when it is %s', (_title, options, now, on) => {
    expect(plan(options, now, on)).toEqual({ result: 'ok' });
  });

  it('is loaded now and at boot', () => {
    expect(plan({})).toEqual({
      result: 'change',
      changes: [
        { field: 'loaded', before: false, after: true },
        { field: 'atBoot', before: false, after: true },
        { field: 'type', before: null, after: 'file' },
        { field: 'content', before: null, after: contentOf(Uint8Array.from(Buffer.from('ipmi_si\n'))) },
        { field: 'mode', before: null, after: '0644' },
        { field: 'owner', before: null, after: base.as.user },
        { field: 'group', before: null, after: base.as.group },
      ],
      cloud: 'package',
      predicted: [
        { kind: 'module', key: 'ipmi_si', value: { state: 'loaded', holders: ANY, uses: ANY } },
        expect.objectContaining({ kind: 'file', key: LIST }),
      ],
      actions: [expect.objectContaining({ kind: 'writeFile', path: LIST }), { kind: 'loadModule', name: 'ipmi_si' }],
    });
  });

  it.each<[string, string]>([
    ['ipmi_devintf', 'ipmi_devintf\nipmi_si\n'],
    ['# mine\nipmi-si x\nx\n', '# mine\nipmi_si\nx\n'],
    ['ipmi_si ports=0xca2\nipmi_si\n', 'ipmi_si\n'],
  ])('is named in its file once, without options, in %j', (before, after) => {
    expect(plan({}, { module: loaded, list: text(before) })).toMatchObject({
      actions: [{ kind: 'writeFile', bytes: Uint8Array.from(Buffer.from(after)) }],
    });
  });

  it('is unloaded, and its file goes when nothing else is in it', () => {
    expect(plan({ loaded: false }, { module: free, list: text('ipmi_si\n') })).toMatchObject({
      changes: [
        { field: 'loaded', before: true, after: false },
        { field: 'atBoot', before: true, after: false },
      ],
      actions: [
        { kind: 'remove', path: LIST },
        { kind: 'unloadModule', name: 'ipmi_si' },
      ],
    });
    expect(plan({ loaded: false }, { list: text('ipmi_si\nx\n') })).toMatchObject({ actions: [{ kind: 'writeFile', path: LIST }] });
  });

  it('has a script that rc.sysinit runs on Red Hat 6', () => {
    expect(plan({}, {}, el6)).toMatchObject({
      changes: expect.arrayContaining([
        { field: 'atBoot', before: false, after: true },
        { field: 'mode', before: null, after: '0755' },
      ]),
      actions: [{ path: SCRIPT, bytes: Uint8Array.from(Buffer.from(RC)), ownership: { mode: '0755' } }, { kind: 'loadModule' }],
    });
    expect(plan({}, { module: loaded, script: text(RC, '0644') }, el6)).toMatchObject({
      changes: [
        { field: 'atBoot', before: false, after: true },
        { field: 'mode', before: '0644', after: '0755' },
      ],
    });
  });

  it.each<[string, Partial<KernelModuleOptions>, Now, BaseFacts, string]>([
    ['is not there', {}, { module: absent }, systemd, 'the running kernel has no module ipmi_si'],
    [
      'is built in and shall go',
      { loaded: false },
      { module: builtin },
      systemd,
      'ipmi_si is built into the kernel and cannot be unloaded',
    ],
    ['is held', { loaded: false }, { module: loaded }, systemd, 'ipmi_si cannot be unloaded: it is used by acpi_ipmi'],
    [
      'is blacklisted',
      {},
      { config: { options: [], blacklistedBy: '/etc/modprobe.d/b.conf' } },
      systemd,
      '/etc/modprobe.d/b.conf blacklists',
    ],
    ['has no file that is known', {}, {}, { ...base, init: 'sysv' }, 'no way is known to have modules loaded at boot with init sysv'],
    ['has a directory in place of its file', {}, { list: dir }, systemd, `a directory is in the way at ${LIST}`],
    [
      'has a link in place of its file',
      {},
      { list: { type: 'link', target: '/x', owner: 'root', group: 'root', toDirectory: false } },
      systemd,
      'is a symbolic link to /x',
    ],
  ])('is refused where it %s', (_title, options, now, on, reason) => {
    expect(plan(options, now, on)).toEqual({ result: 'refused', reason: expect.stringContaining(reason) });
  });

  it('has one name, with underscores', () => {
    expect(kernelModule({ name: 'sit-tunnel' }).subject).toBe('sit_tunnel');
  });

  it.each<[object, string]>([
    [{ name: '' }, 'kernelModule: "" is no name of a kernel module, such as ipmi_si'],
    [{ name: 'a b' }, 'is no name'],
    [{ name: '-r' }, 'is no name'],
    [{ name: "a'$(id)" }, 'is no name'],
    [{ name: '../x' }, 'is no name'],
    [{ name: 'ï' }, 'is no name'],
    [{ name: 'a\nb' }, 'is no name'],
    [{ loaded: 'yes' }, 'loaded and atBoot of ipmi_si must be true or false'],
    [{ loaded: null }, 'at most one of them null'],
  ])('does not take %j', (options, message) => {
    expect(() => kernelModule({ name: 'ipmi_si', ...options } as KernelModuleOptions)).toThrow(message);
  });
});
