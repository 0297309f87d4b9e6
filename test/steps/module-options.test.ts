import { describe, expect, it } from 'vitest';
import type { BaseFacts, FileFact } from '../../src/model/fact.ts';
import type { KernelParameterFact, ModuleConfigFact, ModuleFact } from '../../src/model/kernel-fact.ts';
import { contentOf } from '../../src/steps/content.ts';
import { type ModuleOptionsOptions, moduleOptions } from '../../src/steps/module-options.ts';
import { testBase } from './support/host.ts';
import { type Literals, planOn } from './support/view.ts';

const FILE = '/etc/modprobe.d/drover-ipmi_si.conf';
const DROP_IN = '/etc/default/grub.d/50-drover-ipmi_si.cfg';
const owned = { mode: '0644', owner: 'root', group: 'root' };
const dir: FileFact = { type: 'directory', ...owned, mode: '0755' };
const none: FileFact = { type: 'absent' };
const text = (content: string): FileFact => ({ type: 'file', ...owned, content: contentOf(content) });
const module = (state: ModuleFact['state']): ModuleFact => ({ state, holders: [], uses: null });
const unset: KernelParameterFact = { loader: 'grub.d', configured: [null], effective: null, settings: [] };
const WANTED = { type: 'kcs', ports: '0xca2' };
const base = testBase(false);
const redhat = (version: string): BaseFacts => ({ ...base, os: { ...base.os, family: 'redhat', version } });

interface Now {
  readonly state?: ModuleFact['state'];
  readonly file?: FileFact;
  readonly others?: ModuleConfigFact['options'];
  readonly boot?: Readonly<Record<string, KernelParameterFact>>;
  readonly more?: Literals;
}

function plan(options: Partial<ModuleOptionsOptions>, now: Now = {}, on: BaseFacts = base) {
  const step = moduleOptions({ module: 'ipmi_si', options: WANTED, ...options });
  const boot = step.reads.flatMap(({ kind, key }) =>
    kind === 'kernelParameter' ? [[`kernelParameter ${key}`, now.boot?.[key.replace('ipmi_si.', '')] ?? unset] as const] : [],
  );
  const files = ['/etc', '/etc/modprobe.d', '/etc/default', '/etc/default/grub.d', '/boot/grub'].map(
    (path) => [`file ${path}`, dir] as const,
  );
  const absent = [FILE, DROP_IN, '/etc/modprobe.conf', '/boot/grub/grub.conf'].map((path) => [`file ${path}`, none] as const);
  return planOn(
    step,
    {
      'module ipmi_si': module(now.state ?? 'available'),
      'moduleConfig ipmi_si': { options: now.others ?? [], blacklistedBy: null },
      ...Object.fromEntries([...boot, ...files, ...absent]),
      [`file ${FILE}`]: now.file ?? none,
      ...now.more,
    },
    on,
  );
}
const content = (value: string) => ({ digest: contentOf(value).digest });

