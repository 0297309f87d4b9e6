import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Host } from '../../src/model/host.ts';
import type { HostRecord, Run } from '../../src/model/run.ts';
import type { Step } from '../../src/model/step.ts';
import { quote } from '../../src/shell/quote.ts';
import { absent } from '../../src/steps/absent.ts';
import { block } from '../../src/steps/block.ts';
import { command } from '../../src/steps/command.ts';
import { directory } from '../../src/steps/directory.ts';
import { file } from '../../src/steps/file.ts';
import { group } from '../../src/steps/group.ts';
import { ini } from '../../src/steps/ini.ts';
import { line } from '../../src/steps/line.ts';
import { link } from '../../src/steps/link.ts';
import { pkg } from '../../src/steps/package.ts';
import { service } from '../../src/steps/service.ts';
import { sysctl } from '../../src/steps/sysctl.ts';
import { user } from '../../src/steps/user.ts';
import { applySteps, changesOf, failures, inventoryHosts, planSteps } from './drive.ts';
import { differences } from './fleet/snapshot.ts';
import { describeLab, lab } from './lab.ts';

const HOSTS = ['web01', 'web02', 'web03', 'web04', 'db01', 'db02', 'db03', 'db04'];
const ROOT = '/srv/generated';

/** One thing on a host: how it may be found, what is wanted of it, and whether it is as wanted, judged from outside of drover. */
interface Thing {
  /** `sh` that brings the starting state about. */
  readonly before: string;
  readonly step: Step;
  /** True where the step must be refused for this starting state. */
  readonly refused?: boolean;
  /** Looks at the disk, or asks the system's own tools. */
  readonly check: (host: string) => void | Promise<void>;
}

const name = fc.constantFrom(
  'plain',
  'with space',
  "it's",
  'say "hi"',
  '$HOME',
  '-rf',
  'new\nline',
  'ünïcode',
  'semi;colon',
  'back\\slash',
  '*',
);
const text = fc.constantFrom('', 'one\n', 'no newline', 'a\nb\nkey=1\n', 'crlf\r\nkey=2\r\n', 'quotes \' " $x `y`\n', 'key=1\nkey=3\n');
const bytes = fc.oneof(
  text.map((each) => Buffer.from(each)),
  fc.uint8Array({ maxLength: 64 }).map((each) => Buffer.from(each)),
);
const mode = fc.constantFrom('0644', '0600', '0755', '0440', '2750', '4711');
const owner = fc.constantFrom('root', 'daemon');

/** What may stand at a path before the step: nothing, a file, a directory, a link. */
const found = fc.oneof(
  fc.constant({ kind: 'nothing' as const }),
  fc.record({ kind: fc.constant('file' as const), bytes, mode, owner }),
  fc.record({ kind: fc.constant('directory' as const), mode }),
  fc.record({ kind: fc.constant('link' as const), target: fc.constantFrom('/nowhere', '/etc', 'relative to') }),
);
type Found = typeof found extends fc.Arbitrary<infer T> ? T : never;

function make(path: string, state: Found): string {
  const p = quote(path);
  switch (state.kind) {
    case 'nothing':
      return ':';
    case 'file':
      return `printf %s ${state.bytes.toString('base64')} | base64 -d >${p}; chown ${state.owner} ${p}; chmod ${state.mode} ${p}`;
    case 'directory':
      return `mkdir -- ${p}; chmod ${state.mode} ${p}`;
    case 'link':
      return `ln -s -- ${quote(state.target)} ${p}`;
  }
}

const onDisk = (host: string, path: string): string => join(lab().root(host), path);
const modeOf = (host: string, path: string): string => (lstatSync(onDisk(host, path)).mode & 0o7777).toString(8).padStart(4, '0');
const ask = async (host: string, script: string): Promise<string> => (await lab().exec(host, ['sh', '-c', script])).stdout.trim();

const blocks = (state: Found): boolean => state.kind === 'directory' || state.kind === 'link';

type Make = (path: string) => fc.Arbitrary<Thing>;

