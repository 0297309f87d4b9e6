import type { Action } from '../model/action.ts';
import { ANY } from '../model/fact.ts';
import { type IpvsFact, type IpvsName, type IpvsServer, ipvsEndpoint, ipvsKey, NO_SERVICE, sortServers } from '../model/ipvs-fact.ts';
import type { Change, Prediction, Step, StepOptions, StepPlan } from '../model/step.ts';
import { checkPresence } from './account.ts';
import { checkEndpoint, checkServers, type IpvsServerOptions, wrong } from './ipvs-arguments.ts';
import { makeStep } from './step.ts';

/** Desired state of a virtual service of IPVS, live; that it is there after a reboot is the business of files. */
export interface IpvsServiceOptions extends StepOptions {
  readonly protocol: 'tcp' | 'udp';
  /** The service address: IPv4 or IPv6. */
  readonly address: string;
  readonly port: number;
  /** How connections are spread (ipvsadm(8), -s). Default `wlc`. */
  readonly scheduler?: string | undefined;
  /** For how long a client stays with its server, in seconds. Default: not persistent. */
  readonly persistent?: number | undefined;
  /** All real servers; others are taken away. Default: none. */
  readonly servers?: readonly IpvsServerOptions[] | undefined;
  /** Default `present`. */
  readonly state?: 'present' | 'absent' | undefined;
}

/**
 * A virtual service with exactly these real servers. What is there is edited, one server after the other, so that connections live on; a
 * weight of 0 drains. Throws StepArgumentError for wrong arguments.
 */
export function ipvsService(options: IpvsServiceOptions): Step {
  const desired = desiredOf(options);
  const key = ipvsKey(desired.service);
  return makeStep(
    {
      kind: 'ipvsService',
      subject: key,
      reads: [{ kind: 'ipvs', key }],
      wants: differences(desired, NO_SERVICE).map(({ field, after }) => ({ field, after })),
      plan: (facts) => planService(desired, facts.get('ipvs', key)),
    },
    options,
  );
}

interface Desired {
  readonly service: IpvsName;
  readonly scheduler: string;
  readonly persistentSec: number | null;
  readonly servers: readonly IpvsServer[];
  readonly state: 'present' | 'absent';
}

/** ipvsadm(8), -p: at most 31 days. */
const LONGEST_SEC = 31 * 86_400;

function desiredOf({ protocol, scheduler = 'wlc', persistent, servers = [], state = 'present', ...rest }: IpvsServiceOptions): Desired {
  if (protocol !== 'tcp' && protocol !== 'udp') wrong(`protocol ${JSON.stringify(protocol)} must be 'tcp' or 'udp'`);
  if (typeof scheduler !== 'string' || !/^[a-z]{2,16}$/.test(scheduler))
    wrong(`${JSON.stringify(scheduler)} is not the name of a scheduler`);
  if (persistent !== undefined && !(Number.isInteger(persistent) && persistent >= 1 && persistent <= LONGEST_SEC)) {
    wrong(`persistent ${JSON.stringify(persistent)} must be whole seconds, 1 to ${LONGEST_SEC}`);
  }
  checkPresence('ipvsService', state);
  const service = { protocol, ...checkEndpoint(rest) };
  return { service, scheduler, persistentSec: persistent ?? null, servers: sortServers(checkServers(servers, service)), state };
}

type IpvsValue = Extract<Prediction, { kind: 'ipvs' }>['value'];

function planService(desired: Desired, now: IpvsFact): StepPlan {
  const changes = differences(desired, now);
  if (changes.length === 0) return { result: 'ok' };
  const { service, scheduler, persistentSec, servers, state } = desired;
  const there: IpvsValue = { exists: true, scheduler, persistentSec, servers, connections: ANY, table: [] };
  return {
    result: 'change',
    changes,
    predicted: [{ kind: 'ipvs', key: ipvsKey(service), value: state === 'absent' ? NO_SERVICE : there }],
    actions: state === 'absent' ? [{ kind: 'removeIpvsService', service }] : actionsOf(desired, now),
  };
}

function differences(desired: Desired, now: IpvsFact): Change[] {
  const isWanted = desired.state === 'present';
  if (!isWanted && !now.exists) return [];
  const change = (field: string, before: Change['before'], after: Change['after']): Change[] =>
    before === after ? [] : [{ field, before, after }];
  return [
    ...change('present', now.exists, isWanted),
    ...change('scheduler', now.scheduler, isWanted ? desired.scheduler : null),
    ...change('persistent', now.persistentSec, isWanted ? desired.persistentSec : null),
    ...serverChanges(isWanted ? desired.servers : [], now.servers),
  ];
}

function serverChanges(wanted: readonly IpvsServer[], found: readonly IpvsServer[]): Change[] {
  const before = byEndpoint(found);
  const after = byEndpoint(wanted);
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((name) => {
    const [old, next] = [shown(before.get(name)), shown(after.get(name))];
    return old === next ? [] : [{ field: `server ${name}`, before: old, after: next }];
  });
}

function byEndpoint(servers: readonly IpvsServer[]): Map<string, IpvsServer> {
  return new Map(servers.map((server) => [ipvsEndpoint(server), server]));
}

function shown(server: IpvsServer | undefined): string | null {
  return server === undefined ? null : `${server.method}, weight ${server.weight}`;
}

/** New servers come before old ones go: somebody answers all the time. */
function actionsOf({ service, scheduler, persistentSec, servers }: Desired, now: IpvsFact): Action[] {
  const found = byEndpoint(now.servers);
  const isNew = !now.exists || now.scheduler !== scheduler || now.persistentSec !== persistentSec;
  const set = servers.filter((server) => shown(found.get(ipvsEndpoint(server))) !== shown(server));
  const kept = byEndpoint(servers);
  const gone = now.servers.filter((server) => !kept.has(ipvsEndpoint(server)));
  return [
    ...(isNew ? [{ kind: 'setIpvsService' as const, service, scheduler, persistentSec }] : []),
    ...set.map((server) => ({ kind: 'setIpvsServer' as const, service, server })),
    ...gone.map(({ address, port }) => ({ kind: 'removeIpvsServer' as const, service, address, port })),
  ];
}
