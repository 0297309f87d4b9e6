import { describe, expect, test } from 'vitest';
import { driverOptions, shownAs } from '../../../roles/ipmi-ports/driver-options.ts';
import { type IpmiParams, params } from '../../../roles/ipmi-ports/params.ts';
import role from '../../../roles/ipmi-ports/role.ts';
import type { BaseFacts, FactState } from '../../../src/model/fact.ts';
import { factId } from '../../../src/model/fact.ts';
import type { Step, StepPlan } from '../../../src/model/step.ts';
import { testBase } from '../../steps/support/host.ts';
import { viewOf } from '../../steps/support/view.ts';

const given = (changes: Readonly<Record<string, unknown>> = {}): IpmiParams =>
  params.parse({ interfaces: [{ type: 'kcs', port: '0xca2' }], ...changes });

describe('options of the driver', () => {
  const absent = { addrs: null, regspacings: null, slave_addrs: null, irqs: null };
  test.each<[string, Record<string, unknown>, Record<string, string | null>]>([
    ['a port as text', {}, { type: 'kcs', ports: '0xca2', ...absent }],
    ['a port as number', { interfaces: [{ type: 'bt', port: 228 }] }, { type: 'bt', ports: '0xe4', ...absent }],
    ['capital digits', { interfaces: [{ type: 'smic', port: '0xCA8' }] }, { type: 'smic', ports: '0xca8', ...absent }],
    [
      'two interfaces, each list with a place for both',
      {
        interfaces: [
          { type: 'kcs', port: '0xca2', irq: 5 },
          { type: 'smic', mem: '0xfed40000', regSpacing: 4, slaveAddr: 0x30 },
        ],
      },
      { type: 'kcs,smic', ports: '0xca2,0', addrs: '0,0xfed40000', regspacings: '0,4', slave_addrs: '0,0x30', irqs: '5,0' },
    ],
    ['without discovery', { disableDiscovery: true }, { type: 'kcs', ports: '0xca2', ...absent, trydmi: '0', tryacpi: '0' }],
  ])('are rendered: %s', (_title, changes, options) => {
    expect(driverOptions(given(changes))).toEqual(options);
  });

  test.each<[Record<string, unknown>, string, boolean]>([
    [{ type: 'kcs', port: '0xca2' }, 'kcs,i/o,0xca2,rsp=1,rsi=1,rsh=0,irq=0,ipmb=32', true],
    [{ type: 'kcs', port: '0xca2' }, 'kcs,i/o,0xca20,rsp=1,rsi=1,rsh=0,irq=0,ipmb=32', false],
    [{ type: 'kcs', port: '0xca2' }, 'bt,i/o,0xca2,rsp=1,rsi=1,rsh=0,irq=0,ipmb=32', false],
    [{ type: 'kcs', port: '0xca2', regSpacing: 4 }, 'kcs,i/o,0xca2,rsp=1,rsi=1,rsh=0,irq=0,ipmb=32', false],
    [{ type: 'smic', mem: '0xfed40000', regSpacing: 16, slaveAddr: 48 }, 'smic,mem,0xfed40000,rsp=16,rsi=1,rsh=0,irq=0,ipmb=48', true],
    [{ type: 'kcs', port: '0xca2', slaveAddr: 4 }, 'kcs,i/o,0xca2,rsp=1,rsi=1,rsh=0,irq=0,ipmb=48', false],
  ])('%j and what the driver shows, %s: %s', (each, shown, isSame) => {
    const [first] = given({ interfaces: [each] }).interfaces;
    if (first === undefined) throw new Error('no interface');
    expect(new RegExp(shownAs(first)).test(shown)).toBe(isSame);
  });
});

