import { describe, expect, it } from 'vitest';
import { type AddressFact, ANY, type BaseFacts } from '../../src/model/fact.ts';
import { type AddressOptions, address } from '../../src/steps/address.ts';
import { testBase } from './support/host.ts';
import { planOn } from './support/view.ts';

const base = testBase(false);
const there: AddressFact = { present: true, hasInterface: true, label: 'lo:0', scope: 'global', deprecated: false };
const missing: AddressFact = { present: false, hasInterface: true, label: null, scope: null, deprecated: false };
const VIP = { interface: 'lo', address: '192.0.2.5/32' };
const plan = (options: Partial<AddressOptions>, now: AddressFact, on: BaseFacts = base) => {
  const step = address({ ...VIP, ...options });
  return planOn(step, { [`address ${step.subject}`]: now }, on);
};
const here: BaseFacts = { ...base, sshConnection: { client: '192.0.2.1', server: '192.0.2.5', serverPort: 22 } };
const REMOVE = { kind: 'removeAddress', ...VIP };

describe('address steps', () => {
  it.each<[string, Partial<AddressOptions>, AddressFact]>([
    ['present', {}, there],
    ['present with label and scope', { label: 'lo:0', scope: 'global' }, there],
    ['absent', { state: 'absent' }, missing],
    ['absent, like its interface', { state: 'absent' }, { ...missing, hasInterface: false }],
  ])('have nothing to do: %s', (_title, options, now) => {
    expect(plan(options, now)).toEqual({ result: 'ok' });
  });

  it('add an address', () => {
    expect(plan({ label: 'lo:0' }, missing)).toEqual({
      result: 'change',
      changes: [
        { field: 'present', before: false, after: true },
        { field: 'label', before: null, after: 'lo:0' },
      ],
      predicted: [{ kind: 'address', key: 'lo 192.0.2.5/32', value: there }],
      actions: [{ kind: 'addAddress', ...VIP, label: 'lo:0', scope: undefined }],
    });
  });

  it.each<[string, Partial<AddressOptions>, object]>([
    ['the interface’s name as label', {}, { label: 'lo', scope: 'global' }],
    ['scope host in 127.0.0.0/8', { address: '127.0.0.2/8' }, { label: 'lo', scope: 'host' }],
    ['no label and some scope for IPv6', { address: '2001:DB8::0:5/64' }, { label: null, scope: ANY }],
  ])('foresee %s', (_title, options, value) => {
    expect(plan(options, missing)).toMatchObject({ predicted: [{ value }] });
  });

  it('change a label or a scope by taking the address away and adding it again', () => {
    expect(plan({ label: 'lo:1' }, there)).toEqual({
      result: 'change',
      changes: [{ field: 'label', before: 'lo:0', after: 'lo:1' }],
      predicted: [{ kind: 'address', key: 'lo 192.0.2.5/32', value: { ...there, label: 'lo:1' } }],
      actions: [REMOVE, { kind: 'addAddress', ...VIP, label: 'lo:1', scope: 'global' }],
    });
    expect(plan({ scope: 'host' }, there)).toMatchObject({
      changes: [{ field: 'scope', before: 'global', after: 'host' }],
      actions: [REMOVE, { label: 'lo:0' }],
    });
  });

  it('remove an address', () => {
    expect(plan({ state: 'absent' }, there)).toEqual({
      result: 'change',
      changes: [
        { field: 'present', before: true, after: false },
        { field: 'label', before: 'lo:0', after: null },
        { field: 'scope', before: 'global', after: null },
      ],
      predicted: [{ kind: 'address', key: 'lo 192.0.2.5/32', value: missing }],
      actions: [REMOVE],
    });
  });

  it('never take away the address of the SSH session, not for a moment', () => {
    expect(plan({ state: 'absent' }, there, here)).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining('removing 192.0.2.5 may cut the SSH session that drover came by over lo'),
    });
    expect(plan({ label: 'lo:1' }, there, here)).toMatchObject({ result: 'refused' });
    expect(plan({ label: 'lo:0' }, there, here)).toEqual({ result: 'ok' });
  });

  it('refuse an interface that is not there', () => {
    expect(plan({}, { ...missing, hasInterface: false })).toEqual({ result: 'refused', reason: 'no interface lo on this host' });
  });

  it('write IPv6 addresses as ip prints them', () => {
    expect(address({ interface: 'up0', address: '2001:DB8:0:0:0:0:0:5/64' }).subject).toBe('up0 2001:db8::5/64');
  });

  it.each<[Partial<AddressOptions>, string]>([
    [{ address: '192.0.2.5' }, 'address: "192.0.2.5" must be an address with its prefix length, such as 192.0.2.5/32'],
    [{ address: '192.0.2.5/33' }, 'must be an address with its prefix length'],
    [{ address: '192.0.2.05/32' }, 'must be an address with its prefix length'],
    [{ address: '192.0.2.5/32 dev up0' }, 'must be an address with its prefix length'],
    [{ address: 'fe80::1%lo/64' }, 'must be an address with its prefix length'],
    [{ interface: '-a' }, 'address: "-a" is not the name of an interface'],
    [{ interface: 'sixteen-letters-' }, 'is not the name of an interface'],
    [{ label: 'eth0:1' }, 'address: label "eth0:1" must be lo or lo:TEXT, at most 15 characters'],
    [{ label: 'lo:1 $x' }, 'must be lo or lo:TEXT'],
    [{ address: '2001:db8::5/64', label: 'lo:0' }, 'address: an IPv6 address has no label'],
    [{ address: '2001:db8::5/64', scope: 'link' }, 'address: the scope of an IPv6 address follows from the address'],
    [{ scope: 'universe' }, "must be 'global', 'link', 'host' or 'site'"],
  ])('do not take %j', (options, message) => {
    expect(() => address({ ...VIP, ...options })).toThrow(message);
  });
});
