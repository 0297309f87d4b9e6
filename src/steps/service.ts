import type { Action } from '../model/action.ts';
import { ANY, type BaseFacts, type ServiceFact } from '../model/fact.ts';
import type { Step, StepOptions, StepPlan } from '../model/step.ts';
import { unitName } from '../model/unit-name.ts';
import { type Aspect, enablement, type ServiceValue } from './enablement.ts';
import { makeStep, StepArgumentError, wanted } from './step.ts';

/** Desired state of a service. */
export interface ServiceOptions extends StepOptions {
  /** Unit name; without a type it is a `.service`. Where there is no systemd: the init script. */
  readonly name: string;
  /**
   * `running` or `stopped`; `restarted` and `reloaded` always change something, so they belong into handlers (`reloaded` starts what is
   * not active). A oneshot without RemainAfterExit is never found running: such a unit belongs into a timer or a handler.
   */
  readonly state?: 'running' | 'stopped' | 'restarted' | 'reloaded' | undefined;
  /** Whether it is started at boot. Default: left alone. */
  readonly enabled?: boolean | undefined;
  /** Whether it is kept from being started at all (systemd only). Default: left alone. */
  readonly masked?: boolean | undefined;
}

/** A service that runs or not, now and after boot. Throws StepArgumentError for wrong names and contradictions. */
export function service(options: ServiceOptions): Step {
  const desired = { ...options, name: checkUnitName('service', options.name) };
  checkWishes(desired);
  const { name, state, enabled, masked } = desired;
  return makeStep(
    {
      kind: 'service',
      subject: name,
      reads: [{ kind: 'service', key: name }],
      wants: wanted({ masked, enabled, state }),
      plan: (facts) => planService(desired, { now: facts.get('service', name), base: facts.base }),
    },
    options,
  );
}

/** Throws unless it is the name of one unit; returns it with its type. A template needs its instance. */
export function checkUnitName(kind: string, name: unknown): string {
  if (typeof name !== 'string' || !/^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*$/.test(name) || name.length > 255) {
    throw new StepArgumentError(`${kind}: ${JSON.stringify(name)} is not the name of a unit (systemd.unit(5))`);
  }
  const full = unitName(name);
  if (kind === 'service' && /@\.[a-z]+$/.test(full)) {
    throw new StepArgumentError(`service: ${full} is a template; name an instance, such as ${full.replace('@.', '@NAME.')}`);
  }
  return full;
}

function checkWishes({ name, state, enabled, masked }: ServiceOptions): void {
  if (state === undefined && enabled === undefined && masked === undefined) {
    throw new StepArgumentError(`service: say state, enabled or masked of ${name}`);
  }
  if (state !== undefined && !['running', 'stopped', 'restarted', 'reloaded'].includes(state)) {
    throw new StepArgumentError(`service: state ${JSON.stringify(state)} must be 'running', 'stopped', 'restarted' or 'reloaded'`);
  }
  if (masked === true && (enabled === true || (state !== undefined && state !== 'stopped'))) {
    throw new StepArgumentError(`service: ${name} cannot be masked and enabled or started as well`);
  }
}

function planService(desired: ServiceOptions, { now, base }: { now: ServiceFact; base: BaseFacts }): StepPlan {
  const problem = loadProblem(desired, now) ?? (base.init !== 'systemd' && desired.masked !== undefined ? 'masking needs systemd' : null);
  if (problem !== null) return { result: 'refused', reason: problem };
  const aspects = [masking(desired, now), enablement(desired, now), activity(desired, now)];
  const refused = aspects.find((aspect) => typeof aspect === 'string');
  if (refused !== undefined) return { result: 'refused', reason: refused };
  const parts = aspects.filter((aspect) => aspect !== null && typeof aspect !== 'string');
  if (parts.length === 0) return { result: 'ok' };
  const value: ServiceValue = { ...steady(now), ...partOf(parts[0]), ...partOf(parts[1]), ...partOf(parts[2]) };
  const reload: readonly Action[] = now.needsReload ? [{ kind: 'daemonReload' }] : [];
  return {
    result: 'change',
    changes: parts.map((part) => part.change),
    predicted: [{ kind: 'service', key: desired.name, value }],
    actions: [...reload, ...parts.map(({ verb }): Action => ({ kind: 'unit', verb, name: desired.name }))],
  };
}

/** What no verb decides: systemd forgets the last invocation of what does not run, and a passing state passes. */
function steady(now: ServiceFact): ServiceValue {
  const runs = now.active === 'active';
  return { ...now, active: now.active === 'other' ? ANY : now.active, invocation: runs ? now.invocation : ANY, needsReload: false };
}

function partOf(part: Exclude<Aspect, string | null> | undefined): Partial<ServiceValue> {
  return part?.value ?? {};
}

function loadProblem({ name, masked, state, enabled }: ServiceOptions, { load }: ServiceFact): string | null {
  const wakes = enabled === true || (state !== undefined && state !== 'stopped');
  const wishesUnit = enabled !== undefined || state !== undefined;
  switch (load) {
    case 'loaded':
      return null;
    case 'masked':
      return wakes && masked !== false
        ? `${name} is masked: somebody keeps it from being started; systemctl unmask ${name}, or masked: false in the step`
        : null;
    case 'not-found':
      return masked === true || !wishesUnit ? null : `no unit ${name} on this host`;
    case 'other':
      return masked === true ? null : `systemd cannot load ${name}; see systemctl status ${name}`;
  }
}

/** What is behind a mask shows when it is gone: a unit, or nothing. */
function masking({ masked }: ServiceOptions, now: ServiceFact): Aspect {
  const before = now.load === 'masked';
  if (masked === undefined || masked === before) return null;
  const value: Partial<ServiceValue> = masked ? { load: 'masked', enabled: ANY } : { load: ANY, enabled: ANY, ends: ANY };
  return { change: { field: 'masked', before, after: masked }, value, verb: masked ? 'mask' : 'unmask' };
}

function activity({ name, state }: ServiceOptions, now: ServiceFact): Aspect {
  const start = { active: now.ends === true ? 'inactive' : 'active', invocation: ANY } as const;
  switch (state) {
    case undefined:
      return null;
    case 'running':
      if (now.active === 'active') return null;
      if (now.ends)
        return `${name} is a oneshot without RemainAfterExit: it ends by itself and is never found running; run it from a timer or a handler`;
      return { change: { field: 'active', before: now.active, after: 'active' }, value: start, verb: 'start' };
    case 'stopped':
      if (now.active === 'inactive' || now.active === 'failed') return null;
      return {
        change: { field: 'active', before: now.active, after: 'inactive' },
        value: { active: 'inactive', invocation: ANY },
        verb: 'stop',
      };
    case 'restarted':
      return { change: { field: 'restarted', before: false, after: true }, value: start, verb: 'restart' };
    case 'reloaded':
      if (now.active !== 'active') return { change: { field: 'active', before: now.active, after: 'active' }, value: start, verb: 'start' };
      return { change: { field: 'reloaded', before: false, after: true }, value: {}, verb: 'reload' };
  }
}
