import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cidr, canonicalAddress, holds, networkOf } from '../../src/model/network-address.ts';

describe('networks', () => {
  it.each<[string, number, string]>([
    ['192.0.2.77', 24, '192.0.2.0'],
    ['192.0.2.77', 26, '192.0.2.64'],
    ['192.0.2.77', 0, '0.0.0.0'],
    ['192.0.2.77', 32, '192.0.2.77'],
    ['2001:db8:7a::2', 64, '2001:db8:7a::'],
    ['2001:db8:7a::ffff', 127, '2001:db8:7a::fffe'],
    ['2001:db8:7a::2', 0, '::'],
    ['::ffff:192.0.2.77', 120, '::ffff:192.0.2.0'],
  ])('of %s/%i begin with %s', (address, prefix, network) => {
    expect(networkOf({ address, prefix, family: address.includes(':') ? 6 : 4 })).toBe(network);
  });

  it('hold the addresses that Node’s own list says they hold', () => {
    const nearby = fc
      .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(128), fc.nat(128))
      .map(([address, bits, flip]) => ({ address: canonicalAddress(address), bits, flip }));
    fc.assert(
      fc.property(nearby, fc.oneof(fc.ipV4(), fc.ipV6()), ({ address, bits, flip }, other) => {
        const family = address.includes(':') ? 6 : 4;
        const prefix = bits % (family === 4 ? 33 : 129);
        const network: Cidr = { address, prefix, family };
        const list = new BlockList();
        list.addSubnet(networkOf(network), prefix, `ipv${family}`);
        const start = networkOf({ ...network, prefix: flip % (family === 4 ? 33 : 129) });
        for (const each of [address, start, canonicalAddress(other)]) {
          const isOwn = (each.includes(':') ? 6 : 4) === family;
          expect(holds(network, each)).toBe(isOwn && list.check(each, `ipv${family}`));
        }
      }),
    );
  });
});
