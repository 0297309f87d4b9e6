import { describe, expect, it } from 'vitest';
import { ipvsReader } from '../../src/facts/ipvs.ts';
import type { FactState } from '../../src/model/fact.ts';
import { type IpvsFact, NO_SERVICE } from '../../src/model/ipvs-fact.ts';
import { hosts, testBase } from '../steps/support/host.ts';

/** The form of net/netfilter/ipvs (ip_vs_info_seq_show), written by hand; the persistence in ticks, here of 4 ms. */
const TABLE = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C0000250:0050 rr 
  -> C0000234:0050      Route   0      3          12        
  -> C0000233:0050      Route   1      0          0         
TCP  C0000250:0019 wlc persistent 75000 FFFFFFFF
  -> C6336407:09C5      Masq    10     1          0         
UDP  C0000250:0035 sh ops 
FWM  00000001 wrr 
  -> C0000235:0000      Route   1      0          0         
TCP  [2001:0db8:0000:0000:0000:0000:0000:0080]:0019 wlc persistent 2500 00000080
  -> [2001:0db8:0000:0000:0000:0000:0000:0051]:0019      Tunnel  1      0          0         
  -> C0000235:0019      Tunnel  2      0          0         
`;
const LISTED = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  192.0.2.80:25 wlc persistent 300
  -> 198.51.100.7:2501            Masq    10     1          0         
TCP  192.0.2.80:80 rr
TCP  [2001:db8::80]:25 wlc persistent 10 mask 128
`;
const KEYS = ['tcp 192.0.2.80:25', 'tcp 192.0.2.80:80', 'tcp [2001:db8::80]:25', 'udp 192.0.2.80:53'];

function read(key: string, table = TABLE, listed = LISTED): FactState<IpvsFact> | undefined {
  return ipvsReader.parse([Buffer.from(table), Buffer.from(listed)], [{ kind: 'ipvs', key }], testBase(false)).get(key);
}

describe('facts of virtual services', () => {
  it.each<[string, Partial<IpvsFact>]>([
    [
      'tcp 192.0.2.80:80',
      {
        exists: true,
        scheduler: 'rr',
        persistentSec: null,
        servers: [
          { address: '192.0.2.51', port: 80, method: 'dr', weight: 1 },
          { address: '192.0.2.52', port: 80, method: 'dr', weight: 0 },
        ],
        connections: { '192.0.2.51:80': { active: 0, inactive: 0 }, '192.0.2.52:80': { active: 3, inactive: 12 } },
      },
    ],
    [
      'tcp 192.0.2.80:25',
      { scheduler: 'wlc', persistentSec: 300, servers: [{ address: '198.51.100.7', port: 2501, method: 'nat', weight: 10 }] },
    ],
    ['udp 192.0.2.80:53', { exists: true, scheduler: 'sh', persistentSec: null, servers: [], connections: {} }],
    [
      'tcp [2001:db8::80]:25',
      {
        scheduler: 'wlc',
        persistentSec: 10,
        servers: [
          { address: '192.0.2.53', port: 25, method: 'tun', weight: 2 },
          { address: '2001:db8::51', port: 25, method: 'tun', weight: 1 },
        ],
      },
    ],
    ['tcp 192.0.2.80:443', { exists: false, scheduler: null, persistentSec: null, servers: [], connections: {} }],
  ])('show %s', (key, value) => {
    expect(read(key)).toMatchObject({ state: 'known', value: { ...value, table: [] } });
  });

  it('list all services under a key of their own', () => {
    expect(read('table')).toEqual({ state: 'known', value: { ...NO_SERVICE, table: KEYS } });
  });

  it('are none where the kernel has no table', () => {
    expect(read('tcp 192.0.2.80:25', '', '')).toMatchObject({ value: NO_SERVICE });
    expect(read('table', '', '')).toMatchObject({ value: NO_SERVICE });
  });

  it('do not give ticks for seconds: a persistent service cannot be read without ipvsadm, others can', () => {
    expect(read('tcp 192.0.2.80:25', TABLE, '')).toEqual({
      state: 'unreadable',
      reason: 'it is persistent, and only ipvsadm can tell for how long',
    });
    expect(read('tcp 192.0.2.80:80', TABLE, '')).toMatchObject({ state: 'known' });
  });

  it('cannot be read where only root may', () => {
    expect(read('tcp 192.0.2.80:25', 'denied\n', '')).toMatchObject({ state: 'unreadable', reason: expect.stringContaining('only root') });
  });
});

describe.each(hosts)('virtual services on $name', (host) => {
  it('are read several at once, and none are there without the module', () => {
    const facts = host.read(KEYS.map((key) => ({ kind: 'ipvs', key })));
    for (const key of KEYS) expect(facts.get(`ipvs ${key}`)).toMatchObject({ state: 'known', value: { exists: false } });
  });
});
