import { describe, expect, it } from 'vitest';
import { ANY, type BaseFacts } from '../../src/model/fact.ts';
import type { InterfaceFact, RouteEntry, RouteFact } from '../../src/model/network-fact.ts';
import { type RouteOptions, route } from '../../src/steps/route.ts';
import { testBase } from './support/host.ts';
import { planOn } from './support/view.ts';

const base: BaseFacts = {
  ...testBase(false),
  addresses: [{ interface: 'eth0', family: 'ipv4', address: '192.0.2.2', prefix: 24, scope: 'global', label: 'eth0' }],
  sshConnection: { client: '2001:db8:99::1', server: '2001:db8:feed::1', serverPort: 22 },
};
const SRC = '2001:db8:feed::1';
const WANTED: RouteOptions = { to: '::/0', device: 'sit1', source: SRC };
const entry: RouteEntry = { type: 'unicast', via: null, device: 'sit1', source: SRC, metric: 1024 };
const native: RouteEntry = { ...entry, via: 'fe80::1', device: 'eth0', source: null };
const link = { exists: true, up: true, mtu: 1480, ipv6Mtu: 1480, kind: 'sit', local: null, remote: null, ttl: null, session: false };
type Session = RouteFact['session'];
const over = (device: string, metric = 1024, prefix = 0): Session => ({ client: '2001:db8:99::1', prefix, metric, device });

const plan = (
  options: RouteOptions,
  routes: readonly RouteEntry[],
  session: Session = null,
  interfaces: readonly string[] = ['sit1', 'eth0'],
) => {
  const step = route(options);
  const links = ['sit1', 'eth0'].map((name) => [
    `interface ${name}`,
    { ...link, exists: interfaces.includes(name) } satisfies InterfaceFact,
  ]);
  const [read] = step.reads;
  return planOn(step, { ...Object.fromEntries(links), [`route ${read?.key}`]: { routes, session } }, base);
};
const ARGUMENTS = { family: 6, to: '::/0', type: null, via: null, device: 'sit1', source: SRC, metric: 1024, table: 'main' };

