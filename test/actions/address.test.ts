import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BaseFacts } from '../../src/model/fact.ts';
import { address } from '../../src/steps/address.ts';
import { testBase } from '../steps/support/host.ts';
import { noPrivateRoot, openPrivateRoot, type PrivateRoot, type Tools } from './support/private-root.ts';

if (noPrivateRoot !== null) console.warn(`addresses are not tried for real: ${noPrivateRoot}`);

describe.skipIf(noPrivateRoot !== null).each<Tools>(['all', 'busybox'])('addresses in a real network (tools: %s)', (tools) => {
  const base: BaseFacts = testBase(tools === 'busybox');
  let root: PrivateRoot;
  beforeAll(async () => {
    root = await openPrivateRoot();
    root.sh('ip link add up0 type veth peer name up1; ip link set up0 up');
  });
  afterAll(() => root.close());

  const shown = (): string => root.sh('ip -o addr show').stdout.toString();
  const converges = (step: ReturnType<typeof address>): void => {
    expect(root.apply(step, base, tools)).toMatchObject({ plan: { result: 'change' }, failure: null, broken: [] });
    expect(root.apply(step, base, tools).plan).toEqual({ result: 'ok' });
  };

  it('adds a service address with a label', () => {
    converges(address({ interface: 'lo', address: '192.0.2.5/32', label: 'lo:0' }));
    expect(shown()).toMatch(/inet 192\.0\.2\.5\/32 scope global lo:0/);
  });

  it('adds what has no label and no scope with those of the kernel', () => {
    converges(address({ interface: 'up0', address: '198.51.100.1/24' }));
    converges(address({ interface: 'lo', address: '127.0.0.2/8' }));
  });

  it('changes a label and a scope, and keeps the one that is not named', () => {
    converges(address({ interface: 'lo', address: '192.0.2.5/32', label: 'lo:vip' }));
    converges(address({ interface: 'lo', address: '192.0.2.5/32', scope: 'host' }));
    expect(shown()).toMatch(/inet 192\.0\.2\.5\/32 scope host lo:vip/);
  });

  it('adds an IPv6 address however it is written', () => {
    converges(address({ interface: 'up0', address: '2001:DB8:0:0:0::7/64' }));
    converges(address({ interface: 'up0', address: '::ffff:192.0.2.9/128' }));
    expect(shown()).toContain('inet6 2001:db8::7/64');
  });

  it('removes an address', () => {
    converges(address({ interface: 'lo', address: '192.0.2.5/32', state: 'absent' }));
    expect(shown()).not.toContain('192.0.2.5');
  });

  it('adds and removes once only', () => {
    const action = { interface: 'lo', address: '192.0.2.6/32', label: undefined, scope: undefined };
    for (const kind of ['addAddress', 'addAddress', 'removeAddress', 'removeAddress'] as const) {
      expect(root.write([{ kind, ...action }], base, tools).at(-1)).toMatchObject({ kind: 'end', exitCode: 0 });
    }
  });

  it('refuses an interface that the host does not have', () => {
    expect(root.apply(address({ interface: 'eth9', address: '192.0.2.5/32' }), base, tools).plan).toEqual({
      result: 'refused',
      reason: 'no interface eth9 on this host',
    });
  });
});
