import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer, connect as open } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, cli, lastReport, workspace } from '../lab/drive.ts';
import { readmeExample } from '../roles/readme.ts';
import { describeHardware, hardware } from './hardware.ts';

/** tun1's addresses are those of the README's example. */
const ENDS = {
  tun1: { tunnel: '2001:db8:7a::2', subnet: '2001:db8:feed::1' },
  tun2: { tunnel: '2001:db8:7a::1', subnet: '2001:db8:beef::1' },
} as const;
type End = keyof typeof ENDS;
const NAMES: readonly End[] = ['tun1', 'tun2'];
const peerOf = (name: End): End => (name === 'tun1' ? 'tun2' : 'tun1');

/** Shares its first 32 bits with the subnets, and its first 48 with the tunnel: by itself the kernel would come from the tunnel's address. */
const DRAWN = '2001:db8:7a:ffff::6';
const FAR = '2001:db8:dead::6';

async function sh(name: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await hardware().enter(name, ['sh', '-c', script]);
  expect(code, `${name}: ${script}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

/** The tunnel of one end as the host's own `ip` shows it, in one line. */
const state = async (name: End): Promise<string> => {
  const looks = ['ip -d -o link show sit1', 'ip -6 -o addr show dev sit1 scope global | sort -k 4', 'ip -6 route show default'];
  const [link = '', addresses = '', routes = ''] = (await sh(name, looks.join('; echo =====; '))).split('=====\n');
  const endpoints = /remote \S+ local \S+ ttl \S+/.exec(link)?.[0] ?? 'no endpoints';
  const [mtu] = /mtu \d+/.exec(link) ?? [];
  const flags = /<([^>]*)>/.exec(link)?.[1]?.split(',').includes('UP') ? 'up' : 'down';
  const own = [...addresses.matchAll(/inet6 (\S+)(.*)/g)].map(
    ([, address, rest = '']) => `${address}${rest.includes(' deprecated') ? ' deprecated' : ''}`,
  );
  const sources = [...routes.matchAll(/^default dev (\S+) .*?src (\S+) .*?metric (\d+)/gm)].map(
    ([, dev, src, metric]) => `${dev} ${src} ${metric}`,
  );
  return [endpoints, mtu, flags, ...own, ...sources].join(', ');
};
const wantedState = (name: End, ttl = 64): string => {
  const { inside } = hardware().host(name);
  const { tunnel, subnet } = ENDS[name];
  const remote = hardware().host(peerOf(name)).inside;
  const addresses = [`${subnet}/128`, `${tunnel}/64`].sort((a, b) => (a < b ? -1 : 1));
  return [`remote ${remote} local ${inside} ttl ${ttl}`, 'mtu 1480', 'up', ...addresses, `sit1 ${subnet} 1024`].join(', ');
};
const expectInPlace = async (name: End): Promise<void> => {
  await expect.poll(() => state(name), { timeout: 30_000 }).toBe(wantedState(name));
  const destinations = [DRAWN, FAR, ENDS[peerOf(name)].subnet];
  const routes = await sh(name, destinations.map((destination) => `ip -6 route get ${destination}`).join('; '));
  const sources = [...routes.matchAll(/^(\S+) .*dev sit1 .*src (\S+)/gm)].map(([, destination, source]) => [destination, source]);
  expect(sources).toEqual(destinations.map((destination) => [destination, ENDS[name].subnet]));
  expect(await sh(name, `ping -6 -c 1 -w 20 ${ENDS[peerOf(name)].subnet}`)).toContain(' 0% packet loss');
};

/** A playbook for one end, with more parameters and what it allows. */
const end = (name: End, more = '', allow = ''): string => {
  const { tunnel, subnet } = ENDS[name];
  return `- hosts: ${name}
  become: true
${allow}  roles:
    - role: ipv6-tunnel
      params:
        local: ${hardware().host(name).inside}
        remote: ${hardware().host(peerOf(name)).inside}
        tunnelAddress: ${tunnel}/64
        subnetAddresses: ["${subnet}"]
${more}`;
};

describeHardware(
  'ipv6-tunnel between systemd-networkd and ifupdown',
  () => {
    let work: Awaited<ReturnType<typeof workspace>>;
    const run = (command: string, playbook = 'both.yml', more: readonly string[] = ['-i', hardware().inventoryFile]): Promise<CliResult> =>
      cli(work.path, [command, ...(command === 'apply' ? ['--yes'] : []), playbook, ...more]);
    const apply = async (playbook?: string, more?: readonly string[]): Promise<CliResult> => {
      const result = await run('apply', playbook, more);
      expect(result.code, result.stdout + result.stderr).toBe(0);
      return result;
    };
    /** What the last run changed, by host. */
    const changed = async (): Promise<Record<string, string[]>> => {
      const { hosts } = await lastReport(work.path);
      const steps = hosts.map((host) =>
        host.steps.filter(({ outcome }) => outcome === 'changed').map(({ id }) => id.replace('ipv6-tunnel/', '')),
      );
      return Object.fromEntries(hosts.map(({ name }, index) => [name, steps[index] ?? []]));
    };
    const expectConverged = async (): Promise<void> => {
      await apply();
      expect(await changed()).toEqual({ tun1: [], tun2: [] });
    };

    beforeAll(async () => {
      await Promise.all(NAMES.map((name) => hardware().reset(name)));
      const example = readmeExample('ipv6-tunnel', {
        'hosts: tunnels': 'hosts: tun1',
        '192.0.2.10': hardware().host('tun1').inside,
        '203.0.113.1': hardware().host('tun2').inside,
      });
      work = await workspace({
        'both.yml': `${end('tun2')}${example}`,
        'peer.yml': end('tun1', `        peer: "${ENDS.tun2.tunnel}"\n`),
        'gone.yml': end('tun1', '        peer: "2001:db8:7a::99"\n'),
        'kernel.yml': end('tun1', '        sourcePreference: kernel\n'),
        'deprecate.yml': end('tun1', '        sourcePreference: deprecate-tunnel\n'),
        'metric.yml': end('tun1', '        metric: 2048\n'),
        'ttl.yml': end('tun2', '        ttl: 32\n'),
        'allowed.yml': end('tun2', '        ttl: 32\n', '  allow: [disconnect]\n'),
        'elsewhere.yml': end('tun1').replace(/local: .*/, 'local: 10.0.2.99'),
      });
    });
    afterAll(() => work.remove());

    test('a plan shows it and changes nothing', async () => {
      const { code, stdout } = await run('check');
      expect(code, stdout).toBe(3);
      expect(stdout).toContain('ipv6-tunnel/tunnel[sit1]');
      for (const name of NAMES) expect((await hardware().enter(name, ['ip', 'link', 'show', 'sit1'])).code).not.toBe(0);
    });

    test('an address that is none of the host is refused with those that it has', async () => {
      const { code, stdout, stderr } = await run('apply', 'elsewhere.yml');
      expect(code).not.toBe(0);
      expect((stdout + stderr).replaceAll(/\s+/g, ' ')).toContain('10.0.2.99 is no address of this host');
    });

    test('apply brings both ends up: ping goes through, and connections come from the subnets’ addresses', async () => {
      await apply();
      for (const name of NAMES) await expectInPlace(name);
      const seen = await sh('tun2', `ping -6 -c 1 -w 20 ${ENDS.tun1.subnet} >/dev/null; ip -6 route get ${ENDS.tun1.tunnel}`);
      expect(seen).toContain('dev sit1');
    });

    test('a second apply changes nothing, in at most two round trips a host', async () => {
      await expectConverged();
      for (const host of (await lastReport(work.path)).hosts) expect(host.connection?.roundTrips).toBeLessThanOrEqual(2);
    });

    test('the other end must answer where that is asked for', async () => {
      await apply('peer.yml');
      expect(await changed()).toEqual({ tun1: [] });
      const { code, stdout } = await run('check', 'gone.yml');
      expect(code, stdout).toBe(3);
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain('2001:db8:7a::99 answers');
    });

    test('the network systems find what they would have made: told to read their files again, they leave it', async () => {
      expect(await sh('tun1', 'networkctl reload; sleep 3; networkctl list --no-legend sit1')).toMatch(/sit1 +sit +\S+ +configured/);
      expect(await sh('tun2', 'ifup sit1; ifquery --state sit1')).toContain('sit1=sit1');
      await sh('tun2', 'systemctl restart networking');
      for (const name of NAMES) await expectInPlace(name);
      await expectConverged();
    });

    test('both are there after a reboot, made by systemd-networkd and ifupdown', async () => {
      for (const name of NAMES) await hardware().reboot(name);
      for (const name of NAMES) await expectInPlace(name);
      expect(await sh('tun1', 'networkctl list --no-legend sit1')).toMatch(/configured/);
      expect(await sh('tun2', 'ifquery --state sit1')).toBe('sit1=sit1\n');
      await expectConverged();
    });

    test('drift in each managed item is found by check and repaired by apply, one at a time at each end', async () => {
      const TUNNEL = 'tunnel[sit1]';
      const ROUTE = 'route[::/0]';
      const reload = 'handler[read the network files]';
      const addresses = (name: End): string[] => [`address[sit1 ${ENDS[name].tunnel}/64]`, `address[sit1 ${ENDS[name].subnet}/128]`];
      const [own1 = '', subnet1 = ''] = addresses('tun1');
      const [own2 = ''] = addresses('tun2');
      const netdev = '/etc/systemd/network/60-sit1.netdev';
      const network = '/etc/systemd/network/60-sit1.network';
      const stanza = '/etc/network/interfaces.d/sit1';
      type Drift = readonly [spoil: string, steps: readonly string[]];
      const rounds: readonly { readonly tun1: Drift; readonly tun2: Drift }[] = [
        { tun1: ['ip tunnel change sit1 mode sit ttl 9', [TUNNEL]], tun2: ['ip tunnel change sit1 mode sit remote 10.0.2.99', [TUNNEL]] },
        { tun1: ['ip -6 route replace default dev sit1 metric 1024', [ROUTE]], tun2: ['ip link set sit1 mtu 1300', [TUNNEL]] },
        { tun1: [`ip -6 addr del ${ENDS.tun1.tunnel}/64 dev sit1`, [own1]], tun2: ['ip -6 route del default', [ROUTE]] },
        {
          tun1: [`ip -6 addr change ${ENDS.tun1.subnet}/128 dev sit1 preferred_lft 0`, [subnet1]],
          tun2: [`ip -6 addr change ${ENDS.tun2.tunnel}/64 dev sit1 preferred_lft 0`, [own2]],
        },
        {
          tun1: [`sed -i s/1024/512/ ${network}`, [`file[${network}]`, reload]],
          tun2: [`sed -i s/1024/512/ ${stanza}`, [`file[${stanza}]`]],
        },
        {
          tun1: [`rm ${netdev}`, [`file[${netdev}]`, reload]],
          tun2: ["sed -i '/^source/d' /etc/network/interfaces", ['line[/etc/network/interfaces source /etc/network/interfaces.d/*]']],
        },
        {
          tun1: ['ip link set sit1 down', [TUNNEL, ...addresses('tun1'), ROUTE]],
          tun2: ['ip tunnel del sit1', [TUNNEL, ...addresses('tun2'), ROUTE]],
        },
        {
          tun1: ['ip tunnel del sit1', [TUNNEL, ...addresses('tun1'), ROUTE]],
          tun2: ['ip link set sit1 down', [TUNNEL, ...addresses('tun2'), ROUTE]],
        },
      ];
      for (const round of rounds) {
        await Promise.all(NAMES.map((name) => sh(name, round[name][0])));
        expect((await run('check')).code, round.tun1[0]).toBe(3);
        const found = (await lastReport(work.path)).hosts.map(({ name, outcome }) => `${name} ${outcome}`);
        expect(found.sort(), round.tun1[0]).toEqual(['tun1 changed', 'tun2 changed']);
        await apply();
        expect(await changed(), round.tun1[0]).toEqual({ tun1: round.tun1[1], tun2: round.tun2[1] });
        for (const name of NAMES) {
          await expect.poll(() => state(name), { message: round[name][0], timeout: 30_000 }).toBe(wantedState(name));
        }
      }
      for (const name of NAMES) await expectInPlace(name);
      await expectConverged();
    });

    test('an address with another prefix length, which leaves no room for ours, gives way and the route has its source again', async () => {
      await Promise.all(
        NAMES.map((name) => sh(name, `ip -6 addr del ${ENDS[name].subnet}/128 dev sit1; ip -6 addr add ${ENDS[name].subnet}/64 dev sit1`)),
      );
      expect((await run('check')).code).toBe(3);
      await apply();
      for (const name of NAMES) await expectInPlace(name);
      await expectConverged();
    });

    test('a file of systemd-networkd that comes before ours is told of', async () => {
      const other = '/etc/systemd/network/10-all.network';
      await sh('tun1', `printf '[Match]\\nName=sit*\\n' >${other}; networkctl reload`);
      await sh('tun1', `until grep -qs 10-all /run/systemd/netif/links/$(cat /sys/class/net/sit1/ifindex); do sleep 0.2; done`);
      const { code, stdout } = await run('apply');
      expect(code).toBe(2);
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`systemd-networkd configures sit1 by ${other}, not by 60-sit1.network`);
      await sh('tun1', `rm ${other}; networkctl reload`);
      await sh('tun1', `until grep -qs 60-sit1 /run/systemd/netif/links/$(cat /sys/class/net/sit1/ifindex); do sleep 0.2; done`);
      await apply();
      await expectInPlace('tun1');
    });

    test('the trap: left to the kernel, connections come from the tunnel’s address where its prefix is the longer one', async () => {
      await apply('kernel.yml');
      await sh('tun1', 'ip -6 route replace default dev sit1 metric 1024');
      expect(await sh('tun1', `ip -6 route get ${DRAWN}`)).toContain(`src ${ENDS.tun1.tunnel} `);
      await apply('deprecate.yml');
      expect(await sh('tun1', `ip -6 route get ${DRAWN}`)).toContain(`src ${ENDS.tun1.subnet} `);
      expect(await sh('tun1', 'ip -6 addr show dev sit1')).toMatch(/2001:db8:7a::2\/64 scope global deprecated/);
      await apply();
      await expectInPlace('tun1');
    });

    test('a second default route is refused, and one with a metric of its own is not', async () => {
      await sh('tun1', 'ip -6 route del default; ip -6 route add default via fe80::1 dev host0 metric 1024');
      const { code, stdout } = await run('check', 'peer.yml');
      expect(code).not.toBe(0);
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain('there is a default route already, via fe80::1 dev host0 metric 1024');
      expect((await run('check', 'metric.yml')).code).toBe(3);
      await sh('tun1', 'ip -6 route del default');
      await apply();
      await expectInPlace('tun1');
    });

    test('a change to the tunnel that carries the SSH session is refused, unless the play allows it', async () => {
      const { child, more } = await throughTunnel(work.path);
      try {
        await apply('both.yml', [...more, '-l', 'tun2']);
        const refused = await run('apply', 'ttl.yml', more);
        expect(refused.code).not.toBe(0);
        expect(refused.stdout.replaceAll(/\s+/g, ' ')).toContain(
          `changing sit1 may cut the SSH session that drover came by over sit1, from ${ENDS.tun1.subnet} to ${ENDS.tun2.subnet}; the play does not allow it (allow: [disconnect])`,
        );
        expect(await state('tun2')).toBe(wantedState('tun2'));
        await apply('allowed.yml', more);
        expect(await state('tun2')).toBe(wantedState('tun2', 32));
      } finally {
        child.kill();
      }
      await apply();
      await expectInPlace('tun2');
    });
  },
  'second',
);

/** A way to tun2 that goes through the tunnel: a port of this machine that tun1 hands on to tun2's IPv6 address, and an inventory that takes it. */
async function throughTunnel(folder: string): Promise<{ readonly child: ChildProcess; readonly more: readonly string[] }> {
  const { keyFile, knownHostsFile } = hardware();
  const { address, port } = hardware().host('tun1');
  const local = await freePort();
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=yes', `UserKnownHostsFile=${knownHostsFile}`, 'ExitOnForwardFailure=yes'];
  const forward = `127.0.0.1:${local}:[${ENDS.tun2.subnet}]:22`;
  const flags = ['-F', 'none', '-N', ...options.flatMap((option) => ['-o', option]), '-i', keyFile, '-p', String(port), '-L', forward];
  const child = spawn('ssh', [...flags, `root@${address}`], { stdio: 'ignore' });
  await answering(local);
  const key = (await sh('tun2', 'cat /etc/ssh/ssh_host_ed25519_key.pub')).split(' ').slice(0, 2).join(' ');
  await writeFile(join(folder, 'known_hosts'), `[127.0.0.1]:${local} ${key}\n`);
  const vars = {
    ansible_host: '127.0.0.1',
    ansible_port: local,
    ansible_user: 'drover',
    ansible_ssh_private_key_file: keyFile,
    drover_known_hosts_file: join(folder, 'known_hosts'),
  };
  await writeFile(join(folder, 'through.yml'), `all: { hosts: { tun1: {}, tun2: ${JSON.stringify(vars)} } }\n`);
  return { child, more: ['-i', 'through.yml'] };
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const place = server.address();
      server.close(() => (place !== null && typeof place === 'object' ? resolve(place.port) : reject(new Error('no port'))));
    });
  });

/** Resolves when somebody listens on the port; rejects after a minute. */
async function answering(port: number): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = open({ port, host: '127.0.0.1' }, () => resolve(true)).once('error', () => resolve(false));
      setTimeout(() => socket.destroy(), 250).unref();
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`nobody listens on port ${port}`);
}
