import { describe, expect, it } from 'vitest';
import { compileAction } from '../../src/actions/compile.ts';
import { ANY, type BaseFacts } from '../../src/model/fact.ts';
import type { InterfaceFact } from '../../src/model/network-fact.ts';
import { type TunnelOptions, tunnel } from '../../src/steps/tunnel.ts';
import { testBase } from './support/host.ts';
import { planOn } from './support/view.ts';

const base = testBase(false);
const here: BaseFacts = { ...base, sshConnection: { client: '2001:db8:7a::1', server: '2001:db8:7a::2', serverPort: 22 } };
const ENDPOINTS = { local: '192.0.2.2', remote: '192.0.2.1', ttl: 64, mtu: 1280 };
const WANTED: TunnelOptions = { name: 'sit1', ...ENDPOINTS };
const there: InterfaceFact = { exists: true, up: true, kind: 'sit', ...ENDPOINTS, ipv6Mtu: 1280, session: false };
const missing: InterfaceFact = {
  ...{ exists: false, up: false, mtu: null, ipv6Mtu: null, kind: null },
  ...{ local: null, remote: null, ttl: null, session: false },
};
const plan = (options: Partial<TunnelOptions>, now: Partial<InterfaceFact>, on: BaseFacts = base) =>
  planOn(tunnel({ ...WANTED, ...options }), { 'interface sit1': { ...there, ...now } }, on);
const SET = { kind: 'setTunnel', name: 'sit1', ...ENDPOINTS };
const after = {
  exists: true,
  up: true,
  mtu: ANY,
  ipv6Mtu: ANY,
  kind: 'sit',
  local: '192.0.2.2',
  remote: '192.0.2.1',
  ttl: 64,
  session: ANY,
};

describe('tunnel steps', () => {
  it.each<[string, Partial<TunnelOptions>, Partial<InterfaceFact>]>([
    ['present', {}, {}],
    ['present, by network-scripts, which set the IPv6 MTU only', {}, { mtu: 1480, ipv6Mtu: 1280 }],
    ['present, with IPv6 silent', {}, { ipv6Mtu: null }],
    ['absent', { state: 'absent' }, missing],
  ])('have nothing to do: %s', (_title, options, now) => {
    expect(plan(options, now)).toEqual({ result: 'ok' });
  });

  it('make a tunnel', () => {
    expect(plan({}, missing)).toEqual({
      result: 'change',
      changes: [
        { field: 'present', before: false, after: true },
        { field: 'local', before: null, after: '192.0.2.2' },
        { field: 'remote', before: null, after: '192.0.2.1' },
        { field: 'ttl', before: null, after: 64 },
        { field: 'mtu', before: null, after: 1280 },
      ],
      predicted: [{ kind: 'interface', key: 'sit1', value: after }],
      actions: [SET],
    });
  });

  it.each<[Partial<InterfaceFact>, object]>([
    [{ local: '192.0.2.3' }, { field: 'local', before: '192.0.2.3', after: '192.0.2.2' }],
    [{ remote: null }, { field: 'remote', before: null, after: '192.0.2.1' }],
    [{ ttl: 0 }, { field: 'ttl', before: 0, after: 64 }],
    [
      { mtu: 1400, ipv6Mtu: 1400 },
      { field: 'mtu', before: 1400, after: 1280 },
    ],
    [{ up: false }, { field: 'up', before: false, after: true }],
  ])('change %j in place', (now, change) => {
    expect(plan({}, now)).toMatchObject({ result: 'change', changes: [change], actions: [SET] });
  });

  it('remove a tunnel', () => {
    expect(plan({ state: 'absent' }, {})).toMatchObject({
      changes: [{ field: 'present', before: true, after: false }, { field: 'local' }, { field: 'remote' }, { field: 'ttl' }],
      predicted: [{ value: missing }],
      actions: [{ kind: 'removeTunnel', name: 'sit1' }],
    });
  });

  it('leave the tunnel of the SSH session alone, unless the play allows it', () => {
    const reason =
      'changing sit1 may cut the SSH session that drover came by over sit1, from 2001:db8:7a::1 to 2001:db8:7a::2; the play does not allow it (allow: [disconnect])';
    expect(plan({}, { ttl: 9, session: true }, here)).toEqual({ result: 'refused', reason });
    expect(plan({ state: 'absent' }, { session: true }, here)).toEqual({ result: 'refused', reason });
    expect(plan({}, { session: true }, here)).toEqual({ result: 'ok' });
    expect(plan({ overSession: true }, { ttl: 9, session: true }, here)).toMatchObject({ result: 'change' });
    expect(plan({}, { ttl: 9, session: false }, here)).toMatchObject({ result: 'change' });
  });

  it('refuse an interface that is something else', () => {
    expect(plan({}, { kind: 'veth', local: null })).toEqual({
      result: 'refused',
      reason: 'sit1 is there already, and is no sit tunnel but veth',
    });
    expect(plan({ state: 'absent' }, { kind: null })).toMatchObject({ result: 'refused' });
    expect(plan({}, { kind: 'ipip' }), 'with the same endpoints, ttl and MTU').toMatchObject({ result: 'refused' });
  });

  it('fill in ttl and mtu', () => {
    expect(tunnel({ name: 'sit1', local: '192.0.2.2', remote: '192.0.2.1' }).wants).toEqual(
      expect.arrayContaining([
        { field: 'ttl', after: 64 },
        { field: 'mtu', after: 1480 },
      ]),
    );
  });

  it.each<[Partial<TunnelOptions>, string]>([
    [{ name: '-a' }, 'tunnel: "-a" is not the name of an interface'],
    [{ name: 'a b' }, 'is not the name of an interface'],
    [{ name: 'sit0' }, 'tunnel: sit0 is the kernel’s own fallback device'],
    [{ local: undefined }, 'tunnel: local undefined is not an IPv4 address'],
    [{ remote: '2001:db8::1' }, 'tunnel: remote "2001:db8::1" is not an IPv4 address'],
    [{ remote: '192.0.2.1; reboot' }, 'is not an IPv4 address'],
    [{ ttl: 0 }, 'tunnel: ttl 0 must be a whole number from 1 to 255'],
    [{ mtu: 1279 }, 'tunnel: mtu 1279 must be a whole number from 1280 to 65535'],
    [{ mode: 'gre' as 'sit' }, 'tunnel: mode "gre" must be \'sit\''],
    [{ state: 'gone' as 'absent' }, 'tunnel: state'],
  ])('do not take %j', (options, message) => {
    expect(() => tunnel({ ...WANTED, ...options } as TunnelOptions)).toThrow(message);
  });
});

describe('actions on tunnels', () => {
  it('change the one that is there, make one else, and set both MTUs', () => {
    expect(compileAction({ kind: 'setTunnel', name: 'sit1', ...ENDPOINTS }, base).script.replace(/ \|\| die .*?; fi/, '; fi')).toBe(`
if [ -e /sys/class/net/sit1 ]; then ip tunnel change sit1 mode sit remote 192.0.2.1 local 192.0.2.2 ttl 64
else ip tunnel add sit1 mode sit remote 192.0.2.1 local 192.0.2.2 ttl 64; fi
ip link set dev sit1 mtu 1280 up
if [ -w /proc/sys/net/ipv6/conf/sit1/mtu ]; then echo 1280 >/proc/sys/net/ipv6/conf/sit1/mtu; fi`);
    expect(compileAction({ kind: 'removeTunnel', name: 'sit1' }, base).script).toBe('[ ! -e /sys/class/net/sit1 ] || ip tunnel del sit1');
  });
});