describe('options of a module, in modprobe.d', () => {
  it.each<[string, Partial<ModuleOptionsOptions>, Now]>([
    ['as wanted', {}, { file: text('options ipmi_si type=kcs ports=0xca2\n') }],
    [
      'over several lines, with others',
      {},
      { file: text('# x\noptions ipmi-si type=bt \\\n  irqs=5\noptions ipmi_si ports=0xca2 type=kcs') },
    ],
    [
      'also in another file, with the same value',
      {},
      {
        file: text('options ipmi_si type=kcs ports=0xca2\n'),
        others: [{ file: '/etc/modprobe.d/a.conf', parameters: { type: 'kcs', irqs: '5' } }],
      },
    ],
    ['not set', { options: { ports: null } }, {}],
    ['in a loaded module', {}, { state: 'loaded', file: text('options ipmi_si type=kcs ports=0xca2\n') }],
  ])('are right when they are %s', (_title, options, now) => {
    expect(plan(options, now)).toEqual({ result: 'ok' });
  });

  it('go into a file of their own', () => {
    expect(plan({})).toMatchObject({
      changes: [
        { field: 'type', before: null, after: 'kcs' },
        { field: 'ports', before: null, after: '0xca2' },
        { field: 'type', before: null, after: 'file' },
        { field: 'content', after: content('options ipmi_si type=kcs ports=0xca2\n') },
        { field: 'mode' },
        { field: 'owner' },
        { field: 'group' },
      ],
      predicted: [{ kind: 'file', key: FILE }],
      actions: [{ kind: 'writeFile', path: FILE }],
    });
  });

  it.each<[string, Partial<ModuleOptionsOptions>, string]>([
    ['options ipmi_si type=kcs ports=0xca8\n', {}, 'options ipmi_si type=kcs ports=0xca2\n'],
    ['# a\noptions ipmi_si irqs=5 type=bt\nb\noptions ipmi_si ports=1', {}, '# a\noptions ipmi_si irqs=5 type=kcs ports=0xca2\nb\n'],
    ['options ipmi_si type=bt \\\n ports=1\nx\n', {}, 'options ipmi_si type=kcs ports=0xca2\nx\n'],
    ['options ipmi_si type=kcs irqs="5" ports=0xca2\n', { options: { irqs: null } }, 'options ipmi_si type=kcs ports=0xca2\n'],
    ['options ipmi_si irqs=5\nna\xefve\n', { options: { irqs: null } }, 'na\xefve\n'],
    ['options ipmi_sim type=bt\n', {}, 'options ipmi_sim type=bt\noptions ipmi_si type=kcs ports=0xca2\n'],
  ])('are put in order in %j', (before, options, after) => {
    expect(plan(options, { file: text(before) })).toMatchObject({
      actions: [{ kind: 'writeFile', bytes: Uint8Array.from(Buffer.from(after)) }],
    });
  });

  it('go into modprobe.conf on Red Hat 5, whose other lines stay', () => {
    const more = { 'file /etc/modprobe.conf': text('alias eth0 e1000\n') };
    expect(plan({}, { more }, redhat('5.11'))).toMatchObject({
      actions: [
        { path: '/etc/modprobe.conf', bytes: Uint8Array.from(Buffer.from('alias eth0 e1000\noptions ipmi_si type=kcs ports=0xca2\n')) },
      ],
    });
    expect(plan({}, {}, redhat('6.10'))).toMatchObject({ actions: [{ path: FILE }] });
  });

  it.each<[string, Partial<ModuleOptionsOptions>, Now, string]>([
    ['the kernel does not have the module', {}, { state: 'absent' }, 'the running kernel has no module ipmi_si'],
    [
      'another file sets one to something else',
      {},
      { others: [{ file: '/etc/modprobe.d/ipmi.conf', parameters: { ports: '0xca8' } }] },
      '/etc/modprobe.d/ipmi.conf sets ipmi_si ports=0xca8 as well; remove it there, or name that file in file',
    ],
    [
      'another file sets one that shall not be set',
      { options: { irqs: null } },
      { others: [{ file: '/etc/modprobe.d/ipmi.conf', parameters: { irqs: '5' } }] },
      'sets ipmi_si irqs=5 as well',
    ],
    [
      'the running kernel’s command line sets one to something else',
      {},
      { boot: { ports: { ...unset, effective: '0xca8' } } },
      "the kernel's command line sets ipmi_si.ports=0xca8, which counts more than modprobe.d",
    ],
    ['a boot entry sets one to something else', {}, { boot: { type: { ...unset, configured: [null, 'bt'] } } }, 'sets ipmi_si.type=bt'],
    ['it is built in and modprobe.d is asked for', { placement: 'modprobe' }, { state: 'builtin' }, 'which never reads modprobe.d'],
    [
      'a link is in place of the file',
      {},
      { file: { type: 'link', target: '/x', owner: 'root', group: 'root', toDirectory: false } },
      'is a symbolic link to /x',
    ],
  ])('are refused where %s', (_title, options, now, reason) => {
    expect(plan(options, now)).toEqual({ result: 'refused', reason: expect.stringContaining(reason) });
  });
});