describe('route steps', () => {
  it.each<[string, RouteOptions, RouteEntry[]]>([
    ['present', WANTED, [entry]],
    ['present, whatever its source', { to: 'default', device: 'sit1', source: undefined, via: 'fe80::2' }, [{ ...entry, via: 'fe80::2' }]],
    ['present beside one with another metric', { ...WANTED, metric: 1024 }, [{ ...native, metric: 100 }, entry]],
    ['absent', { ...WANTED, state: 'absent' }, []],
    ['absent through this interface', { ...WANTED, state: 'absent' }, [native]],
  ])('have nothing to do: %s', (_title, options, routes) => {
    if (options.to === 'default') options = { ...options, to: '::/0' };
    expect(plan(options, routes)).toEqual({ result: 'ok' });
  });

  it('add a route', () => {
    expect(plan(WANTED, [])).toEqual({
      result: 'change',
      changes: [
        { field: 'present', before: false, after: true },
        { field: 'device', before: null, after: 'sit1' },
        { field: 'source', before: null, after: SRC },
        { field: 'metric', before: null, after: 1024 },
      ],
      predicted: [{ kind: 'route', key: 'main ::/0', value: { routes: [entry], session: ANY } }],
      actions: [{ kind: 'setRoute', route: ARGUMENTS }],
    });
  });

  it('add an IPv4 route by the interface in whose network the gateway is', () => {
    expect(plan({ to: '203.0.113.0/24', via: '192.0.2.1', table: 100 }, [])).toMatchObject({
      predicted: [{ key: '100 203.0.113.0/24', value: { routes: [{ via: '192.0.2.1', device: 'eth0', metric: 0 }] } }],
      actions: [{ route: { family: 4, device: 'eth0', metric: null, table: '100' } }],
    });
    expect(plan({ to: '203.0.113.0/24', via: '198.51.100.1' }, [])).toEqual({
      result: 'refused',
      reason: '198.51.100.1 is in no network of this host; say which interface (device) leads to it',
    });
  });

  it.each<[RouteEntry, object]>([
    [
      { ...entry, source: null },
      { field: 'source', before: null, after: SRC },
    ],
    [
      { ...entry, via: 'fe80::9' },
      { field: 'via', before: 'fe80::9', after: null },
    ],
  ])('replace %j', (found, change) => {
    expect(plan(WANTED, [found])).toMatchObject({ changes: [change], actions: [{ kind: 'setRoute', route: ARGUMENTS }] });
  });

  it('put another interface’s route to the same network aside, but not a default route', () => {
    const network = { to: '2001:db8:5::/48', device: 'sit1', source: SRC };
    expect(plan(network, [native])).toMatchObject({ result: 'change', actions: [{ kind: 'setRoute' }] });
    expect(plan(WANTED, [native])).toEqual({
      result: 'refused',
      reason:
        'there is a default route already, via fe80::1 dev eth0 metric 1024; a second one through sit1 needs a metric that differs from it',
    });
    expect(plan({ ...WANTED, metric: 1024 }, [native])).toMatchObject({ result: 'refused' });
    expect(plan({ ...WANTED, metric: 2048 }, [native])).toMatchObject({
      predicted: [{ value: { routes: [native, { ...entry, metric: 2048 }] } }],
    });
  });

  it('leave one of several', () => {
    const second = { ...entry, via: 'fe80::9' };
    expect(plan(WANTED, [entry, second])).toMatchObject({
      changes: [{ field: 'routes', before: 'several' }],
      predicted: [{ value: { routes: [entry] } }],
      actions: [{ kind: 'removeRoute', route: { via: 'fe80::9', metric: 1024 } }],
    });
    expect(plan(WANTED, [{ ...entry, source: null }, second])).toMatchObject({
      actions: [
        { kind: 'removeRoute', route: { via: 'fe80::9' } },
        { kind: 'setRoute', route: ARGUMENTS },
      ],
    });
  });

  it('remove those that are meant', () => {
    expect(plan({ to: '::/0', state: 'absent', device: 'sit1' }, [native, entry])).toMatchObject({
      changes: [{ field: 'route', before: `dev sit1 src ${SRC} metric 1024`, after: null }],
      predicted: [{ value: { routes: [native] } }],
      actions: [{ kind: 'removeRoute', route: ARGUMENTS }],
    });
    expect(plan({ to: '::/0', state: 'absent' }, [native, entry])).toMatchObject({
      actions: [{}, {}],
      predicted: [{ value: { routes: [] } }],
    });
  });

  it('refuse an interface that is not there', () => {
    expect(plan(WANTED, [], null, [])).toEqual({ result: 'refused', reason: 'no interface sit1 on this host' });
  });

  it.each<[string, RouteOptions, RouteEntry[], Session, string]>([
    [
      'removing its route',
      { ...WANTED, state: 'absent' },
      [entry],
      over('sit1'),
      `removing the route ::/0 dev sit1 src ${SRC} metric 1024`,
    ],
    ['changing its gateway', { ...WANTED, via: 'fe80::9' }, [entry], over('sit1'), 'changing the route ::/0'],
    [
      'a longer prefix through another interface',
      { to: '2001:db8:99::/48', device: 'sit1' },
      [],
      over('eth0'),
      'a route 2001:db8:99::/48 through sit1',
    ],
    ['a lower metric through another interface', { ...WANTED, metric: 512 }, [native], over('eth0'), 'a route ::/0 through sit1'],
  ])('keep the SSH session: %s', (_title, options, routes, session, doing) => {
    const refused = plan(options, routes, session);
    expect(refused).toMatchObject({ result: 'refused', reason: expect.stringContaining(`${doing} `) });
    expect(refused).toMatchObject({ reason: expect.stringMatching(/from 2001:db8:99::1 to 2001:db8:feed::1; the play does not allow it/) });
    expect(plan({ ...options, overSession: true }, routes, session)).toMatchObject({ result: 'change' });
  });

  it.each<[string, RouteOptions, RouteEntry[], Session]>([
    ['another source by the same way', WANTED, [{ ...entry, source: null }], over('sit1')],
    ['a higher metric', { ...WANTED, metric: 2048 }, [native], over('eth0')],
    ['a destination that is not the client’s', { to: '2001:db8:5::/48', device: 'sit1' }, [], over('eth0')],
    ['a shorter prefix', WANTED, [], over('eth0', 256, 64)],
    ['another table', { ...WANTED, table: 100, metric: 1 }, [], over('eth0')],
  ])('do not mind for the SSH session: %s', (_title, options, routes, session) => {
    expect(plan(options, routes, session)).toMatchObject({ result: 'change' });
  });

  it.each<[Partial<RouteOptions>, string]>([
    [{ to: '2001:db8::1/32' }, 'route: destination "2001:db8::1/32" has bits behind its prefix; the network is 2001:db8::/32'],
    [{ to: 'everything; reboot' }, 'must be an address with its prefix length'],
    [{ via: '192.0.2.1' }, 'route: gateway "192.0.2.1" is not an IPv6 address'],
    [{ source: 'x' }, 'route: source "x" is not an IPv'],
    [{ device: '-sit1' }, 'route: "-sit1" is not the name of an interface'],
    [{ device: undefined }, 'route: ::/0 needs a gateway (via), an interface (device), or both'],
    [{ metric: 0 }, 'route: metric 0 must be a whole number from 1 to 4294967295'],
    [{ table: 0 }, 'route: table 0 must be a whole number'],
  ])('do not take %j', (options, message) => {
    expect(() => route({ ...WANTED, ...options } as RouteOptions)).toThrow(message);
  });
});
