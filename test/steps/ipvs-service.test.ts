import { describe, expect, it } from 'vitest';
import { ANY } from '../../src/model/fact.ts';
import { type IpvsFact, type IpvsServer, NO_SERVICE } from '../../src/model/ipvs-fact.ts';
import type { StepPlan } from '../../src/model/step.ts';
import { type IpvsServiceOptions, ipvsService } from '../../src/steps/ipvs-service.ts';
import { type IpvsTableOptions, ipvsTable } from '../../src/steps/ipvs-table.ts';
import { testBase } from './support/host.ts';
import { planOn } from './support/view.ts';

const base = testBase(false);
const service = { protocol: 'tcp', address: '192.0.2.80', port: 25 } as const;
const KEY = 'tcp 192.0.2.80:25';
const server = (last: number, more: Partial<IpvsServer> = {}): IpvsServer => ({
  address: `192.0.2.${last}`,
  port: 25,
  method: 'dr',
  weight: 1,
  ...more,
});
const DECLARED = [
  { address: '192.0.2.52', method: 'dr' as const, weight: 3 },
  { address: '192.0.2.51', method: 'dr' as const },
];
const SERVERS = [server(51), server(52, { weight: 3 })];
const there: IpvsFact = {
  exists: true,
  scheduler: 'wlc',
  persistentSec: null,
  servers: SERVERS,
  connections: { '192.0.2.51:25': { active: 7, inactive: 1 } },
  table: [],
};
const plan = (options: Partial<IpvsServiceOptions>, now: IpvsFact): StepPlan =>
  planOn(ipvsService({ ...service, servers: DECLARED, ...options }), { [`ipvs ${KEY}`]: now }, base);

describe('a virtual service', () => {
  it.each<[string, Partial<IpvsServiceOptions>, IpvsFact]>([
    ['as declared, whatever the order of servers and the connections', {}, there],
    ['persistent', { persistent: 300 }, { ...there, persistentSec: 300 }],
    ['absent', { state: 'absent' }, NO_SERVICE],
  ])('has nothing to do: %s', (_title, options, now) => {
    expect(plan(options, now)).toEqual({ result: 'ok' });
  });

  it('is made with every server', () => {
    expect(plan({ persistent: 300 }, NO_SERVICE)).toEqual({
      result: 'change',
      changes: [
        { field: 'present', before: false, after: true },
        { field: 'scheduler', before: null, after: 'wlc' },
        { field: 'persistent', before: null, after: 300 },
        { field: 'server 192.0.2.51:25', before: null, after: 'dr, weight 1' },
        { field: 'server 192.0.2.52:25', before: null, after: 'dr, weight 3' },
      ],
      predicted: [{ kind: 'ipvs', key: KEY, value: { ...there, persistentSec: 300, connections: ANY } }],
      actions: [
        { kind: 'setIpvsService', service, scheduler: 'wlc', persistentSec: 300 },
        { kind: 'setIpvsServer', service, server: SERVERS[0] },
        { kind: 'setIpvsServer', service, server: SERVERS[1] },
      ],
    });
  });

  it('changes one weight and touches nothing else', () => {
    expect(plan({}, { ...there, servers: [server(51, { weight: 0 }), server(52, { weight: 3 })] })).toMatchObject({
      changes: [{ field: 'server 192.0.2.51:25', before: 'dr, weight 0', after: 'dr, weight 1' }],
      actions: [{ kind: 'setIpvsServer', service, server: SERVERS[0] }],
    });
  });

  it('changes scheduler and persistence without the servers', () => {
    expect(plan({ scheduler: 'rr' }, { ...there, persistentSec: 60 })).toMatchObject({
      changes: [
        { field: 'scheduler', before: 'wlc', after: 'rr' },
        { field: 'persistent', before: 60, after: null },
      ],
      actions: [{ kind: 'setIpvsService', service, scheduler: 'rr', persistentSec: null }],
    });
  });

  it.each([
    [60, undefined, null],
    [60, 300, 300],
    [null, 300, 300],
  ])('changes a persistence of %s to that of %s alone', (before, persistent, after) => {
    expect(plan({ persistent }, { ...there, persistentSec: before })).toMatchObject({
      changes: [{ field: 'persistent', before, after }],
      actions: [{ kind: 'setIpvsService', service, scheduler: 'wlc', persistentSec: after }],
    });
  });

  it('takes a server that is not declared away, after the new ones are there', () => {
    const old = server(60, { method: 'nat', port: 2525, weight: 5 });
    expect(plan({}, { ...there, servers: [server(51), old] })).toMatchObject({
      changes: [
        { field: 'server 192.0.2.52:25', before: null, after: 'dr, weight 3' },
        { field: 'server 192.0.2.60:2525', before: 'nat, weight 5', after: null },
      ],
      actions: [
        { kind: 'setIpvsServer', server: SERVERS[1] },
        { kind: 'removeIpvsServer', service, address: '192.0.2.60', port: 2525 },
      ],
    });
  });

  it('goes with its servers, each shown', () => {
    expect(plan({ state: 'absent' }, there)).toMatchObject({
      changes: [
        { field: 'present', before: true, after: false },
        { field: 'scheduler', before: 'wlc', after: null },
        { field: 'server 192.0.2.51:25', before: 'dr, weight 1', after: null },
        { field: 'server 192.0.2.52:25', before: 'dr, weight 3', after: null },
      ],
      predicted: [{ value: NO_SERVICE }],
      actions: [{ kind: 'removeIpvsService', service }],
    });
  });

  it('is named in one way however an IPv6 address is written', () => {
    const step = ipvsService({ ...service, address: '2001:DB8:0:0::80', servers: [{ address: '2001:db8::0:51', method: 'dr' }] });
    expect(step.subject).toBe('tcp [2001:db8::80]:25');
    expect(step.wants.map(({ field }) => field)).toEqual(['present', 'scheduler', 'server [2001:db8::51]:25']);
  });

  it.each<[object, string]>([
    [{ protocol: 'sctp' }, "ipvsService: protocol \"sctp\" must be 'tcp' or 'udp'"],
    [{ address: '192.0.2.80; id' }, 'must be an IPv4 or IPv6 address'],
    [{ address: 'fe80::1%eth0' }, 'must be an IPv4 or IPv6 address'],
    [{ port: 0 }, 'port 0 of 192.0.2.80 must be 1 to 65535'],
    [{ port: '25' }, 'must be 1 to 65535'],
    [{ scheduler: '-C $x' }, 'is not the name of a scheduler'],
    [{ persistent: 0 }, 'must be whole seconds'],
    [{ state: 'gone' }, 'gone'],
    [{ servers: [{ address: 'x', method: 'dr' }] }, 'must be an IPv4 or IPv6 address'],
    [{ servers: [{ address: '192.0.2.51', method: 'gate' }] }, "must be 'dr', 'nat' or 'tun'"],
    [{ servers: [{ address: '192.0.2.51', method: 'dr', weight: -1 }] }, 'weight -1 of 192.0.2.51:25 must be 0 to 65535'],
    [{ servers: [{ address: '192.0.2.51', method: 'dr', port: 2525 }] }, 'must have the port of the service, 25: only nat can change it'],
    [{ servers: [{ address: '192.0.2.80', method: 'dr' }] }, 'is the service address itself'],
    [{ servers: [{ address: '2001:db8::1', method: 'nat' }] }, 'only tun goes from one to the other'],
    [{ servers: [DECLARED[0], DECLARED[0]] }, 'real server 192.0.2.52:25 is there twice'],
  ])('does not take %j', (options, message) => {
    expect(() => ipvsService({ ...service, servers: DECLARED, ...options } as IpvsServiceOptions)).toThrow(message);
  });
});

