import { afterAll, beforeAll, expect, test } from 'vitest';
import { readmeExample } from '../roles/readme.ts';
import { cli, lastReport, workspace } from './drive.ts';
import { differences } from './fleet/snapshot.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

const HOSTS = ['web01', 'web02', 'web03', 'web04', 'db01', 'db02', 'db03', 'db04'];
const PLAYBOOK = new URL('../../playbooks/lo0-vip.yml', import.meta.url).pathname;

describeLab('lo0-vip on eight hosts', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  let vip: string;
  let args: string[];

  beforeAll(async () => {
    const fleet = lab();
    vip = `10.213.${fleet.number}.200`;
    work = await workspace({ 'vip.yml': `realservers:\n  children: { debian: }\n  vars: { service_addresses: [${vip}] }\n` });
    args = [PLAYBOOK, '-i', fleet.inventoryFile, '-i', 'vip.yml'];
  });
  afterAll(() => work.remove());

  /** The address as the host's own `ip` shows it. */
  const onLo = async (name: string): Promise<string> => (await lab().exec(name, ['ip', '-4', '-o', 'addr', 'show', 'dev', 'lo'])).stdout;
  const arp = async (name: string): Promise<string> =>
    (await lab().exec(name, ['sysctl', '-n', 'net.ipv4.conf.all.arp_ignore', 'net.ipv4.conf.all.arp_announce'])).stdout;
  const expectInPlace = async (name: string): Promise<void> => {
    expect(await onLo(name)).toMatch(new RegExp(`inet ${vip}/32 scope global lo:0`));
    expect(await arp(name)).toBe('1\n2\n');
  };
  /** MAC addresses that answer ARP for an address, asked by busybox's arping. */
  const arpAnswers = async (address: string): Promise<string[]> => {
    const { stdout } = await lab().exec('busybox', ['busybox', 'arping', '-c', '2', '-w', '3', '-I', 'host0', address]);
    return [...stdout.matchAll(/\[([0-9a-f:]{17})\]/gi)].map((match) => match[1] ?? '');
  };

  test('a plan shows the change and leaves every file and unit as it was', async () => {
    const fleet = lab();
    const before = await fleet.snapshot('web01');
    const plan = await cli(work.path, ['plan', ...args]);
    expect(plan.stderr).not.toMatch(/error/i);
    expect(plan.code).toBe(0);
    expect(plan.stdout).toContain('lo0-vip/address[lo ');
    expect((await cli(work.path, ['check', ...args])).code).toBe(3);
    expect(differences(before, await fleet.snapshot('web01'))).toEqual([]);
    expect(await onLo('web01')).not.toContain(vip);
  });

  test('apply puts the address on lo as /32, out of ARP, read back with ip, sysctl and arping', async () => {
    const apply = await cli(work.path, ['apply', '--yes', ...args]);
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    for (const name of HOSTS) await expectInPlace(name);
    expect(await arpAnswers(vip)).toEqual([]);
    expect(await arpAnswers(lab().host('web01').address)).not.toEqual([]);
  });

  test('a second apply changes nothing, in at most two round trips a host', async () => {
    const apply = await cli(work.path, ['apply', '--yes', ...args]);
    expect(apply.code).toBe(0);
    const { hosts } = await lastReport(work.path);
    expect(hosts.map((host) => [host.name, host.outcome])).toEqual(HOSTS.map((name) => [name, 'ok']));
    for (const host of hosts) expect(host.connection?.roundTrips).toBeLessThanOrEqual(2);
    expect((await cli(work.path, ['check', ...args])).code).toBe(0);
  });

  test('the address is still there after the hosts reboot', async () => {
    const fleet = lab();
    for (const name of ['web02', 'db03']) {
      const boot = await fleet.bootId(name);
      await fleet.exec(name, ['systemctl', 'reboot']);
      await fleet.rebooted(name, boot);
      await expectInPlace(name);
    }
    expect((await cli(work.path, ['check', ...args])).code).toBe(0);
  });

  test('drift in each managed item is found by check and repaired by apply', async () => {
    const fleet = lab();
    const drifts: readonly (readonly string[])[] = [
      ['ip', 'addr', 'del', `${vip}/32`, 'dev', 'lo'],
      ['sysctl', '-qw', 'net.ipv4.conf.all.arp_ignore=0'],
      ['sed', '-i', 's/arp_announce = 2/arp_announce = 0/', '/etc/sysctl.d/60-lo0-vip.conf'],
      ['rm', '/etc/systemd/network/60-lo0-vip.network'],
      ['sh', '-c', `ip addr del ${vip}/32 dev lo; ip addr add ${vip}/32 dev lo`],
    ];
    const limited = [...args, '-l', 'web03'];
    for (const drift of drifts) {
      expect((await fleet.exec('web03', drift)).code, drift.join(' ')).toBe(0);
      expect((await cli(work.path, ['check', ...limited])).code, drift.join(' ')).toBe(3);
      expect((await cli(work.path, ['apply', '--yes', ...limited])).code, drift.join(' ')).toBe(0);
      await expectInPlace('web03');
      expect((await cli(work.path, ['check', ...limited])).code, drift.join(' ')).toBe(0);
    }
  });

  test('a wider address found on lo is taken away: with it the host answers ARP for the whole network', async () => {
    const fleet = lab();
    const unused = `10.213.${fleet.number}.201`;
    const limited = [...args, '-l', 'web04'];
    await fleet.exec('web04', [
      'sh',
      '-c',
      `ip addr del ${vip}/32 dev lo; sysctl -qw net.ipv4.conf.all.arp_ignore=0; ip addr add ${vip}/24 dev lo`,
    ]);
    // The host cannot reach its neighbours now, so drover has to come by another way; ARP is what shows the trap.
    expect(await arpAnswers(unused)).not.toEqual([]);
    await fleet.exec('web04', ['ip', 'addr', 'add', `${vip}/28`, 'dev', 'lo']);
    await fleet.exec('web04', ['ip', 'addr', 'del', `${vip}/24`, 'dev', 'lo']);
    const apply = await cli(work.path, ['apply', '--yes', ...limited]);
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    await expectInPlace('web04');
    expect(await onLo('web04')).not.toContain('/28');
    expect(await arpAnswers(unused)).toEqual([]);
  });

  test('the ifupdown form is what ifupdown itself brings up at boot', async () => {
    const fleet = lab();
    await fleet.reset('db04');
    const play = `- hosts: realservers\n  become: true\n  roles:\n    - role: lo0-vip\n      params: { vips: ["${vip}"], renderer: ifupdown }\n`;
    const other = await workspace({ 'site.yml': play, 'vip.yml': 'realservers:\n  hosts: { db04: }\n' });
    const again = ['site.yml', '-i', fleet.inventoryFile, '-i', 'vip.yml'];
    const apply = await cli(other.path, ['apply', '--yes', ...again]);
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    const boot = await fleet.bootId('db04');
    await fleet.exec('db04', ['systemctl', 'reboot']);
    await fleet.rebooted('db04', boot);
    await fleet.exec('db04', ['systemctl', 'is-system-running', '--wait']);
    await expectInPlace('db04');
    expect((await fleet.exec('db04', ['ifquery', '--state', 'lo:0'])).stdout).toBe('lo:0=lo:0\n');
    expect((await fleet.exec('db04', ['ls', '/etc/systemd/network/60-lo0-vip.network'])).code).not.toBe(0);
    expect((await cli(other.path, ['check', ...again])).code).toBe(0);
    await other.remove();
  });

  test('a wider prefix is refused before any host is contacted, at its place, with the reason', async () => {
    const play = `- hosts: realservers\n  become: true\n  roles:\n    - role: lo0-vip\n      params:\n        vips: ["${vip}"]\n        prefix: 24\n`;
    const wide = await workspace({ 'wide.yml': play, 'vip.yml': 'realservers:\n  hosts: { gone.example.com: }\n' });
    const result = await cli(wide.path, ['apply', '--yes', 'wide.yml', '-i', 'vip.yml']);
    expect(result.code).toBe(5);
    expect(result.stderr).toMatch(/wide\.yml:7:17 {2}error parameter-invalid.*the prefix must be 32: with any wider one on lo/);
    await wide.remove();
  });

  test('the example of the README does what the playbook does', async () => {
    const readme = await workspace({
      'site.yml': readmeExample('lo0-vip', { '192.0.2.80': vip }),
      'vip.yml': 'realservers:\n  hosts: { web01: }\n',
    });
    const result = await cli(readme.path, ['apply', '--yes', 'site.yml', '-i', lab().inventoryFile, '-i', 'vip.yml']);
    expect(result.code, result.stdout + result.stderr).toBe(0);
    await expectInPlace('web01');
    expect((await lastReport(readme.path)).hosts.map(({ outcome }) => outcome)).toEqual(['ok']);
    await readme.remove();
  });

  test('a port on which nobody listens fails the host at the end, one of a daemon for all addresses does not', async () => {
    const play = (port: number): string =>
      `- hosts: web01\n  become: true\n  roles:\n    - role: lo0-vip\n      params: { vips: ["${vip}"], expectListeners: [${port}] }\n`;
    const ports = await workspace({ 'ssh.yml': play(22), 'none.yml': play(26) });
    const some = await cli(ports.path, ['apply', '--yes', 'ssh.yml', '-i', lab().inventoryFile]);
    expect(some.code, some.stdout + some.stderr).toBe(0);
    const none = await cli(ports.path, ['apply', '--yes', 'none.yml', '-i', lab().inventoryFile]);
    expect(none.code).toBe(2);
    expect(none.stdout.replace(/\s+/g, ' ')).toContain(`nothing listens on ${vip}:26, nor on port 26 of all addresses`);
    await ports.remove();
  });

  test('a platform that it does not know is refused by name, with nothing changed', async () => {
    const play = `- hosts: busybox\n  roles:\n    - role: lo0-vip\n      params: { vips: ["${vip}"] }\n`;
    const other = await workspace({ 'site.yml': play });
    const result = await cli(other.path, ['apply', '--yes', 'site.yml', '-i', lab().inventoryFile]);
    expect(result.code).toBe(2);
    expect(result.stdout.replace(/\s+/g, ' ')).toContain('role lo0-vip does not support busybox and dropbear');
    await other.remove();
  });
}, [...HOSTS, 'busybox', 'el9']);