describe('parameters', () => {
  const one = (changes: Record<string, unknown>) => ({ interfaces: [{ type: 'kcs', port: '0xca2', ...changes }] });
  test.each<[string, Record<string, unknown>, string]>([
    ['no interface', { interfaces: [] }, 'interfaces: '],
    ['five interfaces', { interfaces: Array.from({ length: 5 }, () => ({ type: 'kcs', port: 1 })) }, 'interfaces: '],
    ['neither port nor mem', { interfaces: [{ type: 'kcs' }] }, 'interfaces.0: give either port or mem'],
    [
      'two at the same port',
      {
        interfaces: [
          { type: 'kcs', port: '0xca2' },
          { type: 'smic', port: 3234 },
        ],
      },
      'interfaces.1: another interface is at the same place',
    ],
    ['port and mem', one({ mem: 1 }), 'interfaces.0: give either port or mem'],
    ['an unknown type', one({ type: 'ssif' }), 'interfaces.0.type: '],
    ['a port that is too high', one({ port: 0x10000 }), "interfaces.0.port: the port must be 1 to 65535 (0xffff), such as 3234 or '0xca2'"],
    ['a port of zero', one({ port: '0x0' }), 'interfaces.0.port: the port must be 1 to 65535'],
    ['a port that is no number', one({ port: 'ca2' }), 'interfaces.0.port: the port must be 1 to 65535'],
    ['a port with shell in it', one({ port: '0xca2; reboot' }), 'interfaces.0.port: the port must be'],
    ['an odd spacing', one({ regSpacing: 2 }), 'interfaces.0.regSpacing: '],
    ['a slave address that is too high', one({ slaveAddr: 256 }), 'interfaces.0.slaveAddr: the slave address must be 1 to 255'],
    ['an unknown key', one({ ports: 1 }), 'interfaces.0: '],
    ['an unknown placement', { placement: 'grub' }, 'placement: '],
  ])('that are wrong are refused: %s', (_title, changes, message) => {
    const { error } = params.safeParse({ interfaces: [{ type: 'kcs', port: '0xca2' }], ...changes });
    expect(error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)).toEqual([expect.stringContaining(message)]);
  });
});

const base = testBase(false);
const debian: BaseFacts = { ...base, init: 'systemd' };
const el9: BaseFacts = { ...base, init: 'systemd', os: { ...base.os, family: 'redhat', version: '9.4' } };
const el6: BaseFacts = { ...base, init: 'sysv', os: { ...base.os, family: 'redhat', version: '6.10' } };
const el5: BaseFacts = { ...el6, os: { ...el6.os, version: '5.11' } };

function stepsOn(
  facts: BaseFacts,
  changes: Readonly<Record<string, unknown>> = {},
  reboot = false,
): { steps: readonly Step[]; proofs: readonly Step[] } {
  const made = role.steps({
    params: given(changes),
    facts,
    allow: { reboot, disconnect: false },
    host: { name: 'host', groups: [], vars: {} },
  });
  if ('refused' in made) throw new Error(made.refused);
  return { steps: made.steps, proofs: made.proofs ?? [] };
}

/** A host that has nothing yet: what every fact is, unless it is given. */
function nothingYet(step: Step, facts: BaseFacts, known: Readonly<Record<string, object>>): StepPlan {
  const dir = { type: 'directory', mode: '0755', owner: 'root', group: 'root' };
  const defaults: Readonly<Record<string, object>> = {
    module: { state: 'available', holders: [], uses: null },
    moduleConfig: { options: [], blacklistedBy: null },
    kernelParameter: { loader: 'none', configured: [], effective: null },
    guard: { exitCode: 0, output: '' },
  };
  const states = step.reads.map((ref): [string, FactState] => {
    const id = factId(ref);
    const file = /\.(conf|cfg|modules)$/.test(ref.key) ? { type: 'absent' } : dir;
    return [id, { state: 'known', value: (known[id] ?? defaults[ref.kind] ?? file) as never }];
  });
  return step.plan(viewOf(new Map(states), facts));
}

/** Paths of files that the steps write, and other actions, on a host that has nothing yet. */
function actionsOn(facts: BaseFacts, known: Readonly<Record<string, object>> = {}): unknown[] {
  const { steps } = stepsOn(facts);
  return steps
    .filter(({ kind }) => !['package', 'service'].includes(kind))
    .flatMap((step) => {
      const plan = nothingYet(step, facts, known);
      if (plan.result === 'refused') throw new Error(`${step.kind}: ${plan.reason}`);
      return plan.result === 'change' ? plan.actions : [];
    })
    .map((action) => (action.kind === 'writeFile' ? `${action.path}: ${Buffer.from(action.bytes)}` : action));
}

