import type { AddressFact, InterfaceAddress } from '../model/fact.ts';
import { parseAddress } from './base.ts';
import { type FactReader, known, unreadable } from './reader.ts';

/** An address on an interface. Key: `interface address/prefix`, the address as `ip` prints it. All are read by one `ip -o addr` (ip-address(8)). */
export const addressReader: FactReader<'address'> = {
  kind: 'address',
  script: () => 'ip -o link show 2>/dev/null; mark; ip -o addr show 2>/dev/null',
  parse(pieces, requests) {
    const [links, addresses] = pieces.map((piece) => piece.toString('utf8').split('\n'));
    if (links === undefined || addresses === undefined) return new Map();
    const interfaces = new Set(links.flatMap((line) => /^\d+: ([^:@\s]+)/.exec(line)?.[1] ?? []));
    const found = new Map(addresses.flatMap((line) => parseAddress(line).map((entry) => [addressKey(entry), { entry, line }])));
    return new Map(
      requests.map(({ key }) => {
        if (interfaces.size === 0) return [key, unreadable<AddressFact>('the host has no ip command, or it shows no interfaces')];
        const { entry, line = '' } = found.get(key) ?? {};
        const hasInterface = interfaces.has(key.split(' ')[0] ?? '');
        const deprecated = / deprecated\b/.test(line);
        return [
          key,
          known({ present: entry !== undefined, hasInterface, label: entry?.label ?? null, scope: entry?.scope ?? null, deprecated }),
        ];
      }),
    );
  },
};

/** The key of an address fact. */
function addressKey(entry: Pick<InterfaceAddress, 'interface' | 'address' | 'prefix'>): string {
  return `${entry.interface} ${entry.address}/${entry.prefix}`;
}
