import { ANY, type Expected, type FactView } from '../model/fact.ts';
import type { InterfaceFact } from '../model/network-fact.ts';
import type { Change, Step, StepOptions, StepPlan } from '../model/step.ts';
import { checkPresence } from './account.ts';
import { overSession } from './interface/session.ts';
import { checkAddress, checkInterfaceName, checkNumber } from './interface/values.ts';
import { makeStep, StepArgumentError, wanted } from './step.ts';

/** Desired state of a tunnel, live; that it is there after a reboot is the business of `interfaceFiles`. */
export interface TunnelOptions extends StepOptions {
  /** Of its interface, at most 15 characters; not `sit0`, which the kernel makes itself. */
  readonly name: string;
  /** IPv6 in IPv4 (RFC 4213), the only mode so far, and the default. */
  readonly mode?: 'sit' | undefined;
  /** IPv4 address of this host; with `state: 'absent'` not needed. */
  readonly local?: string | undefined;
  /** IPv4 address of the other end; with `state: 'absent'` not needed. */
  readonly remote?: string | undefined;
  /** Of the IPv4 packets, 1 to 255. Default 64. */
  readonly ttl?: number | undefined;
  /** Of the IPv6 packets in it, 1280 to 65535. Default 1480. */
  readonly mtu?: number | undefined;
  /** Default `present`: it is there, with these endpoints, and up. */
  readonly state?: 'present' | 'absent' | undefined;
  /** Change it even where drover's own SSH connection comes in by it; a role hands on `allow.disconnect`. Default false. */
  readonly overSession?: boolean | undefined;
}

/** A sit tunnel, up. Refused where an interface of that name is something else. Throws StepArgumentError for wrong arguments. */
export function tunnel(options: TunnelOptions): Step {
  const name = checkInterfaceName('tunnel', options.name);
  if (name === 'sit0') throw new StepArgumentError('tunnel: sit0 is the kernel’s own fallback device; take another name, such as sit1');
  if (options.mode !== undefined && options.mode !== 'sit') {
    throw new StepArgumentError(`tunnel: mode ${JSON.stringify(options.mode)} must be 'sit'`);
  }
  checkPresence('tunnel', options.state);
  const desired = options.state === 'absent' ? null : endpointsOf(options);
  const allowed = options.overSession === true;
  return makeStep(
    {
      kind: 'tunnel',
      subject: name,
      reads: [{ kind: 'interface', key: name }],
      wants: [{ field: 'present', after: desired !== null }, ...wanted({ ...desired })],
      plan: (facts) => planTunnel({ name, desired, allowed }, facts),
    },
    options,
  );
}

interface Endpoints {
  readonly local: string;
  readonly remote: string;
  readonly ttl: number;
  readonly mtu: number;
}

function endpointsOf({ local, remote, ttl = 64, mtu = 1480 }: TunnelOptions): Endpoints {
  return {
    local: checkAddress('tunnel: local', local, 4),
    remote: checkAddress('tunnel: remote', remote, 4),
    ttl: checkNumber('tunnel: ttl', ttl, [1, 255]),
    mtu: checkNumber('tunnel: mtu', mtu, [1280, 65535]),
  };
}

interface Wanted {
  readonly name: string;
  readonly desired: Endpoints | null;
  readonly allowed: boolean;
}

function planTunnel({ name, desired, allowed }: Wanted, { get, base }: FactView): StepPlan {
  const now = get('interface', name);
  // An ipip or gre tunnel may have the same endpoints, ttl and MTU.
  if (now.exists && now.kind !== 'sit') {
    return { result: 'refused', reason: `${name} is there already, and is no sit tunnel but ${now.kind ?? 'another interface'}` };
  }
  const changes = desired === null ? removals(now) : differences(desired, now);
  if (changes.length === 0) return { result: 'ok' };
  if (now.session && !allowed) return { result: 'refused', reason: overSession(`changing ${name}`, name, base) };
  return {
    result: 'change',
    changes,
    predicted: [{ kind: 'interface', key: name, value: desired === null ? GONE : after(desired) }],
    actions: [desired === null ? { kind: 'removeTunnel', name } : { kind: 'setTunnel', name, ...desired }],
  };
}

const NOTHING = { mtu: null, ipv6Mtu: null, kind: null, local: null, remote: null, ttl: null, session: false };
const GONE: InterfaceFact = { exists: false, up: false, ...NOTHING };

function after({ local, remote, ttl }: Endpoints): Expected<InterfaceFact> {
  return { exists: true, up: true, mtu: ANY, ipv6Mtu: ANY, kind: 'sit', local, remote, ttl, session: ANY };
}

/** The MTU that counts is that of the IPv6 layer: network-scripts set no other. */
function mtuOf({ mtu, ipv6Mtu }: InterfaceFact): number | null {
  return ipv6Mtu ?? mtu;
}

function differences(desired: Endpoints, now: InterfaceFact): Change[] {
  if (!now.exists) {
    const fields = Object.entries(desired).map(([field, value]) => ({ field, before: null, after: value }));
    return [{ field: 'present', before: false, after: true }, ...fields];
  }
  const found = { local: now.local, remote: now.remote, ttl: now.ttl, mtu: mtuOf(now), up: now.up };
  const wants = { ...desired, up: true };
  const fields = ['local', 'remote', 'ttl', 'mtu', 'up'] as const;
  return fields.flatMap((field) => (found[field] === wants[field] ? [] : [{ field, before: found[field], after: wants[field] }]));
}

function removals(now: InterfaceFact): Change[] {
  if (!now.exists) return [];
  const fields = wanted({ local: now.local ?? undefined, remote: now.remote ?? undefined, ttl: now.ttl ?? undefined });
  return [{ field: 'present', before: true, after: false }, ...fields.map(({ field, after: before }) => ({ field, before, after: null }))];
}
