import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, cli, workspace } from './drive.ts';
import { differences } from './fleet/snapshot.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

/** This machine's kernel has no ip_vs: what a director does is in test/hardware/ipvs.test.ts. Here is what a plan says, on hosts that stay as they are. */
describeLab('ipvs-director, planned on hosts without ip_vs', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  const net = (): string => `10.213.${lab().number}`;
  const play = (host: string, params: string): string =>
    `- hosts: ${host}\n  become: true\n  roles:\n    - role: ipvs-director\n      params: { vip: ${net()}.220, interface: host0, ${params} }\n`;
  const services = (real: string): string => `services: [{ port: 80, method: dr, reals: [{ address: ${real} }] }]`;
  const plan = (playbook: string): Promise<CliResult> => cli(work.path, ['plan', playbook, '-i', lab().inventoryFile]);

  beforeAll(async () => {
    const near = services(`${net()}.12`);
    work = await workspace({
      'debian.yml': play('web01', `networkFile: 10-lab.network, ${near}`),
      'redhat.yml': play('el9', `networkFile: 10-lab.network, manager: ipvsadm, ${near}`),
      'far.yml': play('web01', `networkFile: 10-lab.network, ${services('192.0.2.51')}`),
      'other.yml': play('web01', `networkFile: other.network, ${near}`),
      'nameless.yml': play('web01', near),
      'busybox.yml': play('busybox', near).replace('  become: true\n', ''),
    });
  });
  afterAll(() => work.remove());

  test('on Debian it shows keepalived’s file, and leaves the host as it was', async () => {
    const before = await lab().snapshot('web01');
    const { code, stdout } = await plan('debian.yml');
    expect(code, stdout).toBe(0);
    expect(stdout).toContain(`virtual_server ${net()}.220 80 {`);
    expect(stdout).toContain(`ipvs-director/address[host0 ${net()}.220/32]`);
    expect(differences(before, await lab().snapshot('web01'))).toEqual([]);
  });

  test('on the Red Hat-like host it shows the table and /etc/sysconfig/ipvsadm', async () => {
    const { code, stdout } = await plan('redhat.yml');
    expect(code, stdout).toBe(0);
    expect(stdout).toContain(`ipvs-director/ipvsService[tcp ${net()}.220:80]`);
    expect(stdout).toContain(`-a -t ${net()}.220:80 -r ${net()}.12:80 -g -w 1`);
    expect(stdout).toContain('ipvs-director/file[/etc/sysconfig/ipvsadm]');
  });

  test('beside ldirectord it is refused, by its name', async () => {
    const unit = '/run/systemd/system/ldirectord.service';
    await sh(
      'web01',
      `printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >${unit}; systemctl daemon-reload; systemctl start ldirectord`,
    );
    try {
      const { code, stdout } = await plan('debian.yml');
      expect(code).toBe(2);
      expect(stdout.replace(/\s+/g, ' ')).toContain('ldirectord fills the table of virtual services on this host as well');
    } finally {
      await sh('web01', `systemctl stop ldirectord; rm ${unit}; systemctl daemon-reload`);
    }
  });

  test.each([
    ['far.yml', /192\.0\.2\.51 is not in a network of host0 \(10\.213\.\d+\.\d+\/24\)/],
    ['nameless.yml', /say in networkFile which \.network file does it/],
    ['busybox.yml', /role ipvs-director does not support busybox and dropbear/],
    ['other.yml', /systemd-networkd configures host0 by \/etc\/systemd\/network\/10-lab\.network, not by other\.network/],
  ])('%s is refused with the reason', async (playbook, reason) => {
    const { code, stdout } = await plan(playbook);
    expect(code).toBe(2);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(reason);
  });
}, ['web01', 'busybox', 'el9']);
