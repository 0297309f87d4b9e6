import { describe, expect, it } from 'vitest';
import { routeReader } from '../../src/facts/route.ts';
import { testBase } from '../steps/support/host.ts';

const IPV4 = `default via 198.51.100.1 dev host0 proto dhcp src 198.51.100.7 metric 100 
198.51.100.0/24 dev host0 proto kernel scope link src 198.51.100.7 
192.0.2.9 via inet6 fe80::1 dev host0 
blackhole 203.0.113.7 
203.0.113.0/24 table drover via 198.51.100.9 dev host0 
local 198.51.100.7 dev host0 table local proto kernel scope host src 198.51.100.7 
`;
const IPV6 = `2001:db8:7a::/64 dev sit1 proto kernel metric 256 pref medium
default dev sit1 proto static src 2001:db8:feed::1 metric 1024 pref medium
default via fe80::1 dev host0 proto ra metric 1024 expires 1790sec hoplimit 64 pref medium
2001:db8:5::/48 proto static metric 1024 pref medium\\\tnexthop via 2001:db8:7a::9 dev sit1 weight 1 \\\tnexthop via fe80::9 dev host0 weight 1 
2001:db8:6::1 via fe80::1 dev eth0  metric 0 \\    cache  expires 100sec mtu 1500
unreachable default dev lo table unspec proto kernel metric 4294967295 error -101
`;
const TABLES = '# reserved\n255\tlocal\n254\tmain\n100 drover\n';
const route = { type: 'unicast', via: null, device: null, source: null, metric: 0 };

const read = (key: string, session = '', ipv4 = IPV4, ipv6 = IPV6): unknown =>
  routeReader
    .parse(
      [ipv4, ipv6, TABLES, session].map((text) => Buffer.from(text)),
      [{ kind: 'route', key }],
      testBase(false),
    )
    .get(key);

describe('facts of routes', () => {
  it.each<[string, object[]]>([
    ['main 0.0.0.0/0', [{ ...route, via: '198.51.100.1', device: 'host0', source: '198.51.100.7', metric: 100 }]],
    [
      'main ::/0',
      [
        { ...route, via: 'fe80::1', device: 'host0', metric: 1024 },
        { ...route, device: 'sit1', source: '2001:db8:feed::1', metric: 1024 },
      ],
    ],
    ['main 2001:db8:7a::/64', [{ ...route, device: 'sit1', metric: 256 }]],
    ['main 2001:db8:5::/48', [{ ...route, type: 'multipath', metric: 1024 }]],
    ['main 2001:db8:6::1/128', []],
    ['main 192.0.2.9/32', [{ ...route, via: 'fe80::1', device: 'host0' }]],
    ['main 203.0.113.7/32', [{ ...route, type: 'blackhole' }]],
    ['main 203.0.113.0/24', []],
    ['100 203.0.113.0/24', [{ ...route, via: '198.51.100.9', device: 'host0' }]],
    ['main 198.51.100.7/32', []],
  ])('show those to %s', (key, routes) => {
    expect(read(key)).toEqual({ state: 'known', value: { routes, session: null } });
  });

  it.each<[string, object | null]>([
    ['2001:db8:7a::1 50000 2001:db8:7a::2 22', { client: '2001:db8:7a::1', prefix: 64, metric: 256, device: 'sit1' }],
    ['2001:DB8:99::1 50000 2001:db8:7a::2 22', { client: '2001:db8:99::1', prefix: 0, metric: 1024, device: 'sit1' }],
    ['198.51.100.1 50000 198.51.100.7 22', { client: '198.51.100.1', prefix: 24, metric: 0, device: 'host0' }],
    ['', null],
  ])('say by which route the client of the session %j is reached', (session, value) => {
    const alone = IPV6.replace(/^default via.*\n/m, '');
    expect(read('main ::/0', `${session}\n`, IPV4, alone)).toMatchObject({ value: { session: value } });
  });

  it('cannot be read where ip cannot say', () => {
    expect(read('main ::/0', '', IPV4, '!\n')).toEqual({ state: 'unreadable', reason: "the host's ip command shows no IPv6 routes" });
    expect(read('main 0.0.0.0/0', '', IPV4, '!\n')).toMatchObject({ state: 'known' });
  });
});
