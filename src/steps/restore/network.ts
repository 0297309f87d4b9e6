import { isIP } from 'node:net';
import { ANY } from '../../model/fact.ts';
import type { NetworkAction } from '../../model/network-action.ts';
import { type Cidr, familyOf } from '../../model/network-address.ts';
import type { InterfaceFact, RouteEntry, RouteFact } from '../../model/network-fact.ts';
import type { Change } from '../../model/step.ts';
import { address } from '../address.ts';
import { overSession } from '../interface/session.ts';
import { argumentsOf, described, losing, type RouteTarget, taking } from '../route.ts';
import { tunnel } from '../tunnel.ts';
import { type Brought, type Former, known, lost, NOTHING, planBy, type Restorer } from './part.ts';

/** An address on an interface. That of drover's own SSH session is never taken away. */
export const addressRestorer: Restorer<'address'> = {
  fields: ['present', 'label', 'scope', 'deprecated'],
  rank: () => 620,
  reads: ({ key }) => [
    { kind: 'address', key },
    // An interface that an earlier step of the undo has made is not in the address's fact.
    { kind: 'interface', key: nameOf(key) },
  ],
  plan({ key, before }, { facts }) {
    const name = nameOf(key);
    const cidr = key.slice(name.length + 1);
    if (before.present === false) return planBy(() => address({ interface: name, address: cidr, state: 'absent' }), facts);
    const own =
      isIP(cidr.replace(/\/.*$/, '')) === 6
        ? { deprecated: known(before.deprecated) }
        : { label: known(before.label), scope: known(before.scope) };
    return planBy(() => address({ interface: name, address: cidr, madeBefore: true, ...own }), facts);
  },
};

function nameOf(key: string): string {
  return key.slice(0, key.indexOf(' '));
}

/** A tunnel. What else went with it, addresses and routes, comes back where it has facts of its own. */
export const interfaceRestorer: Restorer<'interface'> = {
  fields: ['exists', 'local', 'remote', 'ttl', 'mtu'],
  rank: () => 610,
  reads: ({ key }) => [{ kind: 'interface', key }],
  plan({ key: name, before }, { facts }) {
    const now = facts.get('interface', name);
    if (before.exists === false) return planBy(() => tunnel({ name, state: 'absent' }), facts);
    if (isSame(before, now)) return NOTHING;
    const [local, remote, ttl, mtu] = [
      known(before.local),
      known(before.remote),
      known(before.ttl),
      known(before.ipv6Mtu) ?? known(before.mtu),
    ];
    if (before.kind !== 'sit' || before.up === false || local === undefined || remote === undefined) {
      return lost(`drover makes sit tunnels only that are up and have fixed endpoints, which ${name} was not`);
    }
    const part = planBy(() => tunnel({ name, local, remote, ttl, mtu }), facts);
    return 'refused' in part || now.exists ? part : { ...part, lost: [`addresses and routes that went with ${name} are not in its fact`] };
  },
};

function isSame(before: InterfaceFact, now: InterfaceFact): boolean {
  const fields = ['exists', 'up', 'local', 'remote', 'ttl'] as const;
  return fields.every((field) => known(before[field]) === known(now[field])) && (before.ipv6Mtu ?? before.mtu) === (now.ipv6Mtu ?? now.mtu);
}

/** The routes to one destination. What drover's own SSH session depends on is left. */
export const routeRestorer: Restorer<'route'> = {
  fields: [],
  rank: () => 630,
  reads: ({ key }) => [{ kind: 'route', key }],
  plan(former, restoring) {
    const now = restoring.facts.get('route', former.key);
    const target = targetOf(former.key);
    const differing = metricsOf(former.before, now).flatMap((metric) => {
      const [gone, back] = [at(now, metric), at(former.before, metric)];
      return shown(gone) === shown(back) ? [] : [{ metric, gone, back }];
    });
    if (differing.length === 0) return NOTHING;
    const unsayable = differing.find(({ back }) => back.length > 1 || back[0]?.type === 'multipath');
    if (unsayable !== undefined) return lost(`of several ways with metric ${unsayable.metric} to one destination drover makes none`);
    const danger = dangerOf(differing, { target, now });
    if (danger !== null) return { refused: overSession(danger.doing, danger.device, restoring.facts.base) };
    return bring(former, { target, differing });
  },
};

interface Differing {
  readonly metric: number;
  readonly gone: readonly RouteEntry[];
  readonly back: readonly RouteEntry[];
}

/** `main 192.0.2.0/24` */
function targetOf(key: string): RouteTarget {
  const [, table = '', network = '', length] = /^(\S+) (.+)\/(\d+)$/.exec(key) ?? [];
  const to: Cidr = { address: network, prefix: Number(length), family: familyOf(network) };
  return { to, table };
}

function metricsOf(...facts: readonly RouteFact[]): number[] {
  return [...new Set(facts.flatMap(({ routes }) => routes.map(({ metric }) => metric)))].sort((a, b) => a - b);
}

function at({ routes }: RouteFact, metric: number): RouteEntry[] {
  return routes.filter((each) => each.metric === metric);
}

function shown(routes: readonly RouteEntry[]): string | null {
  return routes.length === 0 ? null : routes.map(described).join('; ');
}

function dangerOf(differing: readonly Differing[], { target, now }: { target: RouteTarget; now: RouteFact }): ReturnType<typeof losing> {
  for (const { gone, back } of differing) {
    const [instead = null] = back;
    const danger = [
      ...gone.map((each) => losing(each, instead, { desired: target, fact: now })),
      ...back.map((each) => taking(each, target, now)),
    ];
    const found = danger.find((each) => each !== null);
    if (found !== undefined) return found;
  }
  return null;
}

/** Setting a route takes the place of one of the same metric; any further ones are taken away. */
function bring({ key, before }: Former<'route'>, { target, differing }: { target: RouteTarget; differing: readonly Differing[] }): Brought {
  const changes = differing.map(({ metric, gone, back }): Change => {
    return { field: differing.length === 1 ? 'route' : `route of metric ${metric}`, before: shown(gone), after: shown(back) };
  });
  const actions = differing.flatMap(({ gone, back }): NetworkAction[] => [
    ...gone.slice(back.length).map((each) => ({ kind: 'removeRoute' as const, route: argumentsOf(target, each) })),
    ...back.map((each) => ({ kind: 'setRoute' as const, route: argumentsOf(target, each) })),
  ]);
  return { changes, predicted: [{ kind: 'route', key, value: { routes: before.routes, session: ANY } }], actions };
}
