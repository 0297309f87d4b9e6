import { expect, test } from 'vitest';
import { file } from '../../src/steps/file.ts';
import { ipvsServer } from '../../src/steps/ipvs-server.ts';
import { pause } from '../../src/steps/pause.ts';
import { service } from '../../src/steps/service.ts';
import { systemdUnit } from '../../src/steps/systemd-unit.ts';
import { waitFor } from '../../src/steps/wait-for.ts';
import { applySteps, changesOf, failures, inventoryHosts, planSteps } from './drive.ts';
import { apply, plannedFields, sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

/** Is active at once, makes a socket file a second later, and answers HTTP on its port yet a second later. */
const LATE = `[Service]
ExecStart=/usr/bin/perl -e 'use Socket; sleep 1; socket(U, PF_UNIX, SOCK_STREAM, 0); bind(U, sockaddr_un("/run/late.sock")); sleep 1; \\
  socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1); bind(S, sockaddr_in(8080, INADDR_ANY)); listen(S, 9); \\
  while (accept(C, S)) { sysread(C, $$b, 4096); syswrite(C, "HTTP/1.0 200 OK\\\\r\\\\n\\\\r\\\\nall is ready\\\\n"); close C }'
`;

describeLab('a wait', () => {
  const steps = [
    systemdUnit({ name: 'late.service', content: LATE }),
    service({ name: 'late', state: 'running' }),
    waitFor({ unit: 'late' }),
    waitFor({ file: { path: '/run/late.sock', state: 'socket' } }),
    waitFor({ port: 8080, times: 3, intervalMs: 200 }),
    file({ path: '/etc/after-late', content: 'x\n' }),
  ];

  test('lasts until a unit that starts later listens; what comes behind it comes then', async () => {
    const { plan, applied } = await apply('web01', steps);
    expect(plan.hosts[0]?.steps.slice(2, 5).map(({ certainty }) => certainty)).not.toContain('exact');
    expect(changesOf(applied, ({ id }) => id.includes('waitFor'))).toEqual([
      ['web01', 'lab/waitFor[socket /run/late.sock]', 'condition', 'no socket at /run/late.sock', 'holds'],
      ['web01', 'lab/waitFor[port 8080]', 'condition', 'nothing listens on port 8080', 'holds 3 times in a row'],
    ]);
    expect(await sh('web01', '[ /etc/after-late -nt /run/late.sock ] && echo younger')).toBe('younger\n');
    expect(await plannedFields('web01', steps)).toEqual([]);
    expect(changesOf((await apply('web01', steps)).applied)).toEqual([]);
  });

  test('for an answer by HTTP and for a port of another host', async () => {
    const { address } = lab().host('web01');
    const url = `http://${address}:8080/`;
    const asked = [waitFor({ http: { url, body: /^all .* ready$/ } }), waitFor({ port: 8080, host: address })];
    expect(changesOf((await apply('busybox', asked)).applied)).toEqual([]);
    const late = waitFor({ http: { url, body: 'not yet' }, deadlineMs: 1_000 });
    const { applied } = await applySteps(await inventoryHosts(lab(), ['busybox']), () => [late]);
    expect(applied.hosts[0]?.steps[0]?.reason).toBe(`waited 1 s for ${url}; last seen: status 200, another body`);
    // bash is there, and no program for HTTP.
    expect(changesOf((await apply('web02', asked.slice(1))).applied)).toEqual([]);
    const refused = await planSteps(await inventoryHosts(lab(), ['web02']), () => asked);
    await refused.close();
    expect(JSON.stringify(failures(refused.plan))).toContain(`to ask for ${url} it needs curl or wget on this host`);
  });

  test('for what never comes ends at its deadline with what was seen, and nothing behind it is begun', async () => {
    const never = [waitFor({ port: 8081, deadlineMs: 2_000 }), file({ path: '/etc/never', content: 'x\n' })];
    const { plan, applied } = await applySteps(await inventoryHosts(lab(), ['web03', 'busybox']), () => never);
    expect(plan.hosts.map((host) => host.steps[0]?.changes)).toEqual(
      plan.hosts.map(() => [{ field: 'condition', before: 'nothing listens on port 8081', after: 'holds' }]),
    );
    for (const host of applied.hosts) {
      expect(host).toMatchObject({ outcome: 'failed', steps: [{ outcome: 'failed' }, { outcome: 'skipped' }] });
      expect(host.steps[0]?.reason).toBe('waited 2 s for port 8081; last seen: nothing listens on port 8081');
      expect(await sh(host.name, '[ ! -e /etc/never ] && echo absent')).toBe('absent\n');
    }
  });

  test('in handlers comes after what they follow, and only then', async () => {
    const notifying = [file({ path: '/etc/late.conf', content: 'x\n', notify: ['restart', 'settle', 'listens'] })];
    const handlers = {
      restart: service({ name: 'late', state: 'restarted' }),
      settle: pause({ seconds: 1 }),
      listens: waitFor({ port: 8080 }),
    };
    await sh('web01', 'rm -f /run/late.sock');
    const before = await sh('web01', 'systemctl show -P InvocationID late');
    await apply('web01', notifying, handlers);
    expect(await sh('web01', 'systemctl show -P InvocationID late')).not.toBe(before);
    expect(await sh('web01', 'grep -c ":1F90 .* 0A " /proc/net/tcp')).toBe('1\n');
    expect(changesOf((await apply('web01', notifying, handlers)).applied)).toEqual([]);
  });
}, ['web01', 'web02', 'web03', 'web04', 'busybox']);

describeLab('a real server', () => {
  test('of a service that is not there is refused in the plan', async () => {
    const step = ipvsServer({ protocol: 'tcp', address: '192.0.2.80', port: 80, server: '192.0.2.51', weight: 0 });
    const planned = await planSteps(await inventoryHosts(lab(), ['web04', 'busybox']), () => [step]);
    await planned.close();
    expect(planned.plan.hosts.map((host) => host.error?.message ?? host.steps[0]?.reason)).toEqual(
      planned.plan.hosts.map(() => expect.stringContaining('there is no virtual service tcp 192.0.2.80:80; there is none')),
    );
  });
}, ['web01', 'web02', 'web03', 'web04', 'busybox']);
