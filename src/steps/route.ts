import { ANY, type BaseFacts, type FactView } from '../model/fact.ts';
import type { RouteArguments } from '../model/network-action.ts';
import { type Cidr, familyOf, holds } from '../model/network-address.ts';
import { type RouteEntry, type RouteFact, sortRoutes } from '../model/network-fact.ts';
import type { Change, Step, StepOptions, StepPlan } from '../model/step.ts';
import { checkPresence } from './account.ts';
import { overSession } from './interface/session.ts';
import { checkAddress, checkDestination, checkInterfaceName, checkNumber } from './interface/values.ts';
import { makeStep, StepArgumentError, wanted } from './step.ts';

/** Desired state of a route, live; that it is there after a reboot is the business of `interfaceFiles`. */
export interface RouteOptions extends StepOptions {
  /** A network (`2001:db8::/32`), an address, or a default route (`0.0.0.0/0`, `::/0`). */
  readonly to: string;
  /** Gateway. Default: none, the destination is on the link. */
  readonly via?: string | undefined;
  /** Interface. Default: the one in whose network the gateway is. With `state: 'absent'`: any. */
  readonly device?: string | undefined;
  /** Preferred source address. Default: left alone. */
  readonly source?: string | undefined;
  /** Default: the kernel's, 1024 for IPv6 and 0 for IPv4. */
  readonly metric?: number | undefined;
  /** `main` (default) or the number of a table. */
  readonly table?: number | 'main' | undefined;
  /** Default `present`. */
  readonly state?: 'present' | 'absent' | undefined;
  /** Also where drover's own SSH connection depends on it; a role hands on `allow.disconnect`. Default false. */
  readonly overSession?: boolean | undefined;
}

/**
 * One route: it takes the place of others to the same destination with the same metric. A second default route through another interface
 * is refused unless a metric tells the two apart. Throws StepArgumentError for wrong arguments.
 */
export function route(options: RouteOptions): Step {
  const desired = desiredOf(options);
  const { key, device, state, via, source, metric } = desired;
  const withDevice = state === 'present' && device !== null;
  return makeStep(
    {
      kind: 'route',
      subject:
        desired.table === 'main'
          ? `${desired.to.address}/${desired.to.prefix}`
          : `${desired.to.address}/${desired.to.prefix} table ${desired.table}`,
      reads: [{ kind: 'route', key }, ...(withDevice ? [{ kind: 'interface' as const, key: device }] : [])],
      wants: [
        { field: 'present', after: state === 'present' },
        ...wanted({ via: via ?? undefined, device: device ?? undefined, source: source ?? undefined, metric }),
      ],
      plan: (facts) => (state === 'present' ? planPresent(desired, facts) : planAbsent(desired, facts)),
    },
    options,
  );
}

interface Desired {
  readonly key: string;
  readonly to: Cidr;
  readonly via: string | null;
  readonly device: string | null;
  readonly source: string | null;
  readonly metric: number;
  readonly hasMetric: boolean;
  readonly table: string;
  readonly state: 'present' | 'absent';
  readonly allowed: boolean;
}

function desiredOf({ to, via, device, source, metric, table = 'main', state = 'present', ...rest }: RouteOptions): Desired {
  checkPresence('route', state);
  const family = familyOf(`${to}${via ?? ''}${source ?? ''}`);
  const destination = checkDestination('route', to, family);
  if (state === 'present' && via === undefined && device === undefined) {
    throw new StepArgumentError(`route: ${to} needs a gateway (via), an interface (device), or both`);
  }
  const number = table === 'main' ? table : String(checkNumber('route: table', table, [1, 4294967295]));
  const name = number === '254' ? 'main' : number;
  return {
    key: `${name} ${destination.address}/${destination.prefix}`,
    to: destination,
    via: via === undefined ? null : checkAddress('route: gateway', via, family),
    device: device === undefined ? null : checkInterfaceName('route', device),
    source: source === undefined ? null : checkAddress('route: source', source, family),
    metric: metric === undefined ? defaultMetric(family) : checkNumber('route: metric', metric, [family === 6 ? 1 : 0, 4294967295]),
    hasMetric: metric !== undefined,
    table: name,
    state,
    allowed: rest.overSession === true,
  };
}

