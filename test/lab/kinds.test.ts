import { beforeAll, expect, test } from 'vitest';
import type { Host } from '../../src/model/host.ts';
import type { StepRecord } from '../../src/model/run.ts';
import type { Step } from '../../src/model/step.ts';
import { address } from '../../src/steps/address.ts';
import { group } from '../../src/steps/group.ts';
import { pkg } from '../../src/steps/package.ts';
import { service } from '../../src/steps/service.ts';
import { systemdUnit } from '../../src/steps/systemd-unit.ts';
import { user } from '../../src/steps/user.ts';
import { applySteps, type Driven, failures, inventoryHosts } from './drive.ts';
import { describeLab, lab } from './lab.ts';

const DEBIAN = 'db04';

describeLab('packages, services, units, accounts and addresses on real hosts', () => {
  let debian: readonly Host[];
  let busybox: readonly Host[];
  beforeAll(async () => {
    await lab().reset(DEBIAN);
    debian = await inventoryHosts(lab(), [DEBIAN]);
    busybox = await inventoryHosts(lab(), ['busybox']);
  });

  const sh = async (script: string): Promise<string> => (await lab().exec(DEBIAN, ['sh', '-c', script])).stdout.trim();
  /** Applies steps to one host; they must all end well, change something, be foreseen exactly, and change nothing at the second time. */
  const converges = async (
    steps: readonly Step[],
    { hosts = debian, ...options }: Driven & { hosts?: readonly Host[] } = {},
  ): Promise<void> => {
    const { plan, applied } = await applySteps(hosts, () => steps, options);
    expect(failures(plan)).toEqual([]);
    expect(failures(applied)).toEqual([]);
    expect(applied.hosts[0]?.outcome).toBe('changed');
    const again = await applySteps(hosts, () => steps, options);
    expect(again.applied.hosts[0]?.steps.filter((step) => step.outcome !== 'ok' && !step.handler)).toEqual([]);
  };
  const refusal = async (steps: readonly Step[]): Promise<StepRecord | undefined> => {
    const { applied } = await applySteps(debian, () => steps);
    return applied.hosts[0]?.steps.at(-1);
  };

  const SLEEP = { Service: { ExecStart: '/bin/sleep infinity' }, Install: { WantedBy: 'multi-user.target' } };

  test('a new unit is started and enabled in the same run, and the plan knows it before', async () => {
    const steps = [systemdUnit({ name: 'nap', sections: SLEEP }), service({ name: 'nap', state: 'running', enabled: true })];
    const { plan, applied } = await applySteps(debian, () => steps);
    expect(failures(applied)).toEqual([]);
    expect(plan.hosts[0]?.steps.map((step) => [step.id, step.certainty, step.changes.map((change) => change.field)])).toEqual([
      ['lab/systemdUnit[nap.service]', 'exact', ['type', 'content', 'mode', 'owner', 'group']],
      ['lab/service[nap.service]', 'exact', ['enabled', 'active']],
    ]);
    expect(await sh('systemctl is-active nap; systemctl is-enabled nap')).toBe('active\nenabled');
  });

  test('a drop-in is read by systemd, and the running unit goes on until its handler restarts it', async () => {
    const pid = await sh('systemctl show --property=MainPID --value nap');
    const dropIn = { name: 'nap', dropIn: 'nice', sections: { Service: { Nice: 7 } } };
    await converges([systemdUnit(dropIn)]);
    expect(await sh('systemctl show --property=MainPID --value nap')).toBe(pid);
    const louder = systemdUnit({ ...dropIn, sections: { Service: { Nice: 8 } }, notify: 'restart' });
    await converges([louder], { handlers: { restart: service({ name: 'nap', state: 'restarted' }) } });
    expect(await sh('ps -o ni= -p $(systemctl show --property=MainPID --value nap)')).toBe('8');
  });

  test('a unit file that changed behind the back of systemd is read again', async () => {
    await sh('sed -i s/infinity/1000000/ /etc/systemd/system/nap.service');
    const sections = { ...SLEEP, Service: { ExecStart: '/bin/sleep 1000000' } };
    const { applied } = await applySteps(debian, () => [systemdUnit({ name: 'nap', sections })]);
    expect(failures(applied)).toEqual([]);
    expect(applied.hosts[0]?.steps[0]?.changes).toEqual([{ field: 'needs reload', before: true, after: false }]);
  });

  test('services are stopped, disabled, masked and unmasked', async () => {
    await converges([service({ name: 'nap', state: 'stopped', enabled: false })]);
    await sh('rm /etc/systemd/system/nap.service; systemctl daemon-reload');
    await converges([service({ name: 'rsync', masked: true })]);
    await converges([service({ name: 'rsync', masked: false })]);
  });

  test('a daemon that ends with an error when it is stopped counts as stopped', async () => {
    const sections = { Service: { ExecStart: `/bin/sh -c 'trap "exit 143" TERM; while :; do sleep 1; done'` } };
    await converges([systemdUnit({ name: 'rude', sections }), service({ name: 'rude', state: 'running' })]);
    await converges([service({ name: 'rude', state: 'stopped' })]);
  });

  test('a service that fails says why with the last lines of its journal', async () => {
    const sections = { Service: { Type: 'oneshot', RemainAfterExit: true, ExecStart: `/bin/sh -c 'echo the disk is missing; exit 3'` } };
    const step = await refusal([systemdUnit({ name: 'broken', sections }), service({ name: 'broken', state: 'running' })]);
    expect(step).toMatchObject({ outcome: 'failed', kind: 'service' });
    expect(step?.failure?.output).toContain('the disk is missing');
  });

  test('an instance of a new template is known after apply', async () => {
    const steps = [
      systemdUnit({ name: 'doze@', sections: { ...SLEEP, Service: { ExecStart: '/bin/sleep %i' } } }),
      service({ name: 'doze@100000', state: 'running', enabled: true }),
    ];
    await converges(steps);
    await converges([service({ name: 'doze@200000', state: 'running', enabled: true })]);
    expect(await sh('systemctl is-active doze@100000 doze@200000')).toBe('active\nactive');
  });

  test('what cannot be is refused in the plan', async () => {
    const once = { Service: { Type: 'oneshot', ExecStart: '/bin/true' } };
    await converges([systemdUnit({ name: 'once', sections: once })]);
    expect((await refusal([service({ name: 'once', state: 'running' })]))?.reason).toContain('oneshot without RemainAfterExit');
    expect((await refusal([service({ name: 'once', enabled: true })]))?.reason).toContain('no [Install] section');
    expect((await refusal([service({ name: 'sshdd', state: 'running' })]))?.reason).toBe('no unit sshdd.service on this host');
    expect(
      (await refusal([address({ interface: 'host0', address: `${lab().host(DEBIAN).address}/24`, state: 'absent' })]))?.reason,
    ).toContain('carries the SSH session');
  });

  test('a package brings its service and its user, which later steps find', async () => {
    await converges([
      pkg({ name: 'drover-demo-daemon' }),
      service({ name: 'drover-demo-daemon', state: 'running', enabled: true }),
      user({ name: 'drover-demo', shell: '/usr/sbin/nologin' }),
    ]);
    await converges([pkg({ name: 'drover-demo', version: '1.0' })]);
    await converges([pkg({ name: 'drover-demo', state: 'latest' })]);
    expect(await sh('drover-demo')).toBe('drover-demo 1.1');
    await converges([pkg({ names: ['drover-demo', 'drover-demo-daemon'], state: 'absent' })]);
  });

  test('accounts come, change and go', async () => {
    await converges([group({ name: 'crew' }), user({ name: 'ada', groups: ['crew'], comment: `Ada "the" O'First` })]);
    await converges([user({ name: 'ada', shell: '/bin/bash', groups: ['games'], append: true })]);
    expect(await sh('id -Gn ada')).toBe('ada games crew');
    await converges([user({ name: 'ada', state: 'absent', removeHome: true }), group({ name: 'crew', state: 'absent' })]);
  });

  test('the user that drover is logged in as is not removed', async () => {
    expect((await refusal([user({ name: 'drover', state: 'absent' })]))?.failure?.output).toContain('drover is logged in as drover');
  });

  test('a busybox host takes users, groups and addresses', async () => {
    const options = { hosts: busybox, become: null };
    await converges([group({ name: 'crew', gid: 4000 }), user({ name: 'ada', uid: 4001, groups: ['crew'] })], options);
    await converges(
      [user({ name: 'ada', comment: 'Ada', groups: [] }), address({ interface: 'lo', address: '192.0.2.77/32', label: 'lo:7' })],
      options,
    );
    await converges([user({ name: 'ada', state: 'absent', removeHome: true }), group({ name: 'crew', state: 'absent' })], options);
  });
});
