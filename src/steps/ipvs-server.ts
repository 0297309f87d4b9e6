import type { Action } from '../model/action.ts';
import { ANY, type FactView } from '../model/fact.ts';
import { IPVS_TABLE, type IpvsFact, type IpvsName, type IpvsServer, ipvsEndpoint, ipvsKey } from '../model/ipvs-fact.ts';
import type { Change, Prediction, Step, StepOptions, StepPlan } from '../model/step.ts';
import { checkEndpoint, wrong } from './ipvs-arguments.ts';
import { refuse } from './regular-file.ts';
import { makeStep } from './step.ts';

/** The weight of one real server of a virtual service of IPVS, live. */
export interface IpvsServerStateOptions extends StepOptions {
  readonly protocol: 'tcp' | 'udp';
  /** The service address: IPv4 or IPv6. */
  readonly address: string;
  readonly port: number;
  /** The real server's address. */
  readonly server: string;
  /** Default: the port of the service. */
  readonly serverPort?: number | undefined;
  /** 0 to 65535; 0: no new connections, but for those of persistent clients (`net.ipv4.vs.expire_quiescent_template` = 1 sends these away too). */
  readonly weight: number;
  /**
   * With weight 0 and tcp: wait until it has no active connections (ipvsadm(8), ActiveConn), at most so many milliseconds. If it still has
   * some then, fail, or go on. Default of `ifNotDrained`: `fail`. Default: no wait.
   */
  readonly drained?: { readonly deadlineMs: number; readonly ifNotDrained?: 'fail' | 'go-on' | undefined } | undefined;
}

/**
 * A real server with this weight; its method, its thresholds and all other servers stay as they are. Service and server must be there.
 * Where keepalived owns the table, it does not put the weight back at a reload that leaves this server's configuration as it was, because it
 * compares the configuration with its former one and not with the table; but the configured weight is there again when it puts the server
 * back after a failed check, or is restarted. Throws StepArgumentError for wrong arguments.
 */
export function ipvsServer(options: IpvsServerStateOptions): Step {
  const desired = desiredOf(options);
  const { key, name, weight, drained } = desired;
  return makeStep(
    {
      kind: 'ipvsServer',
      subject: `${key} ${name}`,
      reads: [
        { kind: 'ipvs', key },
        { kind: 'ipvs', key: IPVS_TABLE },
      ],
      wants: [{ field: 'weight', after: weight }, ...(drained === null ? [] : [{ field: CONNECTIONS, after: drainedBy(drained) }])],
      plan: (facts) => planServer(desired, facts),
    },
    options,
  );
}

const CONNECTIONS = 'active connections';

interface Drained {
  readonly deadlineMs: number;
  readonly ifNotDrained: 'fail' | 'go-on';
}

interface Desired {
  readonly service: IpvsName;
  readonly key: string;
  readonly server: { readonly address: string; readonly port: number };
  /** Of the server. */
  readonly name: string;
  readonly weight: number;
  readonly drained: Drained | null;
}

function desiredOf({ protocol, server: real, serverPort, weight, drained, ...rest }: IpvsServerStateOptions): Desired {
  const kind = 'ipvsServer';
  if (protocol !== 'tcp' && protocol !== 'udp') wrong(`protocol ${JSON.stringify(protocol)} must be 'tcp' or 'udp'`, kind);
  const service = { protocol, ...checkEndpoint(rest, kind) };
  const server = checkEndpoint({ address: real, port: serverPort ?? service.port }, kind);
  const name = ipvsEndpoint(server);
  if (!(Number.isInteger(weight) && weight >= 0 && weight <= 65_535))
    wrong(`weight ${JSON.stringify(weight)} of ${name} must be 0 to 65535`, kind);
  return { service, key: ipvsKey(service), server, name, weight, drained: checkDrained(drained, { protocol, weight }) };
}

function checkDrained(
  drained: IpvsServerStateOptions['drained'],
  { protocol, weight }: { readonly protocol: string; readonly weight: number },
): Drained | null {
  if (drained === undefined) return null;
  const kind = 'ipvsServer';
  const { deadlineMs, ifNotDrained = 'fail' } = drained;
  if (weight !== 0) wrong(`drained goes with weight 0, not ${weight}`, kind);
  // The kernel counts as active what its state machine of TCP calls established.
  if (protocol !== 'tcp') wrong('drained goes with tcp: other protocols have no active connections', kind);
  if (!(Number.isFinite(deadlineMs) && deadlineMs > 0)) wrong(`deadlineMs ${JSON.stringify(deadlineMs)} must be more than 0`, kind);
  if (!['fail', 'go-on'].includes(ifNotDrained)) wrong(`ifNotDrained ${JSON.stringify(ifNotDrained)} must be 'fail' or 'go-on'`, kind);
  return { deadlineMs, ifNotDrained };
}

function planServer(desired: Desired, facts: FactView): StepPlan {
  const { key, name } = desired;
  const now = facts.get('ipvs', key);
  if (!now.exists) return refuse(`there is no virtual service ${key}; there ${listed(facts.get('ipvs', IPVS_TABLE).table)}`);
  const found = now.servers.find((server) => ipvsEndpoint(server) === name);
  if (found === undefined) return refuse(`${key} has no real server ${name}; there ${listed(now.servers.map(ipvsEndpoint))}`);
  return planFound(desired, { now, found });
}

function planFound(desired: Desired, { now, found }: { readonly now: IpvsFact; readonly found: IpvsServer }): StepPlan {
  const { service, key, name, weight, drained } = desired;
  const isSet = found.weight === weight;
  // null: a step before this one has just made the service, and nobody knows yet.
  const active = now.connections[name]?.active ?? null;
  const drain = isSet && active === 0 ? null : drained;
  if (isSet && drain === null) return { result: 'ok' };
  const server = { ...found, weight };
  const changes: Change[] = [];
  const actions: Action[] = [];
  if (!isSet) {
    changes.push({ field: 'weight', before: found.weight, after: weight });
    actions.push({ kind: 'setIpvsWeight', service, server });
  }
  if (drain !== null) {
    if (active !== 0) changes.push({ field: CONNECTIONS, before: active, after: drainedBy(drain) });
    actions.push({ kind: 'drainIpvsServer', service, ...desired.server, ...drain });
  }
  return { result: 'change', changes, predicted: [{ kind: 'ipvs', key, value: after(now, server, drain) }], actions };
}

/** Connections come and go; a drained server has none, if the wait for that must not fail. */
function after(now: IpvsFact, server: IpvsServer, drain: Drained | null): Extract<Prediction, { kind: 'ipvs' }>['value'] {
  const name = ipvsEndpoint(server);
  const isDrained = drain?.ifNotDrained === 'fail';
  return {
    ...now,
    servers: now.servers.map((each) => (ipvsEndpoint(each) === name ? server : each)),
    connections: Object.fromEntries(
      now.servers.map((each) => [ipvsEndpoint(each), { active: isDrained && ipvsEndpoint(each) === name ? 0 : ANY, inactive: ANY }]),
    ),
  };
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'is none';
  return names.length === 1 ? `is ${names[0]}` : `are ${names.join(', ')}`;
}

function drainedBy({ deadlineMs, ifNotDrained }: Drained): number | string {
  return ifNotDrained === 'fail' ? 0 : `0, or as many as are left after ${deadlineMs / 1000} s`;
}
