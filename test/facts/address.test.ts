import { describe, expect, it } from 'vitest';
import { addressReader } from '../../src/facts/address.ts';
import { testBase } from '../steps/support/host.ts';

const LINKS = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
2: host0@if9: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\\    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
`;
const ADDRESSES = `1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
1: lo    inet 192.0.2.5/32 scope global lo:0\\       valid_lft forever preferred_lft forever
1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever
2: host0    inet 198.51.100.7/24 metric 100 brd 198.51.100.255 scope global dynamic host0\\       valid_lft 3000sec preferred_lft 3000sec
2: host0    inet 198.51.100.8/24 scope global secondary noprefixroute host0:b\\       valid_lft forever preferred_lft forever
2: host0    inet 203.0.113.1 peer 203.0.113.2/32 scope link host0\\       valid_lft forever preferred_lft forever
2: host0    inet6 2001:db8::7/64 scope global tentative \\       valid_lft forever preferred_lft forever
`;

describe('facts of addresses', () => {
  it.each<[string, object]>([
    ['lo 192.0.2.5/32', { present: true, hasInterface: true, label: 'lo:0', scope: 'global', deprecated: false }],
    ['lo 127.0.0.1/8', { present: true, hasInterface: true, label: 'lo', scope: 'host', deprecated: false }],
    ['lo 192.0.2.5/24', { present: false, hasInterface: true, label: null, scope: null, deprecated: false }],
    ['host0 198.51.100.7/24', { present: true, hasInterface: true, label: 'host0', scope: 'global', deprecated: false }],
    ['host0 198.51.100.8/24', { present: true, hasInterface: true, label: 'host0:b', scope: 'global', deprecated: false }],
    ['host0 203.0.113.1/32', { present: true, hasInterface: true, label: 'host0', scope: 'link', deprecated: false }],
    ['host0 2001:db8::7/64', { present: true, hasInterface: true, label: null, scope: 'global', deprecated: false }],
    ['eth9 192.0.2.5/32', { present: false, hasInterface: false, label: null, scope: null, deprecated: false }],
  ])('shows %s', (key, value) => {
    const facts = addressReader.parse([Buffer.from(LINKS), Buffer.from(ADDRESSES)], [{ kind: 'address', key }], testBase(false));
    expect(facts.get(key)).toEqual({ state: 'known', value });
  });

  it('cannot be read without ip', () => {
    const facts = addressReader.parse([Buffer.from(''), Buffer.from('')], [{ kind: 'address', key: 'lo 192.0.2.5/32' }], testBase(false));
    expect(facts.get('lo 192.0.2.5/32')).toMatchObject({ state: 'unreadable' });
  });
});
