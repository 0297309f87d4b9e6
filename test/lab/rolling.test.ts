import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Report } from '../../src/report/report.ts';
import { readmeExample } from '../roles/readme.ts';
import { type CliResult, cli, lastReport, workspace } from './drive.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';
import { ask, type Clients, outOf, startClients, type Watch, watchBalancers } from './rolling-watch.ts';

const NORTH = ['web01', 'web02', 'web03', 'web04'];
const SOUTH = ['db01', 'db02', 'db03', 'db04'];
const WEBS = [...NORTH, ...SOUTH];
const BALANCERS = ['lb01', 'lb02'];
const FILE = '/etc/nginx/conf.d/shop.conf';

const address = (name: string): string => lab().host(name).address;
const byAddress = (): ReadonlyMap<string, string> => new Map(WEBS.map((name) => [address(name), name]));
const out = (): string[][] => BALANCERS.map((name) => outOf(lab(), name, byAddress()));

/** Two zones behind two balancers, as inventory/rolling.yml has them. */
function inventory(release: string): string {
  const fleet = lab();
  const hosts = (names: readonly string[]): object =>
    Object.fromEntries(names.map((name) => [name, { drover_host: address(name), address: address(name) }]));
  return JSON.stringify({
    all: {
      vars: {
        drover_user: 'drover',
        drover_key_file: fleet.keyFile,
        drover_known_hosts_file: fleet.knownHostsFile,
        upstream: 'shop',
        release,
      },
      children: {
        balancers: { vars: { web_servers: WEBS.map((name) => ({ address: address(name) })) }, hosts: hosts(BALANCERS) },
        web: {
          vars: { packages: ['nginx', 'drover-demo'] },
          children: {
            web_north: { vars: { zone: 'north' }, hosts: hosts(NORTH) },
            web_south: { vars: { zone: 'south' }, hosts: hosts(SOUTH) },
          },
        },
      },
    },
  });
}

const SLOW = `location = /slow { default_type text/plain; limit_rate 1000; return 200 "${'.'.repeat(1000)}"; }`;

/**
 * The playbook as it ships, with a page that takes its time, a shorter soak, and balancers that never repeat a request: else they would hide
 * that a server is gone.
 */
function playbook(more: readonly (readonly [from: string, to: string])[] = []): string {
  const text = readFileSync(new URL('../../playbooks/rolling-maintenance.yml', import.meta.url), 'utf8');
  const lab: readonly (readonly [string, string])[] = [
    ['listen: 80\n', 'listen: 80\n        retry: false\n'],
    ['soak: 10s', 'soak: 1s'],
    ['          location / {', `          ${SLOW}\n          location / {`],
  ];
  return [...lab, ...more].reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`the playbook has no ${from}`);
    return all.replace(from, to);
  }, text);
}

/** The same without the rollout: how the site came to be. */
const deployment = (): string =>
  playbook()
    .replace(/^ {2}(serial|spread|maxFailures|soak|onGateFailure): .*\n/gm, '')
    .replace(/^ {2}(before|after|gate):\n( {4}.*\n)+/gm, '')
    .replace(/^ {4}- role: upgrade\n.*\n/m, '');

/** The first play alone. */
const balancersOnly = (): string => deployment().split(/^- name: Web servers/m)[0] ?? '';

/** nginx takes it, and answers everything with an error; that is seen sooner. */
const BROKEN: readonly (readonly [string, string])[] = [
  ['return 200 "healthy', 'return 500 "healthy'],
  ['return 200 "{{ inventory_hostname }}', 'return 500 "{{ inventory_hostname }}'],
  ['deadline: 30', 'deadline: 6'],
  ['deadline: 10', 'deadline: 4'],
];

/** One server's state on both balancers, without a rollout. */
function states(state: 'up' | 'down', more: object = {}): string {
  const params = { upstream: 'shop', address: address('web01'), state, ...more };
  return JSON.stringify([{ hosts: 'balancers', become: true, roles: [{ role: 'nginx-upstream-server', params }] }]);
}

/** At most half of the hosts, and two of a zone, were out at once; and the balancers were really looked at. */
function expectDeclared(watch: Watch): void {
  expect(watch.looks()).toBeGreaterThan(50);
  for (const hosts of watch.seen()) {
    const zones = [NORTH, SOUTH].map((zone) => hosts.filter((name) => zone.includes(name)).length);
    expect(hosts.length, hosts.join()).toBeLessThanOrEqual(4);
    expect(Math.max(...zones), hosts.join()).toBeLessThanOrEqual(2);
  }
}

