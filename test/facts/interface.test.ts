import { describe, expect, it } from 'vitest';
import { interfaceReader } from '../../src/facts/interface.ts';
import { hosts, testBase } from '../steps/support/host.ts';

/** Debian 12, iproute2 6.1. */
const NEW = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0  allmulti 0 minmtu 0 maxmtu 0 addrgenmode eui64 numtxqueues 1
2: host0@if9: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000\\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 \\    veth addrgenmode eui64 numtxqueues 2
3: sit0@NONE: <NOARP> mtu 1480 qdisc noop state DOWN mode DEFAULT group default qlen 1000\\    link/sit 0.0.0.0 brd 0.0.0.0 promiscuity 0  allmulti 0 minmtu 1280 maxmtu 65555 \\    sit ip6ip remote any local any ttl 64 nopmtudisc 6rd-prefix 2002::/16 addrgenmode eui64
4: sit1@NONE: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1280 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\\    link/sit 192.0.2.2 peer 192.0.2.1 promiscuity 0  allmulti 0 minmtu 1280 maxmtu 65555 \\    sit ip6ip remote 192.0.2.1 local 192.0.2.2 ttl inherit pmtudisc 6rd-prefix 2002::/16 addrgenmode eui64
5: sit2@eth0: <POINTOPOINT,NOARP> mtu 1480 qdisc noop state DOWN mode DEFAULT group default qlen 1000\\    link/sit 192.0.2.2 peer 192.0.2.3 promiscuity 0  allmulti 0 minmtu 1280 maxmtu 65555 \\    sit ip6ip remote 192.0.2.3 local 192.0.2.2 dev eth0 ttl 255 pmtudisc
`;
/** CentOS 6 and busybox: no details, ttl by \`ip tunnel\`. */
const OLD = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 16436 qdisc noqueue state UNKNOWN \\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP qlen 1000\\    link/ether 52:54:00:00:00:01 brd ff:ff:ff:ff:ff:ff
4: sit1@NONE: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1480 qdisc noqueue state UNKNOWN \\    link/sit 192.0.2.2 peer 192.0.2.1
`;
const OLD_TUNNELS =
  'sit0: ipv6/ip  remote any  local any  ttl 64  nopmtudisc\nsit1: ipv6/ip  remote 192.0.2.1  local 192.0.2.2  ttl 64  \n';
const MTUS = '/proc/sys/net/ipv6/conf/all/mtu:1280\n/proc/sys/net/ipv6/conf/sit1/mtu:1280\n';
const ADDRESSES = `2: host0    inet 198.51.100.7/24 brd 198.51.100.255 scope global host0\\       valid_lft forever preferred_lft forever
4: sit1    inet6 2001:db8:7a::2/64 scope global \\       valid_lft forever preferred_lft forever
`;
const plain = { local: null, remote: null, ttl: null, session: false };
const absent = { exists: false, up: false, mtu: null, ipv6Mtu: null, kind: null, ...plain };

const read = (key: string, [links = '', tunnels = '', session = '']: readonly string[]): unknown =>
  interfaceReader
    .parse(
      [links, tunnels, MTUS, session].map((text) => Buffer.from(text)),
      [{ kind: 'interface', key }],
      testBase(false),
    )
    .get(key);

describe('facts of interfaces', () => {
  it.each<[string, string, readonly string[], object]>([
    [
      'a tunnel',
      'sit2',
      [NEW],
      { exists: true, up: false, mtu: 1480, ipv6Mtu: null, kind: 'sit', local: '192.0.2.2', remote: '192.0.2.3', ttl: 255, session: false },
    ],
    [
      'an inherited ttl',
      'sit1',
      [NEW],
      { exists: true, up: true, mtu: 1280, ipv6Mtu: 1280, kind: 'sit', local: '192.0.2.2', remote: '192.0.2.1', ttl: 0, session: false },
    ],
    ['the fallback device', 'sit0', [NEW], { exists: true, up: false, mtu: 1480, ipv6Mtu: null, kind: 'sit', ...plain, ttl: 64 }],
    ['another kind', 'host0', [NEW], { exists: true, up: true, mtu: 1500, ipv6Mtu: null, kind: 'veth', ...plain }],
    ['lo', 'lo', [NEW], { exists: true, up: true, mtu: 65536, ipv6Mtu: null, kind: null, ...plain }],
    [
      'an old ip',
      'sit1',
      [OLD, OLD_TUNNELS],
      { exists: true, up: true, mtu: 1480, ipv6Mtu: 1280, kind: 'sit', local: '192.0.2.2', remote: '192.0.2.1', ttl: 64, session: false },
    ],
    ['hardware of an old ip', 'eth0', [OLD, OLD_TUNNELS], { exists: true, up: true, mtu: 1500, ipv6Mtu: null, kind: null, ...plain }],
    ['that there is none', 'sit9', [NEW], absent],
  ])('show %s', (_title, key, pieces, value) => {
    expect(read(key, pieces)).toEqual({ state: 'known', value });
  });

  it.each<[string, string, boolean]>([
    ['the server’s address is on it', `2001:db8:99::1 50000 2001:db8:7a::2 22\n${ADDRESSES}`, true],
    [
      'the client is reached through it',
      `2001:db8:99::1 50000 2001:db8:feed::1 22\n2001:db8:99::1 from :: dev sit1 src 2001:db8:feed::1 metric 1024\n${ADDRESSES}`,
      true,
    ],
    ['the client’s own address says so', `fe80::1%sit1 50000 fe80::2%sit1 22\n${ADDRESSES}`, true],
    ['neither is so', `198.51.100.1 50000 198.51.100.7 22\n198.51.100.1 dev host0 src 198.51.100.7 uid 0 \\    cache\n${ADDRESSES}`, false],
    ['there is no connection', `\n${ADDRESSES}`, false],
  ])('say whether the SSH session comes in by it: %s', (_title, session, carries) => {
    expect(read('sit1', [NEW, '', session])).toMatchObject({ value: { session: carries } });
  });

  it('cannot be read without ip, and a tunnel not without its ttl', () => {
    expect(read('lo', [])).toEqual({ state: 'unreadable', reason: 'the host has no ip command, or it shows no interfaces' });
    expect(read('sit1', [OLD])).toMatchObject({ state: 'unreadable', reason: expect.stringContaining('ttl of the tunnel sit1') });
  });

  it.each(hosts)('are read from this machine ($name)', (host) => {
    const facts = host.read([
      { kind: 'interface', key: 'lo' },
      { kind: 'interface', key: 'no such $x' },
    ]);
    expect(facts.get('interface lo')).toMatchObject({ state: 'known', value: { exists: true, mtu: expect.any(Number) } });
    expect(facts.get('interface no such $x')).toEqual({ state: 'known', value: absent });
  });
});
