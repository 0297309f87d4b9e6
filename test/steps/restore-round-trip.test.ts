import { describe, expect, it } from 'vitest';
import { ANY, type BaseFacts, type FactKind, type FactValues, type FileFact, factId, type ServiceFact } from '../../src/model/fact.ts';
import { NO_SERVICE } from '../../src/model/ipvs-fact.ts';
import type { InterfaceFact, RouteEntry } from '../../src/model/network-fact.ts';
import type { UndoFact } from '../../src/model/run.ts';
import type { Prediction, Step, StepPlan } from '../../src/model/step.ts';
import { foldAll } from '../../src/plan/fold.ts';
import { firstDifference } from '../../src/plan/verify.ts';
import { makeWorld } from '../../src/plan/world.ts';
import { absent } from '../../src/steps/absent.ts';
import { address } from '../../src/steps/address.ts';
import { block } from '../../src/steps/block.ts';
import { contentOf } from '../../src/steps/content.ts';
import { directory } from '../../src/steps/directory.ts';
import { file } from '../../src/steps/file.ts';
import { group } from '../../src/steps/group.ts';
import { ini } from '../../src/steps/ini.ts';
import { ipvsServer } from '../../src/steps/ipvs-server.ts';
import { ipvsService } from '../../src/steps/ipvs-service.ts';
import { kernelModule } from '../../src/steps/kernel-module.ts';
import { kernelParameter } from '../../src/steps/kernel-parameter.ts';
import { line } from '../../src/steps/line.ts';
import { link } from '../../src/steps/link.ts';
import { moduleOptions } from '../../src/steps/module-options.ts';
import { pkg } from '../../src/steps/package.ts';
import { postfixSetting } from '../../src/steps/postfix-setting.ts';
import { restore } from '../../src/steps/restore.ts';
import { route } from '../../src/steps/route.ts';
import { service } from '../../src/steps/service.ts';
import { sysctl } from '../../src/steps/sysctl.ts';
import { sysfs } from '../../src/steps/sysfs.ts';
import { systemdUnit } from '../../src/steps/systemd-unit.ts';
import { tunnel } from '../../src/steps/tunnel.ts';
import { user } from '../../src/steps/user.ts';
import { testBase } from './support/host.ts';
import { type Literals, planOn } from './support/view.ts';

const as = { user: 'root', group: 'root', uid: 0, home: '/root' };
const base: BaseFacts = { ...testBase(false), init: 'systemd', packageManager: 'apt', as };
const redhat = (version: string): BaseFacts => ({ ...base, packageManager: 'dnf', os: { ...base.os, family: 'redhat', version } });

const owned = { mode: '0644', owner: 'root', group: 'root' };
const none: FileFact = { type: 'absent' };
const dir: FileFact = { type: 'directory', ...owned, mode: '0755' };
const text = (content: string): FileFact => ({ type: 'file', ...owned, content: contentOf(content) });
const to = (target: string): FileFact => ({ type: 'link', target, owner: 'root', group: 'root', toDirectory: false });
const up: ServiceFact = { load: 'loaded', active: 'active', enabled: 'enabled', needsReload: false, invocation: 'i1', ends: false };
const down: ServiceFact = { ...up, active: 'inactive', enabled: 'disabled', invocation: '' };
const nowhere: ServiceFact = { ...down, load: 'not-found', enabled: '' };
const at = (version: string): FactValues['package'] => ({ installed: true, version, candidate: null });
const missing: FactValues['package'] = { installed: false, version: null, candidate: null };
const ada = { exists: true, uid: 1001, group: 'ada', groups: ['adm'], comment: 'Ada', home: '/home/ada', shell: '/bin/sh' };
const nobody = { exists: false, uid: null, group: null, groups: [], comment: null, home: null, shell: null };
const gid = (number: number) => ({ exists: true, gid: number });
const noGroup = { exists: false, gid: null };
const there = { present: true, hasInterface: true, label: 'eth0', scope: 'global', deprecated: false };
const gone = { present: false, hasInterface: true, label: null, scope: null, deprecated: false };
const sit: InterfaceFact = {
  ...{ exists: true, up: true, mtu: 1480, ipv6Mtu: 1480, kind: 'sit', local: '192.0.2.2', remote: '192.0.2.1', ttl: 64, session: false },
};
const noLink: InterfaceFact = {
  ...sit,
  exists: false,
  up: false,
  mtu: null,
  ipv6Mtu: null,
  kind: null,
  local: null,
  remote: null,
  ttl: null,
};
const way: RouteEntry = { type: 'unicast', via: null, device: 'eth0', source: null, metric: 0 };
const routes = (...all: RouteEntry[]) => ({ routes: all, session: null });
const SERVICE = { protocol: 'tcp', address: '192.0.2.80', port: 25 } as const;
const real = (host: number, weight: number) => ({ address: `192.0.2.${host}`, port: 25, method: 'dr', weight }) as const;
const virtual = (...servers: ReturnType<typeof real>[]): FactValues['ipvs'] => ({
  ...NO_SERVICE,
  ...{ exists: true, scheduler: 'wlc', persistentSec: 60, servers },
  connections: Object.fromEntries(servers.map((each) => [`${each.address}:25`, { active: 0, inactive: 0 }])),
});
const DROP_IN = '/etc/default/grub.d/50-drover-iommu.cfg';
const GRUB_FILES: Literals = {
  'file /etc/default/grub.d': dir,
  [`file ${DROP_IN}`]: none,
  'file /boot/grub/grub.conf': text('kernel /vmlinuz ro\n'),
};
const noParameter = { configured: [null], effective: null };

