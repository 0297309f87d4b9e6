import type { Action } from '../../model/action.ts';
import { ANY, type ServiceFact } from '../../model/fact.ts';
import type { Change, Prediction } from '../../model/step.ts';
import { type ServiceOptions, service } from '../service.ts';
import { type Brought, type Former, known, NOTHING, type Part, planBy, type Restorer, type Restoring } from './part.ts';

type ServiceValue = Extract<Prediction, { kind: 'service' }>['value'];

/** A unit: whether it runs, starts at boot, and is masked. That it was restarted or reloaded meanwhile is no difference. */
export const serviceRestorer: Restorer<'service'> = {
  fields: ['active', 'enabled'],
  // What shall not be there is stopped before its file goes; what shall be there needs its file first.
  rank: ({ before }) => (before.load === 'not-found' ? 0 : 800),
  reads: ({ key }) => [{ kind: 'service', key }],
  plan(former, restoring) {
    const now = restoring.facts.get('service', former.key);
    const isGone = former.before.load === 'not-found' && now.load !== 'masked';
    return isGone ? takeDown(former, { now, restoring }) : bringBack(former, { now, restoring });
  },
};

interface Found {
  readonly now: ServiceFact;
  readonly restoring: Restoring;
}

/** What a fact of a unit is after its files were read anew; the links that enable it stay. */
const UNKNOWN: ServiceValue = { load: ANY, active: ANY, enabled: ANY, needsReload: ANY, invocation: ANY, ends: ANY };

function takeDown({ key: name }: Former<'service'>, { now, restoring }: Found): Part {
  if (now.load === 'not-found') return NOTHING;
  const runs = now.active === 'active' || now.active === 'other';
  const isEnabled = now.enabled === 'enabled' || now.enabled === 'enabled-runtime';
  const changes: Change[] = [
    ...(isEnabled ? [{ field: 'enabled', before: now.enabled, after: null }] : []),
    ...(runs ? [{ field: 'active', before: now.active, after: 'inactive' }] : []),
  ];
  const actions: Action[] = [
    ...(isEnabled ? [{ kind: 'unit' as const, verb: 'disable' as const, name }] : []),
    ...(runs ? [{ kind: 'unit' as const, verb: 'stop' as const, name }] : []),
  ];
  const goes = restoring.undo.some(({ kind, key }) => kind === 'file' && isUnitFile(key));
  if (actions.length === 0 && !goes) return NOTHING;
  const active = runs || now.active === 'inactive' ? 'inactive' : ANY;
  return { changes, predicted: [{ kind: 'service', key: name, value: { ...UNKNOWN, active } }], actions };
}

function bringBack({ key: name, before }: Former<'service'>, { now, restoring }: Found): Brought {
  const { facts } = restoring;
  const reload = reloads(restoring);
  const wish = wishOf(before, now);
  const isKept = Object.values(wish).every((value) => value === undefined);
  if (isKept && reload.length === 0) return NOTHING;
  if (isKept) return { changes: [], predicted: [{ kind: 'service', key: name, value: reread(before, now) }], actions: reload };
  const part = planBy(() => service({ name, ...wish }), facts);
  if ('refused' in part || reload.length === 0) return part;
  const { state } = wish;
  const active = state === 'running' ? 'active' : state === 'stopped' ? 'inactive' : ANY;
  return { ...part, predicted: [{ kind: 'service', key: name, value: { ...UNKNOWN, active } }], actions: [...reload, ...part.actions] };
}

/** Once systemd has read the old files again, the unit is what it was. */
function reread(before: ServiceFact, now: ServiceFact): ServiceValue {
  const { load, enabled, ends } = before;
  return { load, enabled, ends, active: now.active === 'other' ? ANY : now.active, needsReload: false, invocation: ANY };
}

type Wish = Pick<ServiceOptions, 'masked' | 'enabled' | 'state'>;

function wishOf(before: ServiceFact, now: ServiceFact): Wish {
  const wasMasked = before.load === 'masked';
  const isMasked = now.load === 'masked';
  const masked = known(before.load) === undefined || wasMasked === isMasked ? undefined : wasMasked;
  return { masked, enabled: wasMasked ? undefined : enabledAgain(before, now), state: stateAgain(before, now, wasMasked) };
}

function enabledAgain(before: ServiceFact, now: ServiceFact): boolean | undefined {
  const isEnabled = now.enabled === 'enabled' || now.enabled === 'enabled-runtime';
  if (before.enabled === 'enabled') return now.enabled === 'enabled' ? undefined : true;
  return before.enabled === 'disabled' && isEnabled ? false : undefined;
}

/** A failed unit is stopped, too. A masked one cannot be started, and one that ends by itself is never found running. */
function stateAgain(before: ServiceFact, now: ServiceFact, wasMasked: boolean): Wish['state'] {
  if (before.active === 'active') return now.active === 'active' || wasMasked || now.ends ? undefined : 'running';
  const runs = now.active === 'active' || now.active === 'other';
  return (before.active === 'inactive' || before.active === 'failed') && runs ? 'stopped' : undefined;
}

/** Directories of units (systemd.unit(5)). */
function isUnitFile(path: string): boolean {
  return /^(\/etc|\/run|\/usr\/lib|\/usr\/local\/lib|\/lib)\/systemd\/system\//.test(path);
}

/** What has systemd read the unit files again, where these actions touch one and none does yet. */
export function reloads({ actions, facts }: Pick<Restoring, 'actions' | 'facts'>): Action[] {
  const isTouched = actions.some((action) => 'path' in action && isUnitFile(action.path));
  const isDone = actions.some(({ kind }) => kind === 'daemonReload');
  return facts.base.init === 'systemd' && isTouched && !isDone ? [{ kind: 'daemonReload' }] : [];
}
