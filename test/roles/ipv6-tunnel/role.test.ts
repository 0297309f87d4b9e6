import { describe, expect, test } from 'vitest';
import { isWithin, neighbourOf, plainAddress } from '../../../roles/ipv6-tunnel/network.ts';
import { params } from '../../../roles/ipv6-tunnel/params.ts';
import role from '../../../roles/ipv6-tunnel/role.ts';
import type { BaseFacts } from '../../../src/model/fact.ts';
import type { RoleSteps } from '../../../src/model/role.ts';
import { hosts } from '../../steps/support/host.ts';
import { inet, named, PLATFORMS, planWith, wants } from '../cases.ts';

const GIVEN = {
  remote: '203.0.113.1',
  local: '192.0.2.10',
  tunnelAddress: '2001:db8:7a::2/64',
  subnetAddresses: ['2001:db8:feed::1'],
};
const made = (facts: BaseFacts, changes: Readonly<Record<string, unknown>> = {}, disconnect = false): RoleSteps =>
  role.steps({
    params: params.parse({ ...GIVEN, ...changes }),
    facts,
    allow: { reboot: false, disconnect },
    host: { name: 'h', groups: [], vars: {} },
  });
const stepsOn = (facts: BaseFacts, changes: Readonly<Record<string, unknown>> = {}): Extract<RoleSteps, { steps: unknown }> => {
  const result = made(facts, changes);
  if ('refused' in result) throw new Error(result.refused);
  return result;
};
const centos6: BaseFacts = { ...PLATFORMS.centos6, kernel: { ...PLATFORMS.centos6.kernel, release: '2.6.32-754.el6.x86_64' } };

const LIVE = ['tunnel sit1', 'address sit1 2001:db8:7a::2/64', 'address sit1 2001:db8:feed::1/128', 'route ::/0'];
const IFCFG = '/etc/sysconfig/network-scripts';

