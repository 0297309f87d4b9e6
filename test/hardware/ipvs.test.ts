import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, cli, lastReport, workspace } from '../lab/drive.ts';
import { readmeExample } from '../roles/readme.ts';
import { describeHardware, hardware } from './hardware.ts';

const VIP = '10.0.2.80';
const UNUSED = '10.0.2.99';
const HEX = '0A000250';

/** A playbook for the director alone. */
const director = (service: string, manager = 'ipvsadm'): string =>
  `- hosts: directors
  become: true
  roles:
    - role: ipvs-director
      params:
        vip: ${VIP}
        interface: host0
        networkFile: 10-lab.network
        manager: ${manager}
        services: [${service}]
`;
const reals = (weights: Readonly<Record<string, number>> = {}, more = ''): string =>
  ['real1', 'real2'].map((name) => `{ address: ${hardware().host(name).inside}, weight: ${weights[name] ?? 1}${more} }`).join(', ');
const direct = (weights?: Readonly<Record<string, number>>): string =>
  `{ port: 80, scheduler: rr, method: dr, reals: [${reals(weights)}] }`;
const masqueraded = (): string => `{ port: 8080, scheduler: rr, method: nat, reals: [${reals({}, ', port: 80')}] }`;

async function sh(name: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await hardware().exec(name, ['sh', '-c', script]);
  expect(code, `${name}: ${script}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

/** Waits on the host until a line of sh succeeds, at most a minute. */
const until = (name: string, condition: string): Promise<string> =>
  sh(name, `n=0; until ${condition}; do n=$((n+1)); [ $n -lt 120 ] || { cat /proc/net/ip_vs; exit 1; }; sleep 0.5; done`);

/** Runs a line of sh in a container's network alone: also when the container no longer reaches its neighbours. */
const inNetwork = (name: string, script: string): Promise<string> =>
  sh(
    'metal',
    `p=$(pgrep -P $(systemctl show -p MainPID --value lab-host@${name}.service) | head -n 1); nsenter -t $p -n sh -c '${script}'`,
  );

/** Who answered that many requests of the client, each on a connection of its own. */
async function answers(count: number, port = 80): Promise<Record<string, number>> {
  const text = await sh('client', `for i in $(seq ${count}); do curl -sS --max-time 10 http://${VIP}:${port}/ || echo none; done`);
  const found: Record<string, number> = {};
  for (const name of text.trim().split('\n')) found[name] = (found[name] ?? 0) + 1;
  return found;
}

/** The different hardware addresses that answer ARP for an address. */
async function arpAnswers(address: string): Promise<string[]> {
  const { stdout } = await hardware().exec('client', ['arping', '-c', '3', '-w', '4', '-I', 'host0', address]);
  return [...new Set([...stdout.matchAll(/\[([0-9a-f:]{17})\]/gi)].map((match) => (match[1] ?? '').toLowerCase()))];
}
const macOf = async (name: string): Promise<string> => (await sh(name, 'cat /sys/class/net/host0/address')).trim();
/** Real servers of the service on this port in the kernel's table, with their weights. */
const table = async (port = 80): Promise<string[]> => {
  const lines = (await sh('lb1', 'cat /proc/net/ip_vs')).split('\n');
  const from = lines.findIndex((line) => line.startsWith(`TCP  ${HEX}:${port.toString(16).toUpperCase().padStart(4, '0')} rr`));
  if (from === -1) return ['no such service'];
  const rest = lines.slice(from + 1);
  const end = rest.findIndex((line) => !line.startsWith('  ->'));
  const servers = rest.slice(0, end).map((line) => {
    const [, where = '', method = '', weight = ''] = line.trim().split(/\s+/);
    return `${Number.parseInt(where.slice(6, 8), 16)} ${method} ${weight}`;
  });
  return servers.sort();
};

const ADDRESS = `address[host0 ${VIP}/32]`;
const DROP_IN = '/etc/systemd/network/10-lab.network.d/60-ipvs-director.conf';
const CONF = 'file[/etc/keepalived/keepalived.conf]';
const IN_TABLE = 'command[keepalived’s services are in the kernel’s table]';
const SERVICE = `ipvsService[tcp ${VIP}:80]`;

describeHardware(
  'IPVS: a director and two real servers',
  () => {
    let work: Awaited<ReturnType<typeof workspace>>;
    const run = (command: string, playbook: string, limit: readonly string[] = []): Promise<CliResult> =>
      cli(work.path, [command, ...(command === 'apply' ? ['--yes'] : []), playbook, '-i', hardware().inventoryFile, ...limit]);
    /** Applies, and resolves to what that changed on the director. */
    const apply = async (playbook: string, limit: readonly string[] = []): Promise<string[]> => {
      const result = await run('apply', playbook, limit);
      expect(result.code, result.stdout + result.stderr).toBe(0);
      const lb1 = (await lastReport(work.path)).hosts.find(({ name }) => name === 'lb1');
      return (lb1?.steps ?? []).filter(({ outcome }) => outcome === 'changed').map(({ id }) => id.replace('ipvs-director/', ''));
    };
    const expectConverged = async (playbook: string): Promise<void> => {
      await apply(playbook);
      for (const host of (await lastReport(work.path)).hosts) expect([host.name, host.outcome]).toEqual([host.name, 'ok']);
    };
    /** `check` finds what was spoilt, and apply repairs that and nothing else; `holds` looks whether it is as before. */
    const expectRepaired = async (
      playbook: string,
      drifts: readonly (readonly [spoil: string, steps: readonly string[]])[],
      holds: () => Promise<void>,
    ): Promise<void> => {
      for (const [spoil, steps] of drifts) {
        await sh('lb1', spoil);
        expect((await run('check', playbook, ['-l', 'lb1'])).code, spoil).toBe(3);
        expect(await apply(playbook, ['-l', 'lb1']), spoil).toEqual(steps);
        await holds();
      }
      await expectConverged(playbook);
    };

    beforeAll(async () => {
      await Promise.all(['lb1', 'real1', 'real2'].map((name) => hardware().reset(name)));
      await sh('real1', 'systemctl start nginx');
      await sh('real2', 'systemctl start nginx');
      const example = readmeExample('ipvs-director', {
        '192.0.2.80': VIP,
        '10-eth0.network': '10-lab.network',
        eth0: 'host0',
        '192.0.2.51': hardware().host('real1').inside,
        '192.0.2.52': hardware().host('real2').inside,
      });
      work = await workspace({
        'example.yml': example,
        'rules.yml': director(direct()),
        'drain1.yml': director(direct({ real1: 0 })),
        'drain2.yml': director(direct({ real2: 0 })),
        'nat.yml': director(masqueraded()),
      });
    });
    afterAll(() => work.remove());

    test('the trap: with /24 on lo a host answers ARP for addresses that nobody has, and loses its neighbours', async () => {
      const real1 = hardware().host('real1').inside;
      expect(await arpAnswers(UNUSED)).toEqual([]);
      await inNetwork('real1', `ip addr add ${VIP}/24 dev lo`);
      try {
        expect(await arpAnswers(UNUSED)).toEqual([await inNetwork('real1', 'ip -o link show host0').then(macIn)]);
        expect(await inNetwork('real1', `ip route get ${hardware().host('client').inside}`)).toMatch(/^local .* dev lo/);
      } finally {
        await inNetwork('real1', `ip addr del ${VIP}/24 dev lo`);
      }
      expect(await arpAnswers(UNUSED)).toEqual([]);
      expect(await inNetwork('real1', `ip addr add ${VIP}/32 dev lo; ip -4 -o addr show dev lo`)).toContain(`${VIP}/32`);
      // Nor is /32 alone enough.
      expect(await arpAnswers(VIP)).toEqual([await macOf('real1')]);
      await inNetwork('real1', `ip addr del ${VIP}/32 dev lo`);
      expect(await sh('client', `ping -c 1 -W 5 ${real1} >/dev/null && echo back`)).toBe('back\n');
    });

    test('the example of the README: both real servers answer, the director alone answers ARP', async () => {
      await apply('example.yml');
      expect(await answers(10)).toEqual({ real1: 5, real2: 5 });
      expect(await arpAnswers(VIP)).toEqual([await macOf('lb1')]);
      expect(await arpAnswers(UNUSED)).toEqual([]);
      expect(await table()).toEqual(['12 Route 1', '13 Route 1']);
      await expectConverged('example.yml');
    });

    test('keepalived takes a dead real server out and brings it back', async () => {
      await sh('real1', 'systemctl stop nginx');
      await until('lb1', '! grep -q 0A00020C:0050 /proc/net/ip_vs');
      expect(await answers(4)).toEqual({ real2: 4 });
      // A dead real server is no drift of the director, and found on the real server.
      expect((await run('check', 'example.yml', ['-l', 'lb1'])).code).toBe(0);
      const check = await run('check', 'example.yml', ['-l', 'real1']);
      expect(check.code, check.stdout + check.stderr).toBe(3);
      expect(check.stdout).toContain(`nothing listens on ${VIP}:80`);
      await sh('real1', 'systemctl start nginx');
      await until('lb1', 'grep -q 0A00020C:0050 /proc/net/ip_vs');
      expect(await answers(4)).toEqual({ real1: 2, real2: 2 });
    });

    test('with keepalived all is back after a reboot, and each drift is found and repaired', async () => {
      await hardware().reboot('lb1');
      await until('lb1', 'grep -q 0A00020C:0050 /proc/net/ip_vs && grep -q 0A00020D:0050 /proc/net/ip_vs');
      expect(await answers(4)).toEqual({ real1: 2, real2: 2 });
      await expectConverged('example.yml');
      await expectRepaired(
        'example.yml',
        [
          [`ip addr del ${VIP}/32 dev host0`, [ADDRESS, 'handler[announce the address]']],
          [`rm ${DROP_IN}`, [`file[${DROP_IN}]`]],
          ["sed -i 's/delay_loop 2/delay_loop 20/' /etc/keepalived/keepalived.conf", [CONF, 'handler[reload keepalived]']],
          ['systemctl stop keepalived', ['service[keepalived.service]', IN_TABLE]],
          ['systemctl disable --quiet keepalived', ['service[keepalived.service]']],
          ['rm /etc/modules-load.d/ipvs-director.conf', ['file[/etc/modules-load.d/ipvs-director.conf]']],
          ['systemctl enable --quiet ipvsadm', ['command[ipvsadm leaves the table alone]']],
          // keepalived knows nothing of it.
          [`ipvsadm -A -t ${VIP}:25 -s wlc`, [`ipvsTable[tcp ${VIP}:80]`]],
          // keepalived itself does not notice.
          ['ipvsadm -C', [IN_TABLE]],
        ],
        () => until('lb1', `grep -q 0A00020D:0050 /proc/net/ip_vs && ip -o addr show dev host0 | grep -q ${VIP}/32`).then(() => {}),
      );
    });

    test('with ipvsadm the table is exactly as declared, and keepalived lets go of it', async () => {
      await apply('rules.yml');
      expect(await table()).toEqual(['12 Route 1', '13 Route 1']);
      expect(await answers(4)).toEqual({ real1: 2, real2: 2 });
      expect(await sh('lb1', 'systemctl is-active keepalived; systemctl is-enabled keepalived; true')).toBe('inactive\ndisabled\n');
      await expectConverged('rules.yml');
      const [one, two] = ['real1', 'real2'].map((name) => `${hardware().host(name).inside}:80`);
      const service = `-t ${VIP}:80`;
      await expectRepaired(
        'rules.yml',
        [
          ['ipvsadm -C', [SERVICE]],
          [`ipvsadm -E ${service} -s wlc`, [SERVICE]],
          [`ipvsadm -E ${service} -s rr -p 60`, [SERVICE]],
          [`ipvsadm -d ${service} -r ${one}`, [SERVICE]],
          [`ipvsadm -e ${service} -r ${two} -g -w 7`, [SERVICE]],
          [`ipvsadm -e ${service} -r ${two} -m -w 1`, [SERVICE]],
          [`ipvsadm -a ${service} -r 10.0.2.14:80 -g`, [SERVICE]],
          [`ipvsadm -A -u ${VIP}:53 -s rr; ipvsadm -A -t [2001:db8::80]:25 -s wlc -p 30`, [`ipvsTable[tcp ${VIP}:80]`]],
          ["sed -i 's/-w 1/-w 2/' /etc/ipvsadm.rules", ['file[/etc/ipvsadm.rules]']],
          ['sed -i s/^AUTO=.*/AUTO=false/ /etc/default/ipvsadm', ['ini[/etc/default/ipvsadm AUTO]']],
          ['systemctl disable --quiet ipvsadm', ['service[ipvsadm.service]']],
          ['systemctl enable --quiet keepalived', ['command[keepalived leaves the table alone]']],
        ],
        async () => {
          expect(await table()).toEqual(['12 Route 1', '13 Route 1']);
          expect(await sh('lb1', 'grep -c -e ^TCP -e ^UDP /proc/net/ip_vs')).toBe('1\n');
          expect(await sh('lb1', 'ipvsadm -L -n')).not.toContain('persistent');
        },
      );
    });

    test('weight 0 drains: the connection that is there lives on, new ones go to the other', async () => {
      // Three requests on one connection, 15 s apart.
      const url = `http://${VIP}/`;
      await sh(
        'client',
        `rm -f /tmp/slow; setsid sh -c 'curl -sSN --rate 4/m ${url} ${url} ${url} >/tmp/slow 2>&1; echo end >>/tmp/slow' >/dev/null 2>&1 &`,
      );
      await sh('client', 'until [ -s /tmp/slow ]; do sleep 0.1; done');
      const held = (await sh('client', 'head -n 1 /tmp/slow')).trim();
      const other = held === 'real1' ? 'real2' : 'real1';
      await apply(held === 'real1' ? 'drain1.yml' : 'drain2.yml');
      expect(await answers(4)).toEqual({ [other]: 4 });
      await sh('client', 'until grep -q end /tmp/slow; do sleep 0.5; done');
      expect(await sh('client', 'cat /tmp/slow')).toBe(`${held}\n${held}\n${held}\nend\n`);
    });

    test('with ipvsadm the table is back after a reboot', async () => {
      await apply('rules.yml');
      await hardware().reboot('lb1');
      expect(await table()).toEqual(['12 Route 1', '13 Route 1']);
      expect(await answers(4)).toEqual({ real1: 2, real2: 2 });
      expect((await run('check', 'rules.yml')).code).toBe(0);
    });

    test('masquerading: nothing without the way back, both answer with it', async () => {
      await apply('nat.yml');
      expect(await table(8080)).toEqual(['12 Masq 1', '13 Masq 1']);
      expect(await table(80)).toEqual(['no such service']);
      expect(
        await sh(
          'lb1',
          'cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/all/send_redirects /proc/sys/net/ipv4/conf/host0/send_redirects',
        ),
      ).toBe('1\n0\n0\n');
      expect((await hardware().exec('client', ['curl', '-sS', '--max-time', '5', `http://${VIP}:8080/`])).code).not.toBe(0);
      const [client, lb1] = [hardware().host('client').inside, hardware().host('lb1').inside];
      for (const name of ['real1', 'real2']) await sh(name, `ip route add ${client}/32 via ${lb1} dev host0`);
      try {
        expect(await answers(4, 8080)).toEqual({ real1: 2, real2: 2 });
        await expectConverged('nat.yml');
        await expectRepaired(
          'nat.yml',
          [
            ['sysctl -qw net.ipv4.ip_forward=0', ['sysctl[net.ipv4.ip_forward]']],
            ['sysctl -qw net.ipv4.conf.host0.send_redirects=1', ['sysctl[net.ipv4.conf.host0.send_redirects]']],
            ["sed -i '/all.send/d' /etc/sysctl.d/60-ipvs-director.conf", ['sysctl[net.ipv4.conf.all.send_redirects]']],
          ],
          async () => expect(await answers(2, 8080)).toEqual({ real1: 1, real2: 1 }),
        );
      } finally {
        for (const name of ['real1', 'real2']) await sh(name, `ip route del ${client}/32`);
      }
    });
  },
  'second',
);

function macIn(link: string): string {
  return /link\/ether ([0-9a-f:]{17})/.exec(link)?.[1] ?? '';
}
