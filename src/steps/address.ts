import { isIP, SocketAddress } from 'node:net';
import type { Action } from '../model/action.ts';
import { type AddressFact, ANY, type BaseFacts } from '../model/fact.ts';
import type { Change, Prediction, Step, StepOptions, StepPlan } from '../model/step.ts';
import { checkPresence } from './account.ts';
import { makeStep, StepArgumentError, wanted } from './step.ts';

/** Desired state of an address on an interface, live; that it is there after a reboot is the business of files. */
export interface AddressOptions extends StepOptions {
  /** Name of the interface, at most 15 characters. */
  readonly interface: string;
  /** Address and prefix length: `192.0.2.5/32`, `2001:db8::5/64`. */
  readonly address: string;
  /** IPv4 only: the interface's name, with `:TEXT` behind it if any (`lo:0`); at most 15 characters. Default: left alone. */
  readonly label?: string | undefined;
  /** IPv4 only: `global`, `link`, `host`, `site`. Default: left alone; for a new address `global`, in 127.0.0.0/8 `host`. */
  readonly scope?: string | undefined;
  /** Default `present`. */
  readonly state?: 'present' | 'absent' | undefined;
}

/** An address on an interface. The address of the SSH session is never taken away. Throws StepArgumentError for wrong arguments. */
export function address(options: AddressOptions): Step {
  const desired = desiredOf(options);
  const { key, label, scope, state } = desired;
  return makeStep(
    {
      kind: 'address',
      subject: key,
      reads: [{ kind: 'address', key }],
      wants: [{ field: 'present', after: state === 'present' }, ...wanted({ label, scope })],
      plan: (facts) => planAddress(desired, { now: facts.get('address', key), base: facts.base }),
    },
    options,
  );
}

interface Desired {
  readonly key: string;
  readonly interface: string;
  /** As `ip` prints it. */
  readonly address: string;
  readonly prefix: number;
  readonly family: 4 | 6;
  readonly label: string | undefined;
  readonly scope: string | undefined;
  readonly state: 'present' | 'absent';
}

function wrong(what: string): never {
  throw new StepArgumentError(`address: ${what}`);
}

function desiredOf({ interface: name, address: text, label, scope, state = 'present' }: AddressOptions): Desired {
  if (typeof name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/.test(name)) {
    wrong(`${JSON.stringify(name)} is not the name of an interface`);
  }
  checkPresence('address', state);
  const { plain, prefix, family } = parse(text);
  checkIpv4Only({ name, family, label, scope });
  return { key: `${name} ${plain}/${prefix}`, interface: name, address: plain, prefix, family, label, scope, state };
}

function parse(text: unknown): { plain: string; prefix: number; family: 4 | 6 } {
  const [, plain = '', length = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(String(text)) ?? [];
  const family = isIP(plain);
  const prefix = Number(length);
  if (family === 0 || plain.includes('%') || prefix > (family === 4 ? 32 : 128)) {
    wrong(`${JSON.stringify(text)} must be an address with its prefix length, such as 192.0.2.5/32`);
  }
  if (family === 4) return { plain, prefix, family };
  return { plain: new SocketAddress({ address: plain, family: 'ipv6' }).address, prefix, family: 6 };
}

function checkIpv4Only({ name, family, label, scope }: Pick<Desired, 'family' | 'label' | 'scope'> & { name: string }): void {
  if (family === 6 && label !== undefined) wrong('an IPv6 address has no label');
  if (family === 6 && scope !== undefined) wrong('the scope of an IPv6 address follows from the address');
  if (
    label !== undefined &&
    (label.length > 15 || !/^[A-Za-z0-9:._-]+$/.test(label) || !(label === name || label.startsWith(`${name}:`)))
  ) {
    wrong(`label ${JSON.stringify(label)} must be ${name} or ${name}:TEXT, at most 15 characters`);
  }
  if (scope !== undefined && !['global', 'link', 'host', 'site'].includes(scope)) {
    wrong(`scope ${JSON.stringify(scope)} must be 'global', 'link', 'host' or 'site'`);
  }
}

interface Found {
  readonly now: AddressFact;
  readonly base: BaseFacts;
}

function planAddress(desired: Desired, found: Found): StepPlan {
  const { now, base } = found;
  const { state, key } = desired;
  const carriesSession = base.sshConnection?.server === desired.address;
  if (state === 'absent') {
    if (!now.present) return { result: 'ok' };
    if (carriesSession) return { result: 'refused', reason: `${desired.address} carries the SSH session that drover came by` };
    return removal(desired, now);
  }
  if (!now.hasInterface) return { result: 'refused', reason: `no interface ${desired.interface} on this host` };
  const changes = now.present ? differences(desired, now) : additions(desired);
  if (changes.length === 0) return { result: 'ok' };
  // `ip addr replace` does not change a label: the address goes and comes back.
  if (now.present && carriesSession) {
    return { result: 'refused', reason: `${key} would have to go and come back, but it carries the SSH session that drover came by` };
  }
  return {
    result: 'change',
    changes,
    predicted: [{ kind: 'address', key, value: after(desired, now) }],
    actions: [...(now.present ? [removeAction(desired)] : []), addAction(desired, now)],
  };
}

function differences({ label, scope }: Desired, now: AddressFact): Change[] {
  return [
    ...(label === undefined || label === now.label ? [] : [{ field: 'label', before: now.label, after: label }]),
    ...(scope === undefined || scope === now.scope ? [] : [{ field: 'scope', before: now.scope, after: scope }]),
  ];
}

function additions({ label, scope }: Desired): Change[] {
  const given = wanted({ label, scope }).map(({ field, after: value }) => ({ field, before: null, after: value }));
  return [{ field: 'present', before: false, after: true }, ...given];
}

function removal({ key, ...desired }: Desired, now: AddressFact): StepPlan {
  const fields = wanted({ label: now.label ?? undefined, scope: now.scope ?? undefined });
  return {
    result: 'change',
    changes: [
      { field: 'present', before: true, after: false },
      ...fields.map(({ field, after: before }) => ({ field, before, after: null })),
    ],
    predicted: [{ kind: 'address', key, value: { present: false, hasInterface: true, label: null, scope: null } }],
    actions: [removeAction(desired)],
  };
}

function after(
  { family, address: plain, label, scope, ...rest }: Desired,
  now: AddressFact,
): Extract<Prediction, { kind: 'address' }>['value'] {
  const present = { present: true, hasInterface: true };
  if (family === 6) return { ...present, label: null, scope: ANY };
  return {
    ...present,
    label: label ?? now.label ?? rest.interface,
    scope: scope ?? now.scope ?? (plain.startsWith('127.') ? 'host' : 'global'),
  };
}

function addAction({ interface: name, address: plain, prefix, label, scope }: Desired, now: AddressFact): Action {
  return {
    kind: 'addAddress',
    interface: name,
    address: `${plain}/${prefix}`,
    label: label ?? now.label ?? undefined,
    scope: scope ?? now.scope ?? undefined,
  };
}

function removeAction({ interface: name, address: plain, prefix }: Pick<Desired, 'interface' | 'address' | 'prefix'>): Action {
  return { kind: 'removeAddress', interface: name, address: `${plain}/${prefix}` };
}