/** systemd, ip and sysctl are real; NetworkManager is a stub that only says that it runs, so its profile is read, not brought up. */
describeLab('lo0-vip on the Red Hat-like host (NetworkManager a stub, systemd real)', () => {
  const HOST = 'el9';
  let work: Awaited<ReturnType<typeof workspace>>;
  let vip: string;
  const PROFILE = '/etc/NetworkManager/system-connections/lo0-vip.nmconnection';
  const play = (more: string): string =>
    `- hosts: ${HOST}\n  become: true\n  roles:\n    - role: lo0-vip\n      params: { vips: ["${vip}"]${more} }\n`;
  const run = async (command: string, playbook: string): Promise<number | null> => {
    const result = await cli(work.path, [command, ...(command === 'apply' ? ['--yes'] : []), playbook, '-i', lab().inventoryFile]);
    expect(result.stderr).not.toMatch(/defect/);
    return result.code;
  };
  const onLo = (): Promise<string> => sh(HOST, 'ip -4 -o addr show dev lo');

  beforeAll(async () => {
    vip = `10.213.${lab().number}.210`;
    work = await workspace({ 'nm.yml': play(''), 'unit.yml': play(', renderer: unit') });
  });
  afterAll(() => work.remove());

  test('with NetworkManager: a profile that is root’s alone and keeps 127.0.0.1', async () => {
    await sh(HOST, 'dnf -q -y install NetworkManager && systemctl start NetworkManager');
    expect(await run('apply', 'nm.yml')).toBe(0);
    expect(await onLo()).toContain(`inet ${vip}/32 scope global lo`);
    expect(await sh(HOST, `stat -c '%a %U' ${PROFILE}; grep -E '^(type|interface-name|address)' ${PROFILE}`)).toBe(
      `600 root\ntype=loopback\ninterface-name=lo\naddress1=127.0.0.1/8\naddress2=${vip}/32\naddress1=::1/128\n`,
    );
    expect(await run('check', 'nm.yml')).toBe(0);
    for (const drift of [`chmod 644 ${PROFILE}`, `sed -i /^address2/d ${PROFILE}`, `ip addr del ${vip}/32 dev lo`]) {
      await sh(HOST, drift);
      expect(await run('check', 'nm.yml'), drift).toBe(3);
      expect(await run('apply', 'nm.yml'), drift).toBe(0);
      expect(await run('check', 'nm.yml'), drift).toBe(0);
    }
  });

  test('by a unit, as on Red Hat 8: systemd brings the address up at boot, behind the kernel parameters', async () => {
    await lab().reset(HOST);
    expect(await run('apply', 'unit.yml')).toBe(0);
    const boot = await lab().bootId(HOST);
    await lab().exec(HOST, ['systemctl', 'reboot']);
    await lab().rebooted(HOST, boot);
    await sh(HOST, 'systemctl is-system-running --wait; true');
    expect(await onLo()).toContain(`inet ${vip}/32 scope global lo:0`);
    expect(await sh(HOST, 'sysctl -n net.ipv4.conf.all.arp_ignore net.ipv4.conf.all.arp_announce; systemctl is-active lo0-vip')).toBe(
      '1\n2\nactive\n',
    );
    expect(await run('check', 'unit.yml')).toBe(0);
    for (const drift of ['systemctl disable --quiet lo0-vip', 'sed -i s/replace/add/ /etc/systemd/system/lo0-vip.service']) {
      await sh(HOST, drift);
      expect(await run('check', 'unit.yml'), drift).toBe(3);
      expect(await run('apply', 'unit.yml'), drift).toBe(0);
      expect(await run('check', 'unit.yml'), drift).toBe(0);
    }
  });
}, [...HOSTS, 'busybox', 'el9']);
