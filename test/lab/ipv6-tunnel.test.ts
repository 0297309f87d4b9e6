import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type InterfaceFilesOptions, interfaceFiles } from '../../src/steps/interface-files.ts';
import { cli, lastReport, workspace } from './drive.ts';
import { differences } from './fleet/snapshot.ts';
import { expectKept, sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

const TUNNEL: Omit<InterfaceFilesOptions, 'system'> = {
  name: 'sit1',
  type: 'tunnel',
  tunnel: { local: '192.0.2.2', remote: '192.0.2.1', ttl: 64, mtu: 1280 },
  addresses: [{ address: '2001:db8:7a::2/64' }, { address: '2001:db8:feed::1/128' }],
  routes: [{ to: '::/0', source: '2001:db8:feed::1', metric: 1024 }],
};

/** The container kernel has no sit: that the files bring a tunnel up is shown by test/hardware/ipv6-tunnel.test.ts. */
describeLab('files of a tunnel', () => {
  test('for ifupdown are what ifupdown itself understands', async () => {
    const options = 'address: 2001:db8:7a::2/64\nendpoint: 192.0.2.1\nlocal: 192.0.2.2\nttl: 64\nmtu: 1280\n';
    await expectKept('web01', {
      title: '',
      steps: interfaceFiles({ ...TUNNEL, system: 'ifupdown' }),
      look: "ifquery --list | grep sit1; ifquery sit1 | grep -E '^(address|endpoint|local|ttl|mtu):'",
      found: `sit1\n${options}`,
      drifts: [
        ['rm /etc/network/interfaces.d/sit1', ['type', 'content', 'mode', 'owner', 'group']],
        ['sed -i s/1280/1400/ /etc/network/interfaces.d/sit1', ['content']],
        ["sed -i '/^source/d' /etc/network/interfaces", ['content']],
      ].map(([spoil, fields]) => [String(spoil), Array.isArray(fields) ? fields : []] as const),
    });
  });

  test('for systemd-networkd are files that it reads without a complaint', async () => {
    await expectKept('web02', {
      title: '',
      steps: interfaceFiles({ ...TUNNEL, system: 'networkd' }),
      look: "networkctl reload; sleep 1; journalctl -b -u systemd-networkd -o cat | grep -E '60-sit1.*(Unknown|Failed|Invalid|ignoring)' || echo fine",
      found: 'fine\n',
      drifts: [['rm /etc/systemd/network/60-sit1.netdev', ['type', 'content', 'mode', 'owner', 'group']]],
    });
  });

  describe('for NetworkManager (its folder on the Red Hat-like host; NetworkManager is a stub)', () => {
    const path = '/etc/NetworkManager/system-connections/sit1.nmconnection';

    test('are one profile that root alone can read', async () => {
      await sh('el9', 'mkdir -p /etc/NetworkManager/system-connections');
      await expectKept('el9', {
        title: '',
        steps: interfaceFiles({ ...TUNNEL, system: 'networkmanager' }),
        look: `stat -c '%a %U %G' ${path}; grep -E '^(type|mode|route1|route1_options)=' ${path}`,
        found: '600 root root\ntype=ip-tunnel\nmode=3\nroute1=::/0,::,1024\nroute1_options=src=2001:db8:feed::1\n',
        drifts: [
          [`chmod 644 ${path}`, ['mode']],
          [`echo >>${path}`, ['content']],
        ],
      });
    });
  });
}, ['web01', 'web02', 'web03', 'busybox', 'el9']);

describeLab('ipv6-tunnel where it cannot be', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  const play = (host: string, local: string): string =>
    `- hosts: ${host}\n  become: true\n  roles:\n    - role: ipv6-tunnel\n      params: { remote: 203.0.113.1, local: ${local}, tunnelAddress: "2001:db8:7a::2/64" }\n`;
  const apply = (playbook: string): ReturnType<typeof cli> => cli(work.path, ['apply', '--yes', playbook, '-i', lab().inventoryFile]);

  beforeAll(async () => {
    const { address } = lab().host('web03');
    work = await workspace({
      'elsewhere.yml': play('web03', '192.0.2.99'),
      'here.yml': play('web03', address),
      'busybox.yml': play('busybox', address),
    });
  });
  afterAll(() => work.remove());

  test('is refused for an address that the host has not, with those that it has; nothing changes', async () => {
    const before = await lab().snapshot('web03');
    const { code, stdout } = await apply('elsewhere.yml');
    expect(code, stdout).toBe(2);
    const [host] = (await lastReport(work.path)).hosts;
    expect(JSON.stringify(host)).toContain(
      `192.0.2.99 is no address of this host, so a tunnel cannot come from it (local); it has ${lab().host('web03').address} (host0)`,
    );
    expect(differences(before, await lab().snapshot('web03'))).toEqual([]);
  });

  test('fails with what is missing where the kernel has no sit, and keeps nothing for the next boot', async () => {
    const { code } = await apply('here.yml');
    expect(code).toBe(2);
    expect(JSON.stringify((await lastReport(work.path)).hosts)).toContain('any where the module sit is missing');
    expect(await sh('web03', 'ls /etc/systemd/network')).not.toContain('sit1');
  });

  test('is refused with what switches IPv6 off, and with the file that configures the tunnel already', async () => {
    await sh('web03', 'sysctl -qw net.ipv6.conf.default.disable_ipv6=1');
    try {
      const { code, stdout } = await apply('here.yml');
      expect(code, stdout).toBe(2);
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain('switched off on this host (net.ipv6.conf.default.disable_ipv6 = 1)');
    } finally {
      await sh('web03', 'sysctl -qw net.ipv6.conf.default.disable_ipv6=0');
    }
    const other = '/etc/systemd/network/10-sit1.netdev';
    await sh('web03', `printf '[NetDev]\\nName=sit1\\nKind=sit\\n' >${other}`);
    try {
      const { code, stdout } = await apply('here.yml');
      expect(code, stdout).toBe(2);
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`${other} has it already (systemd-networkd goes by the first of them alone)`);
    } finally {
      await sh('web03', `rm ${other}`);
    }
  });

  test('a platform that it does not support is refused by name', async () => {
    const { code, stdout } = await apply('busybox.yml');
    expect(code, stdout).toBe(2);
    expect(stdout).toContain('role ipv6-tunnel does not support busybox and dropbear');
  });
}, ['web01', 'web02', 'web03', 'busybox', 'el9']);