/** A step on facts, and the kinds of the actions that put them back. */
interface Case {
  readonly title: string;
  readonly step: Step;
  readonly facts: Literals;
  readonly actions: readonly string[];
  readonly on?: BaseFacts;
  /** What the host makes of parts that only it decides. */
  readonly host?: Literals;
  /** What is said to be not put back. */
  readonly lost?: RegExp;
}

const CASES: readonly Case[] = [
  { title: 'file: new', step: file({ path: '/etc/a', content: 'x' }), facts: { 'file /etc/a': none }, actions: ['remove'] },
  {
    title: 'file: rewritten',
    step: file({ path: '/etc/a', content: 'x', mode: '0600' }),
    facts: { 'file /etc/a': text('y') },
    actions: ['writeFile'],
  },
  {
    title: 'file: mode',
    step: file({ path: '/etc/a', mode: '0600' }),
    facts: { 'file /etc/a': { type: 'file', ...owned, content: null } },
    actions: ['setOwnership'],
  },
  {
    title: 'file: in place of a link',
    step: file({ path: '/etc/a', content: 'x', link: 'replace' }),
    facts: { 'file /etc/a': to('b') },
    actions: ['makeLink'],
  },
  {
    title: 'file: with an odd name',
    step: file({ path: "/etc/it's \n$(id)", content: '' }),
    facts: { "file /etc/it's \n$(id)": text('\0\xff') },
    actions: ['writeFile'],
  },
  { title: 'absent: a file', step: absent({ path: '/etc/a' }), facts: { 'file /etc/a': text('y') }, actions: ['writeFile'] },
  { title: 'absent: a link', step: absent({ path: '/etc/a' }), facts: { 'file /etc/a': to('/b c') }, actions: ['makeLink'] },
  {
    title: 'absent: a directory',
    step: absent({ path: '/etc/a' }),
    facts: { 'file /etc/a': { ...dir, mode: '2750', group: 'adm' } },
    actions: ['makeDirectory'],
  },
  {
    title: 'absent: a full directory',
    step: absent({ path: '/etc/a', recursive: true }),
    facts: { 'file /etc/a': dir },
    actions: ['makeDirectory'],
    lost: /what is in the directory/,
  },
  {
    title: 'directory: with parents',
    step: directory({ path: '/srv/a/b', parents: true }),
    facts: { 'file /srv/a/b': none, 'file /srv/a': none, 'file /srv': dir },
    actions: ['remove', 'remove'],
  },
  {
    title: 'directory: its owner',
    step: directory({ path: '/srv/a', owner: 'ada' }),
    facts: { 'file /srv/a': dir, 'file /srv': dir },
    actions: ['setOwnership'],
  },
  { title: 'link: new', step: link({ path: '/etc/a', target: 'b' }), facts: { 'file /etc/a': none }, actions: ['remove'] },
  { title: 'link: another target', step: link({ path: '/etc/a', target: 'b' }), facts: { 'file /etc/a': to('c') }, actions: ['makeLink'] },
  {
    title: 'link: in place of a file',
    step: link({ path: '/etc/a', target: 'b', force: true }),
    facts: { 'file /etc/a': text('c') },
    actions: ['writeFile'],
  },
  { title: 'line', step: line({ path: '/etc/a', line: 'x' }), facts: { 'file /etc/a': text('a\r\nb') }, actions: ['writeFile'] },
  { title: 'block', step: block({ path: '/etc/a', name: 'n', block: 'x' }), facts: { 'file /etc/a': text('') }, actions: ['writeFile'] },
  {
    title: 'ini',
    step: ini({ path: '/etc/a', section: 's', key: 'k', value: 'v' }),
    facts: { 'file /etc/a': text('[s]\nk=w\n') },
    actions: ['writeFile'],
  },
  {
    title: 'systemdUnit: new',
    step: systemdUnit({ name: 'nap', content: '[Service]\nExecStart=/bin/true\n' }),
    facts: { 'file /etc/systemd/system/nap.service': none, 'service nap.service': nowhere },
    actions: ['remove', 'daemonReload'],
  },
  {
    title: 'systemdUnit: a changed one',
    step: systemdUnit({ name: 'nap', content: '[Service]\nType=oneshot\n' }),
    facts: { 'file /etc/systemd/system/nap.service': text('[Service]\n'), 'service nap.service': up },
    actions: ['writeFile', 'daemonReload'],
  },
  {
    title: 'systemdUnit: a drop-in and its folder',
    step: systemdUnit({ name: 'nap', dropIn: 'x', content: '[Service]\nType=oneshot\n' }),
    facts: {
      'file /etc/systemd/system/nap.service.d/x.conf': none,
      'file /etc/systemd/system/nap.service.d': none,
      'service nap.service': up,
    },
    actions: ['remove', 'remove', 'daemonReload'],
  },
  {
    title: 'systemdUnit: a template',
    step: systemdUnit({ name: 'nap@', content: '[Service]\n' }),
    facts: { 'file /etc/systemd/system/nap@.service': none },
    actions: ['remove', 'daemonReload'],
  },
  {
    title: 'package: installed',
    step: pkg({ names: ['a', 'b'] }),
    facts: { 'package a': missing, 'package b': at('1') },
    actions: ['packages -a'],
  },
  {
    title: 'package: removed',
    step: pkg({ name: 'a', state: 'absent' }),
    facts: { 'package a': at('1:2-3') },
    actions: ['packages +a=1:2-3'],
  },
  {
    title: 'package: another version',
    step: pkg({ name: 'a', version: '2' }),
    facts: { 'package a': at('1') },
    actions: ['packages +a=1'],
  },
  {
    title: 'service: stopped and disabled',
    step: service({ name: 'x', state: 'stopped', enabled: false }),
    facts: { 'service x.service': up },
    actions: ['unit enable', 'unit start'],
  },
  {
    title: 'service: started and enabled',
    step: service({ name: 'x', state: 'running', enabled: true }),
    facts: { 'service x.service': down },
    actions: ['unit disable', 'unit stop'],
  },
  {
    title: 'service: masked',
    step: service({ name: 'x', masked: true, state: 'stopped' }),
    facts: { 'service x.service': up },
    host: { 'service x.service': { ...down, load: 'masked', enabled: 'masked' } },
    actions: ['unit unmask', 'unit enable', 'unit start'],
  },
  {
    title: 'service: unmasked',
    step: service({ name: 'x', masked: false }),
    facts: { 'service x.service': { ...down, load: 'masked', enabled: 'masked' } },
    host: { 'service x.service': up },
    actions: ['unit mask', 'unit stop'],
  },
  {
    title: 'user: new, with a home directory',
    step: user({ name: 'ada', groups: ['adm'] }),
    facts: { 'user ada': nobody, 'group ada': noGroup, 'group adm': gid(4), 'file /home/ada': none, 'file /home': dir },
    actions: ['remove', 'removeUser', 'removeGroup'],
  },
  {
    title: 'user: new, in a group that was there',
    step: user({ name: 'ada', createHome: false }),
    facts: { 'user ada': nobody, 'group ada': gid(70), 'file /home/ada': none, 'file /home': dir },
    actions: ['removeUser', 'addGroup'],
  },
  {
    title: 'user: changed',
    step: user({ name: 'ada', shell: '/bin/bash', groups: [], comment: '', uid: 2002 }),
    facts: { 'user ada': ada, 'group ada': gid(1001), 'group adm': gid(4), 'file /home/ada': { ...dir, owner: 'ada' }, 'file /home': dir },
    actions: ['changeUser'],
  },
  {
    title: 'user: removed',
    step: user({ name: 'ada', state: 'absent' }),
    facts: { 'user ada': ada, 'group ada': gid(1001), 'group adm': gid(4), 'file /home/ada': { ...dir, owner: 'ada' } },
    host: { 'group ada': noGroup },
    actions: ['addGroup', 'addUser'],
    lost: /the password is not kept/,
  },
  { title: 'group: new', step: group({ name: 'crew' }), facts: { 'group crew': noGroup }, actions: ['removeGroup'] },
  { title: 'group: another number', step: group({ name: 'crew', gid: 7 }), facts: { 'group crew': gid(8) }, actions: ['changeGroup'] },
  {
    title: 'group: removed',
    step: group({ name: 'crew', state: 'absent' }),
    facts: { 'group crew': gid(8) },
    actions: ['addGroup'],
    lost: /its members are not kept/,
  },
  {
    title: 'sysctl: live and at boot',
    step: sysctl({ key: 'vm.swappiness', value: 10 }),
    facts: { 'sysctl vm.swappiness': { value: '60', settings: [] }, 'file /etc/sysctl.d/60-drover.conf': none, 'file /etc/sysctl.d': dir },
    actions: ['remove', 'setSysctl'],
  },
  {
    title: 'sysfs',
    step: sysfs({ path: '/sys/a/b', value: 'x' }),
    facts: { 'sysfs /sys/a/b': { value: 'y', choices: ['x', 'y'] } },
    actions: ['setSysfs'],
  },
  {
    title: 'kernelModule: loaded, now and at boot',
    step: kernelModule({ name: 'dummy' }),
    facts: { 'module dummy': { state: 'available', holders: [], uses: null }, 'moduleConfig dummy': { options: [], blacklistedBy: null } },
    host: { 'module dummy': { state: 'loaded', holders: [], uses: 0 } },
    actions: ['unloadModule', 'remove'],
  },
  {
    title: 'kernelModule: unloaded',
    step: kernelModule({ name: 'dummy', loaded: false, atBoot: null }),
    facts: { 'module dummy': { state: 'loaded', holders: [], uses: 0 } },
    actions: ['loadModule'],
  },
  {
    title: 'moduleOptions: in modprobe.d',
    step: moduleOptions({ module: 'dummy', options: { n: 2 }, placement: 'modprobe' }),
    facts: { 'module dummy': { state: 'available', holders: [], uses: null }, 'moduleConfig dummy': { options: [], blacklistedBy: null } },
    actions: ['remove'],
  },
  {
    title: 'kernelParameter: in GRUB’s files',
    step: kernelParameter({ name: 'iommu', value: 'pt' }),
    facts: { ...GRUB_FILES, 'kernelParameter iommu': { loader: 'grub.d', ...noParameter } },
    actions: ['remove', 'updateGrub'],
  },
  {
    title: 'kernelParameter: by grubby',
    step: kernelParameter({ name: 'iommu', value: 'pt' }),
    facts: { ...GRUB_FILES, 'kernelParameter iommu': { loader: 'grubby', configured: ['on'], effective: 'on' } },
    on: redhat('9.4'),
    actions: ['setKernelArguments'],
  },
  {
    title: 'kernelParameter: in grub.conf',
    step: kernelParameter({ name: 'iommu', value: 'pt' }),
    facts: { ...GRUB_FILES, 'kernelParameter iommu': { loader: 'grub.conf', ...noParameter } },
    on: redhat('6'),
    actions: ['writeFile'],
  },
  {
    title: 'address: new',
    step: address({ interface: 'eth0', address: '192.0.2.9/24' }),
    facts: { 'address eth0 192.0.2.9/24': gone },
    actions: ['removeAddress'],
  },
  {
    title: 'address: removed',
    step: address({ interface: 'eth0', address: '192.0.2.9/24', state: 'absent' }),
    facts: { 'address eth0 192.0.2.9/24': there },
    actions: ['addAddress'],
  },
  {
    title: 'address: another label',
    step: address({ interface: 'eth0', address: '192.0.2.9/24', label: 'eth0:1' }),
    facts: { 'address eth0 192.0.2.9/24': there },
    actions: ['removeAddress', 'addAddress'],
  },
  {
    title: 'address: deprecated',
    step: address({ interface: 'eth0', address: '2001:db8::9/64', deprecated: true }),
    facts: { 'address eth0 2001:db8::9/64': { ...there, label: null } },
    actions: ['deprecateAddress'],
  },
  {
    title: 'tunnel: new',
    step: tunnel({ name: 'sit1', local: '192.0.2.2', remote: '192.0.2.1' }),
    facts: { 'interface sit1': noLink },
    host: { 'interface sit1': sit },
    actions: ['removeTunnel'],
  },
  {
    title: 'tunnel: changed',
    step: tunnel({ name: 'sit1', local: '192.0.2.2', remote: '192.0.2.7', mtu: 1400 }),
    facts: { 'interface sit1': sit },
    host: { 'interface sit1': { ...sit, remote: '192.0.2.7', mtu: 1400, ipv6Mtu: 1400 } },
    actions: ['setTunnel'],
  },
  {
    title: 'tunnel: removed',
    step: tunnel({ name: 'sit1', state: 'absent' }),
    facts: { 'interface sit1': sit },
    actions: ['setTunnel'],
    lost: /addresses and routes/,
  },
  {
    title: 'route: new',
    step: route({ to: '198.51.100.0/24', device: 'eth0' }),
    facts: { 'route main 198.51.100.0/24': routes(), 'interface eth0': sit },
    actions: ['removeRoute'],
  },
  {
    title: 'route: replaced',
    step: route({ to: '198.51.100.0/24', device: 'eth0', via: '192.0.2.1', source: '192.0.2.2' }),
    facts: { 'route main 198.51.100.0/24': routes(way, { ...way, metric: 9 }), 'interface eth0': sit },
    actions: ['setRoute'],
  },
  {
    title: 'route: another source',
    step: route({ to: '198.51.100.0/24', device: 'eth0', source: '192.0.2.2', table: 7 }),
    facts: { 'route 7 198.51.100.0/24': routes(way), 'interface eth0': sit },
    actions: ['setRoute'],
  },
  {
    title: 'route: in place of a black hole',
    step: route({ to: '::/0', device: 'eth0' }),
    facts: { 'route main ::/0': routes({ ...way, type: 'unreachable', device: null, metric: 1024 }), 'interface eth0': sit },
    actions: ['setRoute'],
  },
  {
    title: 'route: removed',
    step: route({ to: '198.51.100.0/24', state: 'absent' }),
    facts: { 'route main 198.51.100.0/24': routes(way) },
    actions: ['setRoute'],
  },
  {
    title: 'ipvsService: new',
    step: ipvsService({ ...SERVICE, servers: [{ address: '192.0.2.51', method: 'dr' }] }),
    facts: { 'ipvs tcp 192.0.2.80:25': NO_SERVICE },
    host: { 'ipvs tcp 192.0.2.80:25': { ...virtual(real(51, 1)), persistentSec: null } },
    actions: ['removeIpvsService'],
  },
  {
    title: 'ipvsService: other servers',
    step: ipvsService({ ...SERVICE, servers: [{ address: '192.0.2.51', method: 'dr', weight: 5 }] }),
    facts: { 'ipvs tcp 192.0.2.80:25': virtual(real(51, 1), real(52, 0)) },
    host: { 'ipvs tcp 192.0.2.80:25': { ...virtual(real(51, 5)), persistentSec: null } },
    actions: ['setIpvsService', 'setIpvsWeight', 'setIpvsServer'],
  },
  {
    title: 'ipvsService: removed',
    step: ipvsService({ ...SERVICE, state: 'absent' }),
    facts: { 'ipvs tcp 192.0.2.80:25': virtual(real(51, 1)) },
    actions: ['setIpvsService', 'setIpvsServer'],
  },
  {
    title: 'ipvsServer: out of service',
    step: ipvsServer({ ...SERVICE, server: '192.0.2.51', weight: 0 }),
    facts: { 'ipvs tcp 192.0.2.80:25': virtual(real(51, 3)), 'ipvs table': { ...NO_SERVICE, table: ['tcp 192.0.2.80:25'] } },
    actions: ['setIpvsWeight'],
  },
  {
    title: 'postfixSetting: changed',
    step: postfixSetting({ parameter: 'myhostname', value: 'a' }),
    facts: { 'postfix myhostname': { exists: true, value: 'b', default: '' } },
    actions: ['setPostfix'],
  },
  {
    title: 'postfixSetting: one that main.cf had not set',
    step: postfixSetting({ parameter: 'smtpd_milters', includes: 'inet:localhost:8891' }),
    facts: { 'postfix smtpd_milters': { exists: true, value: null, default: '' } },
    actions: ['command postconf -X smtpd_milters'],
  },
];

