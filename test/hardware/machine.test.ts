import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli, workspace } from '../lab/drive.ts';
import { describeHardware, hardware } from './hardware.ts';

const CONTAINERS = ['lb1', 'real1', 'real2', 'tun1', 'tun2', 'client'];

/** Standard output of a program that must succeed. */
async function output(name: string, ...argv: string[]): Promise<string> {
  const result = await hardware().exec(name, argv);
  expect(result, `${name}: ${argv.join(' ')}`).toMatchObject({ code: 0 });
  return result.stdout;
}

describeHardware('the machine of the hardware lab', () => {
  beforeAll(async () => void (await Promise.all(['lb1', 'real1', 'tun1'].map((name) => hardware().reset(name)))));

  test('its BMC is not found by the driver alone', async () => {
    const loaded = await hardware().exec('metal', ['modprobe', 'ipmi_si']);
    await output('metal', 'modprobe', 'ipmi_devintf');
    expect(loaded.code).not.toBe(0);
    expect((await hardware().exec('metal', ['test', '-e', '/dev/ipmi0'])).code).toBe(1);
  });

  test('its BMC is there at port 0xca2, and nowhere else', async () => {
    const found = async (port: string): Promise<boolean> => {
      await hardware().exec('metal', ['modprobe', 'ipmi_si', 'type=kcs', `ports=${port}`]);
      const isThere = (await hardware().exec('metal', ['test', '-c', '/dev/ipmi0'])).code === 0;
      await hardware().exec('metal', ['modprobe', '-r', 'ipmi_si']);
      return isThere;
    };
    await output('metal', 'modprobe', 'ipmi_devintf');
    expect(await found('0xca8')).toBe(false);
    expect(await found('0xca2')).toBe(true);
    await output('metal', 'modprobe', '-r', 'ipmi_devintf');
    expect((await hardware().exec('metal', ['test', '-e', '/dev/ipmi0'])).code).toBe(1);
  });

  test('its TPM 2.0 is the only hardware source of random numbers', async () => {
    expect(await output('metal', 'cat', '/sys/class/tpm/tpm0/tpm_version_major')).toBe('2\n');
    expect(await output('metal', 'cat', '/sys/class/misc/hw_random/rng_available')).toMatch(/^tpm-rng-0\s*$/);
    const bytes = await output('metal', 'sh', '-c', 'head -c 32 /dev/hwrng | wc -c');
    expect(bytes.trim()).toBe('32');
  });

  test.each([
    ['BLANK1', ''],
    ['EXT4DISK1', 'ext4'],
    ['MSDOS1', 'dos'],
    ['LVMPV1', 'LVM2_member'],
  ])('disk %s carries "%s"', async (serial, type) => {
    const found = await output('metal', 'wipefs', '--noheadings', '--output', 'TYPE', `/dev/disk/by-id/virtio-${serial}`);
    expect(found.trim()).toBe(type);
  });

  test('the partition has a device and no file system', async () => {
    expect(await output('metal', 'wipefs', '--noheadings', '/dev/disk/by-id/virtio-MSDOS1-part1')).toBe('');
  });

  test('what roles install is not there, and can be', async () => {
    for (const [name, packages] of [
      ['metal', ['ipmitool', 'openipmi', 'rng-tools5', 'parted', 'gdisk']],
      ['lb1', ['ipvsadm', 'keepalived']],
      ['real1', ['ipvsadm']],
    ] as const) {
      const simulated = await output(name, 'apt-get', 'install', '--simulate', ...packages);
      for (const each of packages) expect(simulated).toMatch(new RegExp(`^Inst ${each} `, 'm'));
    }
  });
});

describeHardware('the hosts inside of it', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  beforeAll(async () => {
    work = await workspace();
  });
  afterAll(() => work.remove());

  test('drover reaches every one of them, each with its network system', async () => {
    const facts = await cli(work.path, ['facts', '-i', hardware().inventoryFile, 'all', '--json']);
    expect(facts.code, facts.stderr).toBe(0);
    const found: Record<string, { facts: { hostname: string; network: string } | null }> = JSON.parse(facts.stdout);
    expect(Object.entries(found).map(([name, host]) => [name, host.facts?.hostname, host.facts?.network])).toEqual(
      hardware().hosts.map(({ name, network }) => [name, name, network]),
    );
  });

  test('IPVS and sit work in a container, in its own network alone', async () => {
    expect(await output('lb1', 'cat', '/proc/net/ip_vs')).toContain('IP Virtual Server');
    await output('lb1', 'modprobe', '--all', 'ip_vs', 'ip_vs_rr', 'ip_vs_wrr', 'ip_vs_wlc', 'ip_vs_lc', 'ip_vs_sh', 'sit');
    await output('tun1', 'ip', 'link', 'add', 'probe', 'type', 'sit', 'local', '10.0.2.14', 'remote', '10.0.2.15');
    expect(await output('tun1', 'ip', '-d', 'link', 'show', 'probe')).toContain('sit');
    expect((await hardware().exec('tun2', ['ip', 'link', 'show', 'probe'])).code).toBe(1);
    await output('tun1', 'ip', 'link', 'delete', 'probe');
  });

  test('a container whose network is down is entered through the machine', async () => {
    const { enter } = hardware();
    expect((await enter('client', ['ip', 'link', 'set', 'host0', 'down'])).code).toBe(0);
    expect((await hardware().exec('real1', ['ping', '-c', '1', '-W', '2', 'client'])).code).toBe(1);
    expect((await enter('client', ['cat', '/etc/hostname'])).stdout).toBe('client\n');
    await hardware().reset('client');
    expect((await hardware().exec('real1', ['ping', '-c', '1', '-W', '10', 'client'])).code).toBe(0);
  });

  test('each answers ARP for its own address, from a hardware address of its own', async () => {
    const senders = new Set<string>();
    for (const name of CONTAINERS.filter((each) => each !== 'client')) {
      const answers = await output('client', 'arping', '-c', '1', '-w', '5', '-I', 'host0', hardware().host(name).inside);
      const from = [...answers.matchAll(/\[([0-9A-F:]{17})\]/gi)].map((match) => match[1] ?? '');
      expect(from).toHaveLength(1);
      senders.add(from.join());
    }
    expect(senders.size).toBe(CONTAINERS.length - 1);
  });

  test('the real servers answer HTTP with their names', async () => {
    for (const name of ['real1', 'real2']) expect(await output('client', 'curl', '-sS', `http://${name}/`)).toBe(`${name}\n`);
  });

  test('a container reboots and keeps its disk, and a reset one has a new one', async () => {
    await output('tun2', 'touch', '/etc/kept');
    const before = await hardware().bootId('tun2');
    await hardware().reboot('tun2');
    expect(await hardware().bootId('tun2')).not.toBe(before);
    await output('tun2', 'test', '-e', '/etc/kept');
    await hardware().reset('tun2');
    expect((await hardware().exec('tun2', ['test', '-e', '/etc/kept'])).code).toBe(1);
  });
});