test('the driver comes before the packages, and proof behind all', () => {
  const names = (steps: readonly Step[]) => steps.map((step) => `${step.kind} ${step.subject}`);
  const { steps, proofs } = stepsOn(debian, { expectSensors: ['Fan 1', "it's"] });
  expect(names(steps)).toEqual([
    'moduleOptions ipmi_si',
    'command load the driver anew',
    'reboot host',
    'kernelModule ipmi_si',
    'kernelModule ipmi_devintf',
    'package ipmitool,openipmi',
    'service openipmi.service',
  ]);
  expect(names(proofs)).toEqual(['verify the driver has its interfaces', 'verify ipmitool chassis status', 'verify sensors']);
  expect(names(stepsOn(debian, { disableDiscovery: true }).steps)[0]).toBe('command parameters of ipmi_si');
  expect(names(stepsOn(el9).steps)).toContain('package ipmitool,OpenIPMI');
  expect(names(stepsOn(el6).steps)).toContain('service ipmi.service');
});

test('on Debian 12, where the driver is a module', () => {
  expect(actionsOn(debian)).toEqual([
    '/etc/modprobe.d/drover-ipmi_si.conf: options ipmi_si type=kcs ports=0xca2\n',
    '/etc/modules-load.d/ipmi_si.conf: ipmi_si\n',
    { kind: 'loadModule', name: 'ipmi_si' },
    '/etc/modules-load.d/ipmi_devintf.conf: ipmi_devintf\n',
    { kind: 'loadModule', name: 'ipmi_devintf' },
  ]);
});

test('on Red Hat 9 with the driver built in: grubby', () => {
  const unset = { loader: 'grubby', configured: [null], effective: null };
  const names = ['type', 'ports', 'addrs', 'regspacings', 'slave_addrs', 'irqs'];
  const known = {
    'module ipmi_si': { state: 'builtin', holders: [], uses: null },
    ...Object.fromEntries(names.map((name) => [`kernelParameter ipmi_si.${name}`, unset])),
  };
  expect(actionsOn(el9, known)).toEqual([
    { kind: 'setKernelArguments', remove: [], add: ['ipmi_si.type=kcs', 'ipmi_si.ports=0xca2'] },
    '/etc/modules-load.d/ipmi_devintf.conf: ipmi_devintf\n',
    { kind: 'loadModule', name: 'ipmi_devintf' },
  ]);
});

const RC = (name: string): string => `/etc/sysconfig/modules/${name}.modules: #!/bin/sh\nexec /sbin/modprobe ${name} >/dev/null 2>&1\n`;

test('on CentOS 5 and before 6.4, where the driver is a module: modprobe’s file, and scripts at boot', () => {
  const modules = [
    RC('ipmi_si'),
    { kind: 'loadModule', name: 'ipmi_si' },
    RC('ipmi_devintf'),
    { kind: 'loadModule', name: 'ipmi_devintf' },
  ];
  expect(actionsOn(el6)).toEqual(['/etc/modprobe.d/drover-ipmi_si.conf: options ipmi_si type=kcs ports=0xca2\n', ...modules]);
  expect(actionsOn(el5)).toEqual(['/etc/modprobe.conf: options ipmi_si type=kcs ports=0xca2\n', ...modules]);
});

test('on CentOS 6.4 and later, where it is built in: every kernel line of grub.conf', () => {
  const unset = { loader: 'grub.conf', configured: [null], effective: null };
  const { steps } = stepsOn(el6);
  const names = ['type', 'ports', 'addrs', 'regspacings', 'slave_addrs', 'irqs'];
  const text = 'title a\n\tkernel /vmlinuz-2 ro quiet\n\tinitrd /i\ntitle b\n\tkernel /vmlinuz-1 ro\n';
  const bytes = Uint8Array.from(Buffer.from(text));
  const known = {
    'module ipmi_si': { state: 'builtin', holders: [], uses: null },
    'file /boot/grub/grub.conf': {
      type: 'file',
      mode: '0600',
      owner: 'root',
      group: 'root',
      content: { kind: 'content', digest: 'x', size: text.length, bytes },
    },
    ...Object.fromEntries(names.map((name) => [`kernelParameter ipmi_si.${name}`, unset])),
  };
  const [options] = steps;
  if (options === undefined) throw new Error('no steps');
  const plan = nothingYet(options, el6, known);
  if (plan.result !== 'change') throw new Error(plan.result);
  expect(plan.actions.map((action) => (action.kind === 'writeFile' ? Buffer.from(action.bytes).toString() : action))).toEqual([
    'title a\n\tkernel /vmlinuz-2 ro quiet ipmi_si.type=kcs ipmi_si.ports=0xca2\n\tinitrd /i\ntitle b\n\tkernel /vmlinuz-1 ro ipmi_si.type=kcs ipmi_si.ports=0xca2\n',
  ]);
});