async function until(holds: () => boolean, withinMs = 60_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`it did not come to hold within ${withinMs} ms`);
    await delay(20);
  }
}

describeLab('rolling maintenance of eight web servers behind two balancers', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  const run = (command: string, file: string, hosts = 'hosts.yml', limit = 'all'): Promise<CliResult> =>
    cli(work.path, [command, ...(command === 'apply' ? ['--yes'] : []), file, '-i', join(work.path, hosts), '-l', limit]);
  const apply = async (file: string, { inventory: hosts = 'hosts.yml', limit = 'all', code = 0 } = {}): Promise<void> => {
    const result = await run('apply', file, hosts, limit);
    expect(result.code, result.stdout + result.stderr).toBe(code);
  };
  /** Writes a playbook and applies it. */
  const applied = async (name: string, text: string): Promise<Report> => {
    await writeFile(join(work.path, name), text);
    await apply(name);
    return lastReport(work.path);
  };
  /** Does something while clients ask and the balancers are looked at; ends with some more requests. */
  const watched = async (hosts: string, text: string, action: () => Promise<void>): Promise<{ clients: Clients; watch: Watch }> => {
    await writeFile(join(work.path, hosts), text);
    const clients = startClients(BALANCERS.map(address));
    const watch = watchBalancers(lab(), BALANCERS, byAddress());
    try {
      await until(() => clients.answered() > 100);
      await action();
      const before = clients.answered();
      await until(() => clients.answered() > before + 100);
    } finally {
      await Promise.all([clients.stop(), watch.stop()]);
    }
    return { clients, watch };
  };
  /** What each host's configuration answers at /health: `200 release 1`. */
  const releases = (): Promise<string[]> =>
    Promise.all(
      WEBS.map((name) => sh(name, `sed -n 's/.*return \\([0-9]*\\) "healthy, \\(.*\\)\\\\n".*/\\1 \\2/p' ${FILE} | tr -d '\\n'`)),
    );

  beforeAll(async () => {
    work = await workspace({
      'hosts.yml': inventory('1'),
      'deploy.yml': deployment(),
      'balancers.yml': balancersOnly(),
      'rolling.yml': playbook(),
    });
    const packages = 'export DEBIAN_FRONTEND=noninteractive; apt-get -qq update; apt-get -qq -y install nginx-light wget';
    await Promise.all(
      [...WEBS, ...BALANCERS].map((name) => sh(name, `{ ${packages} ${WEBS.includes(name) ? 'drover-demo=1.0' : ''}; } >/dev/null 2>&1`)),
    );
    await apply('deploy.yml');
  }, 300_000);
  afterAll(async () => {
    await Promise.all(BALANCERS.map((name) => lab().kill(name)));
    await work.remove();
  });

  test('the site is up: both balancers pass requests to all eight', async () => {
    for (const balancer of BALANCERS) {
      const answers = await Promise.all(Array.from({ length: 32 }, () => ask(`http://${address(balancer)}/`)));
      expect([...new Set(answers.map(({ text }) => text.trim()))].sort()).toEqual(WEBS.map((name) => `${name} 1`).sort());
    }
    expect((await run('check', 'deploy.yml')).code).toBe(0);
  });

  test('while a server is out nobody is sent to it: it can be killed, and no request fails', async () => {
    const clients = startClients(BALANCERS.map(address));
    try {
      await until(() => clients.answered() > 100);
      expect((await applied('state.yml', states('down'))).hosts.map(({ outcome }) => outcome)).toEqual(['changed', 'changed']);
      expect(out()).toEqual([['web01'], ['web01']]);
      await sh('web01', 'systemctl kill --signal=KILL nginx; systemctl stop nginx; ! ss -tlnH | grep -q :80');
      const [before, pages] = [clients.answered(), clients.bodies().get('web01 1') ?? 0];
      await until(() => clients.answered() > before + 100);
      expect(clients.bodies().get('web01 1')).toBe(pages);
      // A site run leaves it where it is.
      await apply('balancers.yml');
      expect(out()).toEqual([['web01'], ['web01']]);
      await sh('web01', 'systemctl start nginx; until wget -q -O /dev/null http://127.0.0.1/health; do sleep 0.1; done');
      await applied('state.yml', states('up'));
      expect(out()).toEqual([[], []]);
      await until(() => (clients.bodies().get('web01 1') ?? 0) > pages);
    } finally {
      await clients.stop();
    }
    expect(clients.failures()).toEqual([]);
  });

  test('a state that is there already is no change, and nothing is reloaded', async () => {
    const workers = (): Promise<string[]> => Promise.all(BALANCERS.map((name) => sh(name, 'pgrep -f "[n]ginx: worker" | sort')));
    const before = await workers();
    expect((await applied('state.yml', states('up'))).hosts.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
    expect(await workers()).toEqual(before);
  });

  test('the last server that is up is not taken out', async () => {
    const path = '/etc/nginx/upstreams/shop.conf';
    await sh('lb01', `cp -p ${path} /root/kept; sed -i '/${address('web01')}:/!s/^\\(server .*\\);/\\1 down;/' ${path}`);
    await writeFile(join(work.path, 'state.yml'), states('down'));
    const { code, stdout } = await run('apply', 'state.yml');
    expect([code, stdout]).toEqual([2, expect.stringContaining(`no other server is up in ${path}`)]);
    await sh('lb01', `cp -p /root/kept ${path}`);
    await applied('state.yml', states('up'));
  });

  test('a connection that does not end fails the step by its deadline', async () => {
    const connection = `exec 3<>/dev/tcp/${address('web02')}/80; touch /run/holds; exec sleep 59`;
    await sh('lb01', `setsid bash -c '${connection}' >/dev/null 2>&1 </dev/null & until [ -e /run/holds ]; do sleep 0.1; done`);
    await writeFile(join(work.path, 'state.yml'), states('down', { address: address('web02'), drainSeconds: 2 }));
    const { code } = await run('apply', 'state.yml');
    const outcomes = new Map((await lastReport(work.path)).hosts.map(({ name, outcome, steps }) => [name, { outcome, steps }]));
    expect([code, outcomes.get('lb01')?.outcome, outcomes.get('lb02')?.outcome]).toEqual([2, 'failed', 'changed']);
    expect(JSON.stringify(outcomes.get('lb01')?.steps)).toMatch(/waited 2 s for no connections to [0-9.:]+|1 connections to/);
    await sh('lb01', 'pkill -f "[s]leep 59"');
    await applied('state.yml', states('up', { address: address('web02') }));
  });

  test('the example of nginx-upstream makes another upstream, and finds what is missing in it', async () => {
    const replaced = { 'upstream: shop': 'upstream: second', '192.0.2.51': address('web01'), '192.0.2.52': address('web02') };
    await applied('readme.yml', readmeExample('nginx-upstream', { ...replaced, 'listen: 80': 'listen: 8081' }));
    expect((await ask(`http://${address('lb02')}:8081/health`)).status).toBe(200);
    for (const spoil of [
      'sed -i /:80/d /etc/nginx/upstreams/second.conf',
      'echo "#" >>/etc/nginx/conf.d/upstream-second.conf',
      'systemctl stop nginx',
    ]) {
      expect((await run('check', 'readme.yml')).code).toBe(0);
      await sh('lb01', spoil);
      expect((await run('check', 'readme.yml')).code).toBe(3);
      await apply('readme.yml');
    }
  });

  test('the examples of nginx-site and http-check; a site that nginx refuses changes nothing', async () => {
    await applied('check.yml', readmeExample('http-check', { '{{ address }}': '127.0.0.1' }));
    const example = { 'hosts: web': 'hosts: web01', 'name: shop': 'name: readme' };
    await applied('site.yml', readmeExample('nginx-site', example));
    // A reload is a signal only.
    const answer = 'wget -q -O - --header "Host: shop.example.com" http://127.0.0.1/health';
    await sh('web01', `for i in $(seq 50); do [ "$(${answer})" = healthy ] && exit; sleep 0.1; done; exit 1`);
    expect((await run('check', 'site.yml')).code).toBe(0);
    const look = 'cat /etc/nginx/conf.d/readme.conf; ls -A /etc/nginx';
    const before = await sh('web01', look);
    await writeFile(join(work.path, 'site.yml'), readmeExample('nginx-site', { ...example, 'listen 80': 'listn 80' }));
    const { code, stdout } = await run('apply', 'site.yml');
    expect([code, stdout]).toEqual([2, expect.stringContaining('unknown directive "listn"')]);
    expect(await sh('web01', look)).toBe(before);
    await sh('web01', 'rm /etc/nginx/conf.d/readme.conf; systemctl reload nginx');
  });

  test('all eight are changed, upgraded, restarted and, where required, rebooted; no request fails, and never more are out than declared', async () => {
    const rebooted = ['web01', 'web03', 'db02'];
    await Promise.all(rebooted.map((name) => sh(name, 'touch /run/reboot-required')));
    const boots = await Promise.all(WEBS.map((name) => lab().bootId(name)));
    const { clients, watch } = await watched('hosts-2.yml', inventory('2'), () => apply('rolling.yml', { inventory: 'hosts-2.yml' }));

    expect(clients.failures()).toEqual([]);
    expect([...clients.bodies().keys()].sort()).toEqual(expect.arrayContaining(WEBS.flatMap((name) => [`${name} 1`, `${name} 2`]).sort()));
    expectDeclared(watch);
    expect([...new Set(watch.seen().flat())].sort()).toEqual([...WEBS].sort());
    expect(out()).toEqual([[], []]);
    for (const [index, name] of WEBS.entries()) {
      expect(await sh(name, 'drover-demo; wget -q -O - http://127.0.0.1/')).toBe(`drover-demo 1.1\n${name} 2\n`);
      expect([name, (await lab().bootId(name)) !== boots[index]]).toEqual([name, rebooted.includes(name)]);
    }
    expect((await run('check', 'rolling.yml', 'hosts-2.yml')).code).toBe(0);
  }, 600_000);

  test('where there is nothing to do nobody is taken out', async () => {
    const { clients, watch } = await watched('hosts-2.yml', inventory('2'), () => apply('rolling.yml', { inventory: 'hosts-2.yml' }));
    expect(watch.seen()).toEqual([[]]);
    expect(clients.failures()).toEqual([]);
  });

  test('a change that breaks the service stays at the canary, which is not put back: the gate halts the rollout', async () => {
    const before = await releases();
    await writeFile(join(work.path, 'broken.yml'), playbook([...BROKEN, ['onGateFailure: undo', 'onGateFailure: halt']]));
    const { clients, watch } = await watched('hosts-3.yml', inventory('3'), () =>
      apply('broken.yml', { inventory: 'hosts-3.yml', code: 2 }),
    );
    expect(clients.failures()).toEqual([]);
    expect(watch.seen()).toEqual([[], ['web01']]);
    expect(out()).toEqual([['web01'], ['web01']]);
    expect(await releases()).toEqual(['500 release 3', ...before.slice(1)]);
    const { hosts, rollouts } = await lastReport(work.path);
    expect(hosts.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name)).toEqual(['web01']);
    expect(rollouts?.at(-1)).toMatchObject({
      failed: ['web01'],
      batches: [{ hosts: ['web01'], state: 'gate-failed' }, { state: 'not-started' }, { state: 'not-started' }, {}],
    });
  }, 600_000);

  test('the mended change is made at the canary, which is put back', async () => {
    const before = await releases();
    const { clients, watch } = await watched('hosts-3.yml', inventory('3'), () =>
      apply('rolling.yml', { inventory: 'hosts-3.yml', limit: 'web01:balancers' }),
    );
    expect(clients.failures()).toEqual([]);
    expect(watch.seen()).toEqual([['web01'], []]);
    expect(await releases()).toEqual(['200 release 3', ...before.slice(1)]);
  }, 600_000);

  test('the example of nginx-upstream-server works on the one host that has something to do', async () => {
    await sh('db03', 'apt-get -qq -y --allow-downgrades install drover-demo=1.0 >/dev/null 2>&1');
    const { clients, watch } = await watched('hosts-2.yml', inventory('2'), async () => {
      await applied('readme.yml', readmeExample('nginx-upstream-server', { 'packages: [nginx]': 'packages: [drover-demo]' }));
    });
    expect(clients.failures()).toEqual([]);
    expect(watch.seen()).toEqual([[], ['db03']]);
    expect(await sh('db03', 'drover-demo')).toBe('drover-demo 1.1\n');
  }, 600_000);

  test('with undo the canary has its old configuration back, and serves again', async () => {
    const before = await releases();
    await writeFile(join(work.path, 'broken.yml'), playbook(BROKEN));
    const { clients, watch } = await watched('hosts-4.yml', inventory('4'), () =>
      apply('broken.yml', { inventory: 'hosts-4.yml', code: 2 }),
    );
    expect(clients.failures()).toEqual([]);
    expect(watch.seen()).toEqual([[], ['web01']]);
    expect(out()).toEqual([[], []]);
    expect(await releases()).toEqual(before);
    const pages = await Promise.all(Array.from({ length: 32 }, () => ask(`http://${address('lb01')}/`)));
    expect(pages.map(({ text }) => text.trim())).toContain(`web01 ${before[0]?.split(' ').at(-1)}`);
    expect((await lastReport(work.path)).rollouts?.at(-1)?.batches[0]).toMatchObject({ state: 'gate-failed', undone: true });
  }, 600_000);
}, [...WEBS, ...BALANCERS]);