describe('the table of virtual services', () => {
  const table = (keys: readonly string[]): StepPlan =>
    planOn(ipvsTable({ services: [service] }), { 'ipvs table': { ...NO_SERVICE, table: keys } }, base);

  it('looks at nothing that a service before it predicts', () => {
    const before = planOn(ipvsService({ ...service, servers: DECLARED }), { [`ipvs ${KEY}`]: NO_SERVICE }, base);
    const predicted = before.result === 'change' ? before.predicted.map(({ key }) => key) : [];
    expect(predicted).toEqual([KEY]);
    expect(ipvsTable({ services: [service] }).reads.map(({ key }) => key)).toEqual(['table']);
  });

  it.each([[[]], [[KEY]]])('has nothing to do: %j', (keys) => {
    expect(table(keys)).toEqual({ result: 'ok' });
  });

  it('loses what is not declared', () => {
    expect(table([KEY, 'tcp [2001:db8::80]:443', 'udp 192.0.2.80:25'])).toMatchObject({
      changes: [
        { field: 'service tcp [2001:db8::80]:443', before: true, after: false },
        { field: 'service udp 192.0.2.80:25', before: true, after: false },
      ],
      predicted: [
        { kind: 'ipvs', key: 'tcp [2001:db8::80]:443', value: { exists: false } },
        { kind: 'ipvs', key: 'udp 192.0.2.80:25', value: { exists: false } },
      ],
      actions: [
        { kind: 'removeIpvsService', service: { protocol: 'tcp', address: '2001:db8::80', port: 443 } },
        { kind: 'removeIpvsService', service: { protocol: 'udp', address: '192.0.2.80', port: 25 } },
      ],
    });
  });

  it.each<[object, string]>([
    [{ services: [] }, 'name at least one service'],
    [{ services: [{ ...service, address: '$HOME' }] }, 'must be an IPv4 or IPv6 address'],
    [{ services: [{ ...service, protocol: 'x' }] }, "must be 'tcp' or 'udp'"],
  ])('does not take %j', (options, message) => {
    expect(() => ipvsTable(options as IpvsTableOptions)).toThrow(message);
  });
});