/** The kernel's (ip-route(8)). */
function defaultMetric(family: 4 | 6): number {
  return family === 6 ? 1024 : 0;
}

function refuse(reason: string): StepPlan {
  return { result: 'refused', reason };
}

function planPresent(desired: Desired, facts: FactView): StepPlan {
  const { key, via } = desired;
  const device = desired.device ?? deviceTo(via ?? '', facts.base);
  if (device === null) return refuse(`${via} is in no network of this host; say which interface (device) leads to it`);
  if (desired.device !== null && !facts.get('interface', device).exists) return refuse(`no interface ${device} on this host`);
  const fact = facts.get('route', key);
  const rival = rivalOf(desired, device, fact);
  if (rival !== null) return refuse(rival);
  const same = fact.routes.filter((each) => each.metric === desired.metric);
  const kept = same.find((each) => isWanted(each, desired, device));
  if (kept !== undefined && same.length === 1) return { result: 'ok' };
  const entry: RouteEntry = kept ?? { type: 'unicast', via, device, source: desired.source, metric: desired.metric };
  const lost = same.filter((each) => each !== kept);
  const danger = dangerOf(desired, { fact, lost, entry });
  if (danger !== null) return refuse(overSession(danger.doing, danger.device, facts.base));
  return change(desired, { fact, lost, entry, isThere: kept !== undefined });
}

interface Replacing {
  readonly fact: RouteFact;
  /** Routes of the same metric that go. */
  readonly lost: readonly RouteEntry[];
  readonly entry: RouteEntry | null;
}

function dangerOf(desired: Desired, { fact, lost, entry }: Replacing): Danger | null {
  if (desired.allowed) return null;
  const [loss] = lost.flatMap((each) => losing(each, entry, { desired, fact }) ?? []);
  return loss ?? (entry === null ? null : taking(entry, desired, fact));
}

function change(
  desired: Desired,
  { fact, lost, entry, isThere }: Replacing & { readonly entry: RouteEntry; readonly isThere: boolean },
): StepPlan {
  const others = fact.routes.filter((each) => each.metric !== entry.metric);
  const [first] = lost;
  // `replace` takes the place of one; of several it could not be said which, so only the first of them is left to it.
  const extra = isThere ? lost : lost.slice(1);
  return {
    result: 'change',
    changes: first === undefined ? additions(entry) : differences(first, entry, extra.length > 0),
    predicted: [{ kind: 'route', key: desired.key, value: { routes: sortRoutes([...others, entry]), session: ANY } }],
    actions: [
      ...extra.map((each) => ({ kind: 'removeRoute' as const, route: argumentsOf(desired, each) })),
      ...(isThere ? [] : [{ kind: 'setRoute' as const, route: argumentsOf(desired, entry) }]),
    ],
  };
}

function planAbsent(desired: Desired, facts: FactView): StepPlan {
  const { key, via, device, hasMetric, metric } = desired;
  const fact = facts.get('route', key);
  const isMeant = (each: RouteEntry): boolean =>
    (device === null || each.device === device) && (via === null || each.via === via) && (!hasMetric || each.metric === metric);
  const lost = fact.routes.filter(isMeant);
  if (lost.length === 0) return { result: 'ok' };
  const danger = dangerOf(desired, { fact, lost, entry: null });
  if (danger !== null) return refuse(overSession(danger.doing, danger.device, facts.base));
  const kept = fact.routes.filter((each) => !isMeant(each));
  return {
    result: 'change',
    changes: lost.map((each) => ({
      field: lost.length === 1 ? 'route' : `route ${described(each)}`,
      before: described(each),
      after: null,
    })),
    predicted: [{ kind: 'route', key, value: { routes: kept, session: ANY } }],
    actions: lost.map((each) => ({ kind: 'removeRoute', route: argumentsOf(desired, each) })),
  };
}