/** Directories above every path, and guards that hold: what is not about the case. */
function surroundings(step: Step, literals: Literals): Literals {
  const asked = step.reads.filter((request) => literals[factId(request)] === undefined);
  return Object.fromEntries(
    asked.flatMap((request): [string, FactValues[FactKind]][] => {
      if (request.kind === 'file')
        return [[factId(request), /^\/(etc|home|srv|boot)(\/[a-z-]+(\.d)?)?$|\/systemd\/system$/.test(request.key) ? dir : none]];
      if (request.kind === 'guard') return [[factId(request), { exitCode: 0, output: '' }]];
      return request.kind === 'interface' ? [[factId(request), sit]] : [];
    }),
  );
}

function plannedOn(step: Step, literals: Literals, on: BaseFacts): StepPlan {
  return planOn(step, { ...surroundings(step, literals), ...literals }, on);
}

/** The facts after a prediction; parts that only the host decides are as they were. */
function predictedOn(literals: Literals, predicted: readonly Prediction[]): Literals {
  const entries = predicted.map((each): [string, FactValues[FactKind]] => {
    const value = each.kind === 'tree' ? none : each.value;
    const id = each.kind === 'tree' ? `file ${each.key}` : factId(each);
    const before = new Map<string, unknown>(Object.entries(literals[id] ?? {}));
    const decided = Object.entries(value).map(([field, part]) => [field, part === ANY && before.has(field) ? before.get(field) : part]);
    return [id, Object.fromEntries(decided) as FactValues[FactKind]];
  });
  return { ...literals, ...Object.fromEntries(entries) };
}