const pathThings: readonly Make[] = [
  (path) =>
    fc.record({ found, bytes, mode, owner }).map((want) => ({
      before: make(path, want.found),
      step: file({ path, content: want.bytes, mode: want.mode, owner: want.owner }),
      refused: blocks(want.found),
      check: (host) => {
        expect(readFileSync(onDisk(host, path)).equals(want.bytes)).toBe(true);
        expect(modeOf(host, path)).toBe(want.mode);
        expect(lstatSync(onDisk(host, path)).uid).toBe(want.owner === 'root' ? 0 : 1);
      },
    })),
  (path) =>
    fc.record({ found, mode }).map((want) => ({
      before: make(path, want.found),
      step: directory({ path, mode: want.mode }),
      refused: want.found.kind === 'file' || want.found.kind === 'link',
      check: (host) => {
        expect(lstatSync(onDisk(host, path)).isDirectory()).toBe(true);
        expect(modeOf(host, path)).toBe(want.mode);
      },
    })),
  (path) =>
    fc.record({ found, target: fc.constantFrom('/etc/hostname', "a 'quoted' target", '/nowhere') }).map((want) => ({
      before: make(path, want.found),
      step: link({ path, target: want.target, force: true }),
      refused: want.found.kind === 'directory',
      check: (host) => expect(readlinkSync(onDisk(host, path))).toBe(want.target),
    })),
  (path) =>
    found.map((state) => ({
      before: make(path, state),
      step: absent({ path, recursive: true }),
      check: (host) => expect(() => lstatSync(onDisk(host, path))).toThrow('ENOENT'),
    })),
  (path) =>
    fc.record({ found, value: fc.constantFrom('1', 'a b', "it's") }).map((want) => ({
      before: make(path, want.found),
      step: line({ path, match: /^key=/, line: `key=${want.value}`, create: true }),
      refused: blocks(want.found),
      check: (host) => {
        const lines = readFileSync(onDisk(host, path), 'latin1').split(/\r?\n/);
        expect(lines.findLast((each) => each.startsWith('key='))).toBe(`key=${want.value}`);
      },
    })),
  (path) =>
    fc.record({ found, body: fc.constantFrom('inside', 'two\nlines') }).map((want) => ({
      before: make(path, want.found),
      step: block({ path, name: 'test', block: want.body, create: true }),
      refused: blocks(want.found),
      check: (host) => expect(readFileSync(onDisk(host, path), 'latin1').replaceAll('\r', '')).toContain(want.body),
    })),
  (path) =>
    fc.record({ found, value: fc.constantFrom('1', 'two words') }).map((want) => ({
      before: make(path, want.found),
      step: ini({ path, section: 'main', key: 'key', value: want.value, create: true }),
      refused: blocks(want.found),
      check: (host) => expect(readFileSync(onDisk(host, path), 'latin1')).toContain(`key=${want.value}`),
    })),
  (path) =>
    fc.boolean().map((there) => ({
      before: there ? `: >${quote(path)}` : ':',
      step: command({ command: ['touch', '--', path], creates: path, name: path }),
      check: (host) => expect(lstatSync(onDisk(host, path)).isFile()).toBe(true),
    })),
];

const systemThings: readonly fc.Arbitrary<Thing>[] = [
  fc.record({ now: fc.constantFrom('0', '1'), value: fc.constantFrom('0', '1') }).map(({ now, value }) => ({
    before: `sysctl -qw net.ipv4.conf.all.log_martians=${now}; rm -f /etc/sysctl.d/90-test.conf`,
    step: sysctl({ key: 'net.ipv4.conf.all.log_martians', value, file: '/etc/sysctl.d/90-test.conf' }),
    check: async (host: string) => {
      expect(await ask(host, 'cat /proc/sys/net/ipv4/conf/all/log_martians')).toBe(value);
      expect(readFileSync(onDisk(host, '/etc/sysctl.d/90-test.conf'), 'utf8')).toMatch(
        new RegExp(`^net\\.ipv4\\.conf\\.all\\.log_martians\\s*=\\s*${value}$`, 'm'),
      );
    },
  })),
  fc
    .record({ there: fc.boolean(), shell: fc.constantFrom('/bin/sh', '/bin/false'), now: fc.constantFrom('/bin/sh', '/bin/bash') })
    .map((want) => ({
      before: `userdel -r gen 2>/dev/null; groupdel gen 2>/dev/null; ${want.there ? `useradd -m -s ${want.now} gen` : ':'}`,
      step: user({ name: 'gen', shell: want.shell, comment: 'Generated user' }),
      check: async (host: string) => expect(await ask(host, 'getent passwd gen | cut -d: -f5,7')).toBe(`Generated user:${want.shell}`),
    })),
  fc.record({ there: fc.boolean(), wanted: fc.boolean() }).map(({ there, wanted }) => ({
    before: `groupdel gengroup 2>/dev/null; ${there ? 'groupadd -g 4711 gengroup' : ':'}`,
    step: group(wanted ? { name: 'gengroup', gid: 4712 } : { name: 'gengroup', state: 'absent' }),
    check: async (host: string) => expect(await ask(host, 'getent group gengroup')).toBe(wanted ? 'gengroup:x:4712:' : ''),
  })),
  fc.record({ on: fc.boolean(), enabled: fc.boolean(), wantOn: fc.boolean(), wantEnabled: fc.boolean() }).map((want) => ({
    before: `systemctl -q ${want.on ? 'start' : 'stop'} cron; systemctl -q ${want.enabled ? 'enable' : 'disable'} cron 2>/dev/null`,
    step: service({ name: 'cron', state: want.wantOn ? 'running' : 'stopped', enabled: want.wantEnabled }),
    check: async (host: string) =>
      expect(await ask(host, 'systemctl is-active cron; systemctl is-enabled cron')).toBe(
        `${want.wantOn ? 'active' : 'inactive'}\n${want.wantEnabled ? 'enabled' : 'disabled'}`,
      ),
  })),
  fc.record({ there: fc.boolean(), wanted: fc.boolean() }).map(({ there, wanted }) => ({
    before: there
      ? 'dpkg -s drover-demo >/dev/null 2>&1 || apt-get -qq install -y drover-demo >/dev/null 2>&1'
      : 'dpkg --purge drover-demo-extra drover-demo >/dev/null 2>&1',
    step: pkg({ name: 'drover-demo', state: wanted ? 'present' : 'absent' }),
    check: async (host: string) =>
      expect(await ask(host, "dpkg-query -W -f '${db:Status-Abbrev}' drover-demo 2>/dev/null | cut -c2")).toBe(wanted ? 'i' : ''),
  })),
];

