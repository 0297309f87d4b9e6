import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BaseFacts } from '../../src/model/fact.ts';
import type { Step } from '../../src/model/step.ts';
import { address } from '../../src/steps/address.ts';
import { type RouteOptions, route } from '../../src/steps/route.ts';
import { testBase } from '../steps/support/host.ts';
import { noPrivateRoot, openPrivateRoot, type PrivateRoot, type Tools } from './support/private-root.ts';

describe.skipIf(noPrivateRoot !== null).each<Tools>(['all', 'busybox'])('routes in a real network (tools: %s)', (tools) => {
  const base: BaseFacts = testBase(tools === 'busybox');
  let root: PrivateRoot;
  beforeAll(async () => {
    root = await openPrivateRoot();
    root.sh(`for n in up0 up1; do ip link add $n type veth peer name $n-peer; ip link set $n up; ip link set $n-peer up; done
      ip addr add 198.51.100.1/24 dev up0
      ip -6 addr add 2001:db8:7a::1/64 dev up0 nodad`);
  });
  afterAll(() => root.close());

  const shown = (command: string): string => root.sh(command).stdout.toString();
  const converges = (step: Step): void => {
    expect(root.apply(step, base, tools)).toMatchObject({ plan: { result: 'change' }, failure: null, broken: [] });
    expect(root.apply(step, base, tools).plan).toEqual({ result: 'ok' });
  };

  it('adds, changes and removes an IPv4 route', () => {
    const wanted: RouteOptions = { to: '203.0.113.0/24', via: '198.51.100.9', device: 'up0' };
    converges(route(wanted));
    converges(route({ ...wanted, via: '198.51.100.10' }));
    expect(shown('ip -4 route show 203.0.113.0/24')).toMatch(/^203\.0\.113\.0\/24 via 198\.51\.100\.10 dev up0 proto static \n$/);
    converges(route({ to: '203.0.113.0/24', state: 'absent' }));
    expect(shown('ip -4 route show 203.0.113.0/24')).toBe('');
  });

  it('waits for a source address that the kernel still checks for duplicates', () => {
    converges(address({ interface: 'up0', address: '2001:db8:feed::1/128' }));
    converges(route({ to: '::/0', device: 'up0', source: '2001:db8:feed::1' }));
    expect(shown('ip -6 route get 2001:db8:99::1')).toContain('src 2001:db8:feed::1');
  });

  it('gives a default route another source, and takes a second one of the same metric away', () => {
    converges(route({ to: '::/0', device: 'up0', source: '2001:db8:7a::1' }));
    root.sh('ip -6 route append default via 2001:db8:7a::9 dev up0 metric 1024');
    converges(route({ to: '::/0', device: 'up0', source: '2001:db8:feed::1' }));
    expect(shown('ip -6 route show default')).toMatch(/^default dev up0 proto static src 2001:db8:feed::1 metric 1024 pref medium\n$/);
  });

  it('refuses a second default route, but not one with a metric', () => {
    expect(root.apply(route({ to: '::/0', device: 'up1' }), base, tools).plan).toMatchObject({ result: 'refused' });
    converges(route({ to: '::/0', device: 'up1', metric: 4096 }));
    converges(route({ to: '::/0', device: 'up1', state: 'absent' }));
  });

  it('keeps a table of its own', () => {
    converges(route({ to: '0.0.0.0/0', via: '198.51.100.9', table: 100, device: 'up0' }));
    expect(shown('ip -4 route show table 100')).toContain('default via 198.51.100.9 dev up0');
    expect(shown('ip -4 route show table main')).not.toContain('default');
  });

  it('deprecates an address and makes it preferred again', () => {
    const wanted = { interface: 'up0', address: '2001:db8:7a::1/64' };
    converges(address({ ...wanted, deprecated: true }));
    expect(shown('ip -6 addr show dev up0')).toMatch(/2001:db8:7a::1\/64 scope global (nodad )?deprecated/);
    converges(address({ ...wanted, deprecated: false }));
    expect(shown('ip -6 addr show dev up0')).not.toContain('deprecated');
    converges(address({ interface: 'up1', address: '2001:db8:7b::1/64', deprecated: true }));
  });
});
