import type { UnitVerb } from '../model/action.ts';
import type { ServiceFact } from '../model/fact.ts';
import type { Change, Prediction } from '../model/step.ts';

/** Predicted value of a service fact. */
export type ServiceValue = Extract<Prediction, { kind: 'service' }>['value'];

/** Change, predicted parts and verb of one aspect of a service; a text is the reason to refuse; null: nothing to do. */
export type Aspect = { readonly change: Change; readonly value: Partial<ServiceValue>; readonly verb: UnitVerb } | string | null;

/** Whether a unit starts at boot, from systemd's UnitFileState (systemctl(1), `is-enabled`): what is to be done, or why it cannot be. */
export function enablement(
  { name, enabled }: { readonly name: string; readonly enabled?: boolean | undefined },
  { enabled: state }: ServiceFact,
): Aspect {
  if (enabled === undefined) return null;
  return enabled ? enable(name, state) : disable(state);
}

function enable(name: string, state: string): Aspect {
  // An instance is indirect while another instance of its template is enabled.
  const problem = state === 'indirect' && name.includes('@') ? undefined : WHY_NOT[state];
  if (problem !== undefined) return `${name} cannot be enabled: ${problem}`;
  if (state === 'enabled') return null;
  return { change: { field: 'enabled', before: state, after: 'enabled' }, value: { enabled: 'enabled' }, verb: 'enable' };
}

/** States in which enabling has no effect, with what can be done instead. */
const WHY_NOT: Readonly<Record<string, string>> = {
  static: 'its unit has no [Install] section; it is started by what needs it',
  indirect: 'its [Install] section only names other units (Also=); enable one of those',
  alias: 'this is an alias; use the unit’s own name',
  generated: 'it is generated from other configuration; change that',
  transient: 'it is transient and gone at the next boot',
  bad: 'its unit file is invalid; see systemctl status',
  '': 'it has no unit file',
};

function disable(state: string): Aspect {
  if (state !== 'enabled' && state !== 'enabled-runtime') return null;
  return { change: { field: 'enabled', before: state, after: 'disabled' }, value: { enabled: 'disabled' }, verb: 'disable' };
}