describe('ipv6-tunnel', () => {
  test.each<[string, BaseFacts, string[], string[]]>([
    [
      'Debian 12 with systemd-networkd',
      PLATFORMS.debian12,
      ['directory /etc/systemd/network', 'file /etc/systemd/network/60-sit1.netdev', 'file /etc/systemd/network/60-sit1.network'],
      ['read the network files'],
    ],
    [
      'Debian 12 with ifupdown',
      PLATFORMS.debian12Ifupdown,
      [
        'directory /etc/network/interfaces.d',
        'file /etc/network/interfaces.d/sit1',
        'line /etc/network/interfaces source /etc/network/interfaces.d/*',
      ],
      [],
    ],
    ['Red Hat 9', PLATFORMS.redhat9, ['file /etc/NetworkManager/system-connections/sit1.nmconnection'], ['read the network files']],
    ['CentOS 6', centos6, ['line /etc/sysconfig/network NETWORKING_IPV6=yes', `file ${IFCFG}/ifcfg-sit1`, `file ${IFCFG}/route6-sit1`], []],
  ])('makes the tunnel and keeps it on %s', (_title, facts, files, handlers) => {
    const system = facts.network;
    const { steps, handlers: made = {} } = stepsOn(facts);
    expect(named(steps)).toEqual([
      'command IPv6 is on',
      ...LIVE,
      ...files,
      ...(system === 'ifcfg' ? [] : ['command no other file configures sit1']),
    ]);
    expect(Object.keys(made)).toEqual(handlers);
    expect(steps.flatMap(({ notify }) => notify).every((each) => handlers.includes(each))).toBe(true);
  });

  test('prefers the subnet’s address by the source of its routes, live and at boot', () => {
    const { steps, proofs = [] } = stepsOn(PLATFORMS.debian12);
    expect(wants(steps, 'route ::/0', 'source')).toBe('2001:db8:feed::1');
    expect(wants(steps, 'file /etc/systemd/network/60-sit1.network')).toContain('PreferredSource=2001:db8:feed::1\nMetric=1024\n');
    expect(wants(steps, LIVE[1] ?? '', 'deprecated')).toBe(false);
    expect(named(proofs)).toEqual(['verify connections come from 2001:db8:feed::1', 'verify systemd-networkd goes by 60-sit1.network']);
    expect(proofs[0]?.reads[0]?.key).toContain('ip -6 route get 2001:db8:7a:1:0:0:0:2 ');
  });

  test.each<[string, boolean]>([
    ['from :: dev sit1 proto static src 2001:db8:feed::1 metric 1024 pref medium', true],
    ['from :: dev sit1 src 2001:db8:feed::1 metric 1024', true],
    ['via fe80::1 dev sit1  src 2001:db8:feed::1  metric 1024', true],
    ['from :: dev sit1 src 2001:db8:7a::2 metric 1024', false],
    ['from :: dev sit1 src 2001:db8:feed::11 metric 1024', false],
    ['from :: dev sit11 src 2001:db8:feed::1 metric 1024', false],
    ['from :: dev eth0 src 2001:db8:feed::1 metric 1024', false],
  ])('its proof reads what ip says: %s: %s', (said, holds) => {
    const check = stepsOn(PLATFORMS.debian12).proofs?.[0]?.reads[0]?.key ?? '';
    for (const host of hosts) {
      const text = host
        .run(`ip() { echo "2001:db8::1 ${said}"; }\nif ( ${check} ) >/dev/null; then echo holds; else echo fails; fi`)
        .toString();
      expect(text, host.name).toBe(holds ? 'holds\n' : 'fails\n');
    }
  });

  test('prefers it by a tunnel address that is deprecated', () => {
    const { steps, proofs = [] } = stepsOn(PLATFORMS.debian12, { sourcePreference: 'deprecate-tunnel' });
    expect(wants(steps, 'route ::/0', 'source')).toBeUndefined();
    expect(wants(steps, LIVE[1] ?? '', 'deprecated')).toBe(true);
    expect(wants(steps, 'file /etc/systemd/network/60-sit1.network')).toContain('Address=2001:db8:7a::2/64\nPreferredLifetime=0\n');
    expect(proofs).toHaveLength(2);
  });

  test('leaves the choice to the kernel where it was told to, or the kernel knows no other', () => {
    for (const { steps, proofs } of [stepsOn(PLATFORMS.debian12, { sourcePreference: 'kernel' }), stepsOn(centos6)]) {
      expect(wants(steps, 'route ::/0', 'source')).toBeUndefined();
      expect(named(proofs ?? []).filter((each) => each.includes('come from'))).toEqual([]);
    }
    expect(wants(stepsOn(centos6).steps, `file ${IFCFG}/route6-sit1`)).toBe(
      '# IPv6 tunnel (role ipv6-tunnel)\n::/0 dev sit1 metric 1024\n',
    );
  });

  test('writes CentOS 6 the address of the subnet as a secondary one', () => {
    expect(wants(stepsOn(centos6, { mtu: 1280 }).steps, `file ${IFCFG}/ifcfg-sit1`)).toBe(`# IPv6 tunnel (role ipv6-tunnel)
DEVICE=sit1
BOOTPROTO=none
ONBOOT=yes
NM_CONTROLLED=no
IPV6INIT=yes
IPV6TUNNELIPV4=203.0.113.1
IPV6TUNNELIPV4LOCAL=192.0.2.10
IPV6ADDR=2001:db8:7a::2/64
IPV6ADDR_SECONDARIES="2001:db8:feed::1/128"
IPV6_MTU=1280
`);
  });

  test('takes listed routes, a metric, another name, and asks the peer', () => {
    const changes = { name: 'he.6', routes: ['2001:db8:5::/48'], metric: 512, peer: '2001:db8:7a:0::1' };
    const { steps, proofs = [] } = stepsOn(PLATFORMS.debian12Ifupdown, changes);
    expect(named(steps)).toContain('route 2001:db8:5::/48');
    expect(wants(steps, 'file /etc/network/interfaces.d/he-6')).toContain(
      'up ip -6 route replace 2001:db8:5::/48 dev $IFACE metric 512 src',
    );
    expect(proofs.map(({ subject }) => subject)).toEqual(['connections come from 2001:db8:feed::1', '2001:db8:7a::1 answers']);
    expect(proofs[0]?.reads[0]?.key).toContain('ip -6 route get 2001:db8:5:: ');
  });

  test('does not tell a network system that cannot read its files again', () => {
    const buster = { ...PLATFORMS.debian12, os: { ...PLATFORMS.debian12.os, version: '10' } };
    expect(stepsOn(buster).handlers).toBeUndefined();
    expect(stepsOn(buster).steps.flatMap(({ notify }) => notify)).toEqual([]);
  });

  test.each<[string, BaseFacts, Record<string, unknown>, string]>([
    [
      'an address that the host has not',
      PLATFORMS.debian12,
      { local: '192.0.2.11' },
      '192.0.2.11 is no address of this host, so a tunnel cannot come from it (local); it has 192.0.2.10 (eth0)',
    ],
    [
      'an unknown network system',
      { ...PLATFORMS.debian12, network: 'unknown' },
      {},
      'the host’s network system is not known; set renderer',
    ],
    [
      'a source of routes on an old kernel',
      centos6,
      { sourcePreference: 'route-src' },
      'kernel 2.6.32-754.el6.x86_64 knows no preferred source of IPv6 routes; set sourcePreference to kernel',
    ],
    [
      'a deprecated address with NetworkManager',
      PLATFORMS.redhat9,
      { sourcePreference: 'deprecate-tunnel' },
      'the files of networkmanager cannot make an address deprecated; set sourcePreference to route-src or kernel',
    ],
    [
      'a ttl that network-scripts cannot keep',
      centos6,
      { ttl: 32 },
      "network-scripts give every tunnel the host's default ttl, 64; a ttl of 32 would not last",
    ],
  ])('refuses %s', (_title, facts, changes, refused) => {
    expect(made(facts, changes)).toEqual({ refused });
  });

  const with64: BaseFacts = {
    ...PLATFORMS.debian12,
    addresses: [
      ...PLATFORMS.debian12.addresses,
      { interface: 'sit1', family: 'ipv6', address: '2001:db8:feed::1', prefix: 64, scope: 'global', label: null },
      { interface: 'sit1', family: 'ipv6', address: '2001:db8:7a::2', prefix: 64, scope: 'global', label: null },
      { interface: 'eth0', family: 'ipv6', address: '2001:db8:feed::1', prefix: 64, scope: 'global', label: null },
    ],
    sshConnection: { client: '2001:db8:9::9', server: '2001:db8:feed::1', serverPort: 22 },
  };

  test('an address that was set by hand with another prefix length gives way, since an interface has it only once', () => {
    const name = 'command 2001:db8:feed::1/64 on sit1 gives way to another prefix length';
    const result = made(with64, {}, true);
    expect('steps' in result ? named(result.steps).filter((each) => /^command (IPv6|2001)/.test(each)) : result).toEqual([
      'command IPv6 is on',
      name,
    ]);
    expect(made(with64)).toEqual({ refused: expect.stringMatching(/2001:db8:feed::1 is on sit1 with \/64, and drover came by it/) });
  });

  test('may come from an address on lo that is no loopback address', () => {
    const router = { ...PLATFORMS.debian12, addresses: [...PLATFORMS.debian12.addresses, inet('lo', '198.51.100.1', 32)] };
    expect('steps' in made(router, { local: '198.51.100.1' })).toBe(true);
  });

  test.each<[string, RegExp]>([
    ['name: »sit0', /sit0 and lo are the kernel’s own/],
    ['name: »"sit 1"', /the name of an interface/],
    ['ttl: »0', /ttl/],
    ['mtu: »1500', /mtu/],
    ['remote: »127.0.0.1', /unicast/],
    ['remote: »2001:db8::1', /remote/],
    ['remote: »192.0.2.10', /remote must differ from local/],
    ['tunnelAddress: »"2001:db8:7a::2/48"', /64 or 127/],
    ['subnetAddresses: [»"2001:db8:7a::9"]', /is in the network of the tunnel, 2001:db8:7a::2\/64/],
    ['tunnelAddress: »"2001:db8:7a::/64"', /this is the network itself/],
    ['tunnelAddress: »"fe80::2/64"', /no other host reaches such an address/],
    ['tunnelAddress: »"2001:db8:7a::2"', /tunnelAddress/],
    ['subnetAddresses: [»"::1"]', /no other host reaches such an address/],
    ['subnetAddresses: [»"ff02::1"]', /no other host reaches such an address/],
    ['subnetAddresses: [»"::ffff:192.0.2.1"]', /no other host reaches such an address/],
    ['subnetAddresses: ["2001:db8:feed::1", »"2001:DB8:FEED:0::1"]', /is there twice/],
    ['peer: »"2001:db8:7a:0::2"', /the host’s own address/],
    ['routes: [»"2001:db8::1/32"]', /has bits behind its prefix/],
    ['routes: ["2001:db8::/32", »"2001:0db8::/32"]', /is there twice/],
    ['peer: »"2001:db8:7b::1"', /is not in the network of the tunnel/],
    ['routes: [»"192.0.2.0/24"]', /routes/],
    ['metric: »0', /metric/],
    ['renderer: »netplan', /renderer/],
    ['sourcePreference: »order', /sourcePreference/],
  ])('wrong parameters { %s } end with 5 at their place', async (changed, message) => {
    const key = changed.split(':')[0] ?? '';
    const others = Object.entries(GIVEN).flatMap(([name, value]) => (name === key ? [] : [`${name}: ${JSON.stringify(value)}`]));
    const { code, said, place } = await planWith(
      `- hosts: all\n  roles:\n    - role: ipv6-tunnel\n      params: { ${[changed, ...others].join(', ')} }\n`,
    );
    expect(said).toContain(`${place} error parameter-invalid`.trimStart());
    expect(said).toMatch(message);
    expect(code).toBe(5);
  });

  test.each([
    ['2001:db8:7a::2/64', '2001:db8:7a:1:0:0:0:2'],
    ['2001:db8:7a::2/127', '2001:db8:7a:0:0:0:0:0'],
    ['::ffff:192.0.2.1/64', '0:0:0:1:0:ffff:c000:201'],
  ])('the neighbour of %s is %s, outside of it', (network, neighbour) => {
    expect(neighbourOf(network)).toBe(neighbour);
    expect(isWithin(neighbour, network)).toBe(false);
    expect(isWithin(network.split('/')[0] ?? '', network)).toBe(true);
  });

  test('addresses are compared as ip prints them', () => {
    expect(plainAddress('2001:DB8:0:0::0001')).toBe('2001:db8::1');
  });
});