describe('options of a module, on the command line', () => {
  const there = (loader: KernelParameterFact['loader'], effective: boolean): NonNullable<Now['boot']> => ({
    type: { loader, configured: ['kcs'], effective: effective ? 'kcs' : null },
    ports: { loader, configured: ['0xca2'], effective: effective ? '0xca2' : null },
  });

  it('are used where the module is built in', () => {
    expect(plan({}, { state: 'builtin' })).toMatchObject({
      changes: [
        { field: 'ipmi_si.type', before: null, after: 'kcs' },
        { field: 'ipmi_si.ports', before: null, after: '0xca2' },
        { field: 'type', after: 'file' },
        { field: 'content', after: content('GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX ipmi_si.type=kcs ipmi_si.ports=0xca2"\n') },
        { field: 'mode' },
        { field: 'owner' },
        { field: 'group' },
      ],
      predicted: [
        { kind: 'kernelParameter', key: 'ipmi_si.type', value: { loader: 'grub.d', configured: ['kcs'], effective: null } },
        { kind: 'kernelParameter', key: 'ipmi_si.ports' },
        { kind: 'file', key: DROP_IN },
      ],
      actions: [{ kind: 'writeFile', path: DROP_IN }, { kind: 'updateGrub' }],
    });
  });

  it('are changed by one call of grubby each for removing and adding', () => {
    const boot = {
      type: { ...unset, loader: 'grubby' as const },
      ports: { ...unset, loader: 'grubby' as const, configured: ['0xca8', null] },
    };
    expect(plan({}, { state: 'builtin', boot }, redhat('9.4'))).toMatchObject({
      changes: [{ before: null }, { before: '0xca8, not in all', after: '0xca2' }],
      actions: [{ kind: 'setKernelArguments', remove: ['ipmi_si.ports'], add: ['ipmi_si.type=kcs', 'ipmi_si.ports=0xca2'] }],
    });
  });

  it('are right when every entry has them, and note that the running kernel has not', () => {
    expect(plan({ placement: 'cmdline' }, { boot: there('grubby', true) }, redhat('9.4'))).toEqual({ result: 'ok' });
    expect(plan({ placement: 'cmdline' }, { boot: there('grubby', false) }, redhat('9.4'))).toEqual({
      result: 'ok',
      note: 'effective after a reboot: the running kernel was booted without ipmi_si.type, without ipmi_si.ports',
    });
  });
});

describe('moduleOptions', () => {
  it.each<[object, string]>([
    [{ module: 'a b' }, 'moduleOptions: "a b" is no name of a kernel module'],
    [{ options: {} }, 'say at least one parameter of ipmi_si'],
    [{ options: { 'a b': 1 } }, '"a b" is no name of a parameter'],
    [{ options: { ports: "'; $(id)" } }, 'value "\'; $(id)" of ipmi_si.ports must be made of letters'],
    [{ options: { ports: 'a\nb' } }, 'must be made of letters'],
    [{ options: { ports: 'ï' } }, 'must be made of letters'],
    [{ options: { ports: true } }, 'must be made of letters'],
    [{ placement: 'grub' }, "placement \"grub\" must be 'auto', 'modprobe' or 'cmdline'"],
    [{ file: 'x.conf' }, 'must be absolute'],
    [{ file: '/etc/modprobe.d/x' }, 'must end in .conf'],
  ])('does not take %j', (options, message) => {
    expect(() => moduleOptions({ module: 'ipmi_si', options: WANTED, ...options } as ModuleOptionsOptions)).toThrow(message);
  });
});