/** A starting state and steps for one host, each about something of its own. */
const scene: fc.Arbitrary<readonly Thing[]> = fc
  .uniqueArray(fc.tuple(name, fc.integer({ min: 0, max: pathThings.length - 1 })), {
    minLength: 1,
    maxLength: 7,
    selector: ([each]) => each,
  })
  .chain((chosen) =>
    fc.tuple(
      fc.tuple(...chosen.map(([each, kind]) => pathThings[kind]!(`${ROOT}/${each}`))),
      fc.subarray([...systemThings]).chain((things) => fc.tuple(...things)),
    ),
  )
  .map(([paths, system]) => [...paths, ...system]);

async function prepare(host: string, things: readonly Thing[]): Promise<void> {
  const script = [`apt-get -qq update`, `rm -rf ${ROOT}; mkdir ${ROOT}; cd /`, ...things.map((thing) => thing.before)].join('\n');
  await lab().exec(host, ['sh', '-c', script]);
}

const record = (run: Run, host: Host): HostRecord => run.hosts.find((each) => each.name === host.name)!;

/** Invariants 1, 2 and 4, and what the host itself says, for one scene on each host. */
async function examine(hosts: readonly Host[], scenes: readonly (readonly Thing[])[]): Promise<void> {
  const thingsOf = (host: Host): readonly Thing[] => scenes[hosts.indexOf(host)]!;
  const stepsOf = (host: Host): readonly Step[] => thingsOf(host).map((thing) => thing.step);
  await Promise.all(hosts.map((host) => prepare(host.name, thingsOf(host))));
  const { plan, applied } = await applySteps(hosts, stepsOf);
  // 1: what was certain in the plan is what happened, and nothing else did but where the plan said that it could not know.
  const unsure = new Set(
    plan.hosts.flatMap((host) => host.steps.filter((step) => step.certainty === 'after-apply').map((step) => `${host.name} ${step.id}`)),
  );
  const certain = (run: Run): unknown[] => changesOf(run).filter((change) => !unsure.has((change as string[]).slice(0, 2).join(' ')));
  expect(certain(applied), JSON.stringify(failures(applied))).toEqual(certain(plan));
  for (const host of hosts) {
    const mustRefuse = thingsOf(host).some((thing) => thing.refused === true);
    expect([host.name, record(applied, host).outcome === 'failed', JSON.stringify(failures(applied))]).toEqual([
      host.name,
      mustRefuse,
      JSON.stringify(failures(applied)),
    ]);
  }
  const whole = hosts.filter((host) => record(applied, host).outcome !== 'failed');
  for (const host of whole) for (const thing of thingsOf(host)) await thing.check(host.name);
  // 2: a second apply has nothing to do. 4: two round trips then; two more for each barrier before.
  const again = (await planSteps(whole, stepsOf, { mode: 'check' })).plan;
  expect(changesOf(again)).toEqual([]);
  for (const host of whole) {
    expect(record(again, host).connection?.roundTrips).toBe(2);
    // One more where the last write was not the end: the host is given back.
    const barriers = Math.floor(((record(applied, host).connection?.roundTrips ?? 0) - 2) / 2);
    expect(barriers).toBeLessThanOrEqual(1 + [...unsure].filter((id) => id.startsWith(`${host.name} `)).length);
  }
}

describeLab(
  'over generated steps and host states, on real hosts',
  () => {
    test('apply does what the plan said, the hosts say so too, a second apply changes nothing, round trips stay counted', async () => {
      const hosts = await inventoryHosts(lab(), HOSTS);
      const scenes = fc.array(scene, { minLength: hosts.length, maxLength: hosts.length });
      await fc.assert(
        fc.asyncProperty(scenes, (each) => examine(hosts, each)),
        { numRuns: 12, endOnFailure: true },
      );
    });

    test('a plan never writes: files, units and accounts are the same before and after', async () => {
      const [host] = await inventoryHosts(lab(), ['web01']);
      await fc.assert(
        fc.asyncProperty(scene, async (things) => {
          await prepare('web01', things);
          const before = await lab().snapshot('web01');
          await planSteps([host!], () => things.map((thing) => thing.step), { mode: 'plan' });
          expect(differences(before, await lab().snapshot('web01'))).toEqual([]);
        }),
        { numRuns: 8, endOnFailure: true },
      );
    });
  },
  HOSTS,
);
