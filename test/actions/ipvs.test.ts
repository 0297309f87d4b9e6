import { describe, expect, it } from 'vitest';
import { compileAction } from '../../src/actions/compile.ts';
import type { Action } from '../../src/model/action.ts';
import type { IpvsMethod } from '../../src/model/ipvs-fact.ts';
import { testBase } from '../steps/support/host.ts';

const base = testBase(false);
const service = { protocol: 'tcp', address: '192.0.2.80', port: 25 } as const;
const v6 = { protocol: 'udp', address: '2001:db8::80', port: 53 } as const;
const compile = (action: Action): string => compileAction(action, base).script;
const server = (method: IpvsMethod) => ({ address: '192.0.2.51', port: 25, method, weight: 0 });

/** What they do to a kernel is proven in test/hardware/ipvs.test.ts. */
describe('actions on virtual services', () => {
  it('edit a service, or add it where it is not there', () => {
    expect(compile({ kind: 'setIpvsService', service, scheduler: 'wlc', persistentSec: 300 })).toBe(
      'ipvsadm -E -t 192.0.2.80:25 -s wlc -p 300 2>/dev/null || ipvsadm -A -t 192.0.2.80:25 -s wlc -p 300',
    );
  });

  it.each<[IpvsMethod, string]>([
    ['dr', '-g'],
    ['nat', '-m'],
    ['tun', '-i'],
  ])('say the method of a real server even when only the weight changes: %s', (method, flag) => {
    expect(compile({ kind: 'setIpvsServer', service, server: server(method) })).toBe(
      `ipvsadm -e -t 192.0.2.80:25 -r 192.0.2.51:25 ${flag} -w 0 2>/dev/null || ipvsadm -a -t 192.0.2.80:25 -r 192.0.2.51:25 ${flag} -w 0`,
    );
  });

  it('remove only what is there, with the whole name: 192.0.2.5:25 is not 192.0.2.51:25', () => {
    expect(compile({ kind: 'removeIpvsService', service })).toBe(
      '! ipvsadm -L -n -t 192.0.2.80:25 >/dev/null 2>&1 || ipvsadm -D -t 192.0.2.80:25',
    );
    expect(compile({ kind: 'removeIpvsServer', service, address: '192.0.2.5', port: 25 })).toBe(
      "! ipvsadm -S -n | grep -qF -e '-a -t 192.0.2.80:25 -r 192.0.2.5:25 ' || ipvsadm -d -t 192.0.2.80:25 -r 192.0.2.5:25",
    );
  });

  it('quote IPv6 addresses', () => {
    expect(compile({ kind: 'setIpvsService', service: v6, scheduler: 'rr', persistentSec: null })).toContain(
      "ipvsadm -A -u '[2001:db8::80]:53' -s rr",
    );
  });
});
