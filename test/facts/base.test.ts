import { describe, expect, test } from 'vitest';
import { BASE_SCRIPT, parseBase } from '../../src/facts/base.ts';
import { hosts } from '../steps/support/host.ts';

const OS = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian';
const BOOT_ID = '0b6a4f6e-6f0c-4a56-9b0c-1d0b9a1f5c11';

const sections = ({ os = OS, ...changed }: Readonly<Record<string, string>>): Buffer => {
  const all = {
    uname: 'Linux web1 6.1.0 x86_64',
    init: 'systemd',
    packages: 'apt-get',
    addresses: '',
    boot: `${BOOT_ID}\n${os}`,
    ssh: '192.0.2.9 50000 192.0.2.1 22',
    id: 'uid=0(root) gid=0(root) groups=0(root)\n/root',
    tools: '',
    ...changed,
  };
  return Buffer.from(
    `${Object.entries(all)
      .map(([name, text]) => `@${name}\n${text}`)
      .join('\n')}\n`,
  );
};

describe('base facts', () => {
  test('are read from a usual Debian', () => {
    expect(parseBase(sections({}))).toMatchObject({
      hostname: 'web1',
      kernel: { name: 'Linux', release: '6.1.0', machine: 'x86_64' },
      os: { family: 'debian', id: 'debian', version: '12', codename: 'bookworm', name: 'Debian GNU/Linux 12 (bookworm)' },
      init: 'systemd',
      packageManager: 'apt',
      bootId: BOOT_ID,
      sshConnection: { client: '192.0.2.9', server: '192.0.2.1', serverPort: 22 },
      as: { user: 'root', group: 'root', uid: 0, home: '/root' },
      busybox: false,
    });
  });

  test.each([
    ['ID=ubuntu\nID_LIKE=debian', 'debian'],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"', 'redhat'],
    ['ID=alpine', 'alpine'],
    ["ID='opensuse-leap'\nID_LIKE='suse opensuse'", 'suse'],
    ["LEGACY='CentOS release 5.11 (Final)'", 'redhat'],
    ["LEGACY=''", 'other'],
  ])('know the family of %j', (os, family) => {
    expect(parseBase(sections({ os })).os.family).toBe(family);
  });

  test('know the version of releases before os-release', () => {
    expect(parseBase(sections({ os: "LEGACY='CentOS release 5.11 (Final)'" })).os).toMatchObject({ id: 'centos', version: '5.11' });
  });

  test('take addresses with scope and label apart', () => {
    const addresses = [
      '1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever',
      '1: lo    inet 203.0.113.5/32 scope global lo:0\\       valid_lft forever preferred_lft forever',
      '2: eth0    inet 192.0.2.1/24 brd 192.0.2.255 scope global secondary dynamic eth0\\       valid_lft 1sec preferred_lft 1sec',
      '2: eth0    inet6 2001:db8::1/64 scope global \\       valid_lft forever preferred_lft forever',
      '3: tun0    inet 198.51.100.1 peer 198.51.100.2/32 scope global tun0\\       valid_lft forever preferred_lft forever',
      '4: vlan5    inet 192.0.2.65/26 scope link vlan5',
    ].join('\n');
    const found = parseBase(sections({ addresses })).addresses.map((each) => [
      each.interface,
      each.address,
      each.prefix,
      each.scope,
      each.label,
    ]);
    expect(found).toEqual([
      ['lo', '127.0.0.1', 8, 'host', 'lo'],
      ['lo', '203.0.113.5', 32, 'global', 'lo:0'],
      ['eth0', '192.0.2.1', 24, 'global', 'eth0'],
      ['eth0', '2001:db8::1', 64, 'global', null],
      ['tun0', '198.51.100.1', 32, 'global', 'tun0'],
      ['vlan5', '192.0.2.65', 26, 'link', 'vlan5'],
    ]);
  });

  test('come without an SSH connection, a home or a name for the user', () => {
    expect(parseBase(sections({ ssh: '', id: 'uid=1234 gid=1234 groups=1234', tools: 'busybox' }))).toMatchObject({
      sshConnection: null,
      as: { user: '1234', group: '1234', uid: 1234, home: '' },
      busybox: true,
    });
  });

  test('that say nothing are an error', () => {
    expect(() => parseBase(Buffer.from('ash: syntax error'))).toThrow(/did not answer/);
  });
});

test.each(hosts)('the base script runs on $name', (host) => {
  const base = parseBase(host.run(BASE_SCRIPT.text));
  expect(base.kernel.name).toBe('Linux');
  expect(base.busybox).toBe(host.base.busybox);
  expect(base.as).toMatchObject({ user: host.base.as.user, group: host.base.as.group, uid: host.base.as.uid });
});
