import { ANY, type GroupFact } from '../model/fact.ts';
import type { Step, StepOptions, StepPlan } from '../model/step.ts';
import { checkAccountName, checkNumber, checkPresence } from './account.ts';
import { makeStep, StepArgumentError, wanted } from './step.ts';

/** Desired state of a group. */
export interface GroupOptions extends StepOptions {
  readonly name: string;
  /** Default `present`. */
  readonly state?: 'present' | 'absent' | undefined;
  /** Default: left alone; for a new group the next free number. */
  readonly gid?: number | undefined;
  /** Take a new group's number from the range of system groups. Default false. */
  readonly system?: boolean | undefined;
}

/** A group; its members are the business of `user`. Throws StepArgumentError for wrong names or numbers. */
export function group(options: GroupOptions): Step {
  const name = checkAccountName('group', options.name);
  const { state = 'present', gid } = options;
  checkNumber('group', gid);
  checkPresence('group', state);
  if (state === 'absent' && (gid !== undefined || options.system !== undefined)) {
    throw new StepArgumentError(`group: gid and system mean nothing for ${name}, which is to be absent`);
  }
  return makeStep(
    {
      kind: 'group',
      subject: name,
      reads: [{ kind: 'group', key: name }],
      wants: [{ field: 'exists', after: state === 'present' }, ...wanted({ gid })],
      plan: (facts) => (state === 'absent' ? remove(name, facts.get('group', name)) : ensure(options, facts.get('group', name))),
    },
    options,
  );
}

function ensure({ name, gid, system = false }: GroupOptions, now: GroupFact): StepPlan {
  if (!now.exists) {
    return {
      result: 'change',
      changes: [
        { field: 'exists', before: false, after: true },
        ...(gid === undefined ? [] : [{ field: 'gid', before: null, after: gid }]),
      ],
      predicted: [{ kind: 'group', key: name, value: { exists: true, gid: gid ?? ANY } }],
      actions: [{ kind: 'addGroup', name, gid, system }],
    };
  }
  if (gid === undefined || gid === now.gid) return { result: 'ok' };
  return {
    result: 'change',
    changes: [{ field: 'gid', before: now.gid, after: gid }],
    predicted: [{ kind: 'group', key: name, value: { exists: true, gid } }],
    actions: [{ kind: 'changeGroup', name, gid }],
    // Files keep the old number, so their group is another one or none.
    cloud: 'everything',
  };
}

function remove(name: string, now: GroupFact): StepPlan {
  if (!now.exists) return { result: 'ok' };
  if (now.gid === 0) return { result: 'refused', reason: `${name} is the superuser's group` };
  return {
    result: 'change',
    changes: [
      { field: 'exists', before: true, after: false },
      { field: 'gid', before: now.gid, after: null },
    ],
    predicted: [{ kind: 'group', key: name, value: { exists: false, gid: null } }],
    actions: [{ kind: 'removeGroup', name }],
    // Users lose a supplementary group, files the name of their group.
    cloud: 'everything',
    irreversible: 'its members are not kept',
  };
}
