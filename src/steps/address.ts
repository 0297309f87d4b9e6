import type { Action } from '../model/action.ts';
import { type AddressFact, ANY, type BaseFacts, type FactView } from '../model/fact.ts';
import type { Change, Prediction, Step, StepOptions, StepPlan } from '../model/step.ts';
import { checkPresence } from './account.ts';
import { overSession } from './interface/session.ts';
import { checkCidr, checkInterfaceName } from './interface/values.ts';
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
  /** IPv6 only: true is not chosen as source where there is another (preferred lifetime 0). Default: left alone. */
  readonly deprecated?: boolean | undefined;
  /** An earlier step, such as a tunnel, makes the interface: that it is not there yet is no obstacle. Default false. */
  readonly madeBefore?: boolean | undefined;
  /** Take it away, also for a moment, even where it is the address of drover's own SSH connection. Default false. */
  readonly overSession?: boolean | undefined;
  /** Default `present`. */
  readonly state?: 'present' | 'absent' | undefined;
}

/** An address on an interface. The address of the SSH session is not taken away unless `overSession` says so. Throws StepArgumentError for wrong arguments. */
export function address(options: AddressOptions): Step {
  const desired = desiredOf(options);
  const { key, label, scope, deprecated, state, madeBefore } = desired;
  return makeStep(
    {
      kind: 'address',
      subject: key,
      reads: [{ kind: 'address', key }, ...(madeBefore ? [{ kind: 'interface' as const, key: desired.interface }] : [])],
      wants: [{ field: 'present', after: state === 'present' }, ...wanted({ label, scope, deprecated })],
      plan: (facts) => planAddress(desired, foundOf(desired, facts)),
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
  readonly deprecated: boolean | undefined;
  readonly madeBefore: boolean;
  readonly allowed: boolean;
  readonly state: 'present' | 'absent';
}

function wrong(what: string): never {
  throw new StepArgumentError(`address: ${what}`);
}

function desiredOf(options: AddressOptions): Desired {
  const { label, scope, deprecated, state = 'present' } = options;
  const name = checkInterfaceName('address', options.interface);
  checkPresence('address', state);
  const { address: plain, prefix, family } = checkCidr('address', options.address);
  checkIpv4Only({ name, family, label, scope });
  if (family === 4 && deprecated !== undefined) wrong('only an IPv6 address can be deprecated');
  return {
    key: `${name} ${plain}/${prefix}`,
    interface: name,
    address: plain,
    prefix,
    family,
    label,
    scope,
    deprecated,
    madeBefore: options.madeBefore === true,
    allowed: options.overSession === true,
    state,
  };
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

/** The address fact does not know of an interface that an earlier step makes; the interface fact does. */
function foundOf({ key, madeBefore, interface: name }: Desired, { get, base }: FactView): Found {
  const now = get('address', key);
  if (!madeBefore || now.hasInterface) return { now, base };
  return { now: { ...now, hasInterface: get('interface', name).exists }, base };
}

function planAddress(desired: Desired, found: Found): StepPlan {
  return desired.state === 'absent' ? planAbsent(desired, found) : planPresent(desired, found);
}

function isKept({ address: plain, allowed }: Desired, { sshConnection }: BaseFacts): boolean {
  return sshConnection?.server === plain && !allowed;
}

function planAbsent(desired: Desired, { now, base }: Found): StepPlan {
  if (!now.present) return { result: 'ok' };
  if (!isKept(desired, base)) return removal(desired, now);
  return { result: 'refused', reason: overSession(`removing ${desired.address}`, desired.interface, base) };
}

function planPresent(desired: Desired, { now, base }: Found): StepPlan {
  const { key } = desired;
  if (!now.hasInterface) return { result: 'refused', reason: `no interface ${desired.interface} on this host` };
  const changes = now.present ? differences(desired, now) : additions(desired);
  if (changes.length === 0) return { result: 'ok' };
  const lifetime = changes.some(({ field }) => field === 'deprecated');
  // `ip addr replace` does not change a label: the address goes and comes back.
  const moves = now.present && changes.some(({ field }) => field !== 'deprecated');
  if (moves && isKept(desired, base)) {
    return { result: 'refused', reason: overSession(`taking ${key} away for a moment`, desired.interface, base) };
  }
  return {
    result: 'change',
    changes,
    predicted: [{ kind: 'address', key, value: after(desired, now) }],
    actions: [
      ...(moves ? [removeAction(desired)] : []),
      ...(moves || !now.present ? [addAction(desired, now)] : []),
      ...(lifetime ? [deprecateAction(desired)] : []),
    ],
  };
}

function differences({ label, scope, deprecated }: Desired, now: AddressFact): Change[] {
  return [
    ...(label === undefined || label === now.label ? [] : [{ field: 'label', before: now.label, after: label }]),
    ...(scope === undefined || scope === now.scope ? [] : [{ field: 'scope', before: now.scope, after: scope }]),
    ...(deprecated === undefined || deprecated === now.deprecated
      ? []
      : [{ field: 'deprecated', before: now.deprecated, after: deprecated }]),
  ];
}

function additions({ label, scope, deprecated }: Desired): Change[] {
  const given = wanted({ label, scope, deprecated: deprecated === true ? true : undefined }).map(({ field, after: value }) => ({
    field,
    before: null,
    after: value,
  }));
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
    predicted: [{ kind: 'address', key, value: { present: false, hasInterface: true, label: null, scope: null, deprecated: false } }],
    actions: [removeAction(desired)],
  };
}

function after(
  { family, address: plain, label, scope, deprecated, ...rest }: Desired,
  now: AddressFact,
): Extract<Prediction, { kind: 'address' }>['value'] {
  const present = { present: true, hasInterface: true };
  if (family === 6) return { ...present, label: null, scope: ANY, deprecated: deprecated ?? now.deprecated };
  return {
    ...present,
    label: label ?? now.label ?? rest.interface,
    scope: scope ?? now.scope ?? (plain.startsWith('127.') ? 'host' : 'global'),
    deprecated: now.deprecated,
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

function deprecateAction({ interface: name, address: plain, prefix, deprecated }: Desired): Action {
  return { kind: 'deprecateAddress', interface: name, address: `${plain}/${prefix}`, deprecated: deprecated === true };
}