function shown(plan: StepPlan): string[] {
  if (plan.result !== 'change') throw new Error(JSON.stringify(plan));
  return plan.actions.map((action) => {
    switch (action.kind) {
      case 'packages':
        return ['packages', ...action.install.map((name) => `+${name}`), ...action.remove.map((name) => `-${name}`)].join(' ');
      case 'unit':
        return `unit ${action.verb}`;
      case 'command':
        return `command ${action.command.join(' ')}`;
      default:
        return action.kind;
    }
  });
}

describe('what a step did is put back', () => {
  it.each(CASES)('$title', ({ step, facts, host = {}, actions, on = base, lost }) => {
    const before = { ...surroundings(step, facts), ...facts };
    const { undo, irreversible, predicted } = carriedOut(step, before, on);
    const now = { ...predictedOn(before, predicted), ...host };
    const back = restore(`r/${step.kind}[${step.subject}]`, { undo, irreversible });

    const plan = plannedOn(back, now, on);
    expect(shown(plan)).toEqual(actions);
    if (plan.result !== 'change') return;
    const said = plan.changes.find(({ field }) => field === 'not put back');
    expect(String(said?.after ?? '')).toMatch(lost ?? /^$/);
    for (const fact of undo) expect(differenceTo(plan, fact), factId(fact)).toBeNull();

    // What is as it was needs nothing, and neither does what has just been put back.
    for (const facts of [before, { ...predictedOn(now, plan.predicted), ...asBefore(undo) }]) {
      expect(plannedOn(back, facts, on)).toMatchObject({ result: 'ok' });
    }
  });
});

/** The undo facts of a step, as the engine's own fold keeps them. */
function carriedOut(step: Step, facts: Literals, on: BaseFacts) {
  const world = makeWorld(new Map([['', on]]), new Map(Object.entries(facts).map(([id, value]) => [id, { state: 'known', value }])));
  const common = { id: 'x', play: 0, part: 'roles' as const, playName: 'p', role: 'r', handler: null, notifies: [], become: null };
  const [decided] = foldAll([{ ...common, step }], world);
  if (decided?.decision.kind !== 'change') throw new Error(JSON.stringify(decided?.decision));
  const { undo, plan } = decided.decision;
  return { undo, irreversible: plan.irreversible ?? null, predicted: plan.predicted };
}

/** Where the prediction of a fact is not what was there before; null when it is. */
function differenceTo(plan: Extract<StepPlan, { result: 'change' }>, { kind, key, before }: UndoFact): string | null {
  const found = plan.predicted.find((each) => each.kind === kind && each.key === key);
  return found === undefined || found.kind === 'tree' ? null : firstDifference(found.value, before, '');
}

function asBefore(undo: readonly UndoFact[]): Literals {
  return Object.fromEntries(undo.map((fact) => [factId(fact), fact.before]));
}