/** The interface whose network holds the gateway: the longest prefix. */
function deviceTo(gateway: string, base: BaseFacts): string | null {
  const found = base.addresses
    .filter(({ address, prefix, family }) => holds({ address, prefix, family: family === 'ipv4' ? 4 : 6 }, gateway))
    .sort((a, b) => b.prefix - a.prefix);
  return found[0]?.interface ?? null;
}

function isWanted(each: RouteEntry, { via, source }: Desired, device: string): boolean {
  return each.type === 'unicast' && each.device === device && each.via === via && (source === null || each.source === source);
}

/** Why a second default route may not be: without a metric of its own it would take the place of the first, or share with it. */
function rivalOf({ to, metric, hasMetric }: Desired, device: string, { routes }: RouteFact): string | null {
  if (to.prefix !== 0) return null;
  const rival = routes.find((each) => each.device !== device && each.type !== 'unreachable' && (!hasMetric || each.metric === metric));
  if (rival === undefined) return null;
  return `there is a default route already, ${described(rival)}; a second one through ${device} needs a metric that differs from it`;
}

interface Danger {
  readonly doing: string;
  readonly device: string;
}

/** What a route leads to, and in which table. */
export type RouteTarget = Pick<Desired, 'to' | 'table'>;

/** The session is lost with the route that leads to its client, unless another takes its place by the same way. */
export function losing(
  lost: RouteEntry,
  instead: RouteEntry | null,
  { desired, fact }: { readonly desired: RouteTarget; readonly fact: RouteFact },
): Danger | null {
  const { to, table } = desired;
  const { session } = fact;
  if (session === null || table !== 'main' || !holds(to, session.client)) return null;
  if (session.prefix !== to.prefix || session.metric !== lost.metric || session.device !== lost.device) return null;
  if (instead !== null && instead.device === lost.device && instead.via === lost.via) return null;
  const what = `${to.address}/${to.prefix} ${described(lost)}`;
  return { doing: instead === null ? `removing the route ${what}` : `changing the route ${what}`, device: lost.device ?? 'its route' };
}

/** A new route takes the session over where it is preferred to the one that leads to the client now, by another interface. */
export function taking(entry: RouteEntry, { to, table }: RouteTarget, { session }: RouteFact): Danger | null {
  if (session === null || table !== 'main' || entry.device === session.device || !holds(to, session.client)) return null;
  const isPreferred = to.prefix > session.prefix || (to.prefix === session.prefix && entry.metric < session.metric);
  if (!isPreferred) return null;
  return { doing: `a route ${to.address}/${to.prefix} through ${entry.device}`, device: session.device ?? 'another route' };
}

/** A route as its action takes it. */
export function argumentsOf({ to, table }: RouteTarget, { type, via, device, source, metric }: RouteEntry): RouteArguments {
  return {
    family: to.family,
    to: `${to.address}/${to.prefix}`,
    type: type === 'unicast' || type === 'multipath' ? null : type,
    via,
    device,
    source,
    metric: metric === 0 ? null : metric,
    table,
  };
}

/** A route in words. */
export function described({ type, via, device, source, metric }: RouteEntry): string {
  const parts = [
    ...(type === 'unicast' ? [] : [type]),
    ...(via === null ? [] : [`via ${via}`]),
    ...(device === null ? [] : [`dev ${device}`]),
    ...(source === null ? [] : [`src ${source}`]),
  ];
  return [...parts, `metric ${metric}`].join(' ');
}

function additions({ via, device, source, metric }: RouteEntry): Change[] {
  const fields = wanted({ via: via ?? undefined, device: device ?? undefined, source: source ?? undefined, metric });
  return [{ field: 'present', before: false, after: true }, ...fields.map(({ field, after }) => ({ field, before: null, after }))];
}

function differences(before: RouteEntry, after: RouteEntry, several: boolean): Change[] {
  if (several) return [{ field: 'routes', before: 'several', after: described(after) }];
  const fields = ['type', 'via', 'device', 'source'] as const;
  return fields.flatMap((field) => (before[field] === after[field] ? [] : [{ field, before: before[field], after: after[field] }]));
}
