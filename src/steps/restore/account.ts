import type { FactRequest, UserFact } from '../../model/fact.ts';
import { group } from '../group.ts';
import { type DesiredUser, planUser } from '../user-plan.ts';
import { planRemoval } from '../user-removal.ts';
import { type Brought, type Former, known, partOf, planBy, type Restorer, type Restoring } from './part.ts';

/** Lowest number of an ordinary user (login.defs(5), UID_MIN). */
const LOWEST_UID = 1000;

/** A user. One that a step added is removed; a home directory that it made is a path of its own. */
export const userRestorer: Restorer<'user'> = {
  fields: ['exists', 'uid', 'group', 'groups', 'comment', 'home', 'shell'],
  rank: () => 300,
  reads({ key, before }) {
    const groups = before.exists === false ? [] : [known(before.group), ...(known(before.groups) ?? [])];
    const named = new Set([key, ...groups.filter((name) => name !== undefined)]);
    const home = before.exists === false ? undefined : known(before.home);
    return [
      { kind: 'user', key },
      ...[...named].map((name): FactRequest => ({ kind: 'group', key: name })),
      ...(home === undefined ? [] : [{ kind: 'file' as const, key: home }]),
    ];
  },
  plan: (former, restoring) => (former.before.exists === false ? remove(former, restoring) : bring(former, restoring)),
};

function bring({ key: name, before }: Former<'user'>, { facts, undo }: Restoring): Brought {
  const now = facts.get('user', name);
  const home = known(before.home);
  // Where only the files went, nothing is at the old place; a home directory that the step made is no reason to move anything.
  const moved =
    home !== undefined && home !== now.home && facts.get('file', home).type === 'absent' && !undo.some(({ kind }) => kind === 'file');
  return partOf(planUser({ ...desiredUser(name, before, now), moveHome: moved }, facts));
}

/** Groups are named only where they differ: one that has no name is a number, which no tool takes for a name. */
function desiredUser(name: string, before: UserFact, now: UserFact): DesiredUser {
  const uid = known(before.uid);
  const [primary, groups] = [known(before.group), known(before.groups)];
  const homePath = known(before.home) ?? '';
  return {
    name,
    uid,
    group: now.exists && primary === now.group ? undefined : primary,
    groups: groups === undefined || (now.exists && groups.join() === now.groups.join()) ? undefined : groups,
    comment: known(before.comment),
    home: known(before.home),
    shell: known(before.shell),
    append: false,
    system: uid !== undefined && uid < LOWEST_UID,
    createHome: false,
    moveHome: false,
    skeleton: false,
    homePath,
    homeMode: '0700',
  };
}

/** userdel(8) may take the user's own group along: one that was there before the user stays. */
function remove({ key: name }: Former<'user'>, { facts, undo }: Restoring): Brought {
  const now = facts.get('user', name);
  const part = partOf(planRemoval({ name, removeHome: false }, { now, base: facts.base }));
  if ('refused' in part) return part;
  const predicted = part.predicted.filter(({ kind }) => kind !== 'group');
  const isOther = !undo.some(({ kind, key }) => kind === 'group' && key === name);
  if (part.actions.length === 0 || now.group !== name || !isOther) return { ...part, predicted };
  const own = facts.get('group', name);
  return {
    ...part,
    predicted: [...predicted, { kind: 'group', key: name, value: own }],
    actions: [...part.actions, { kind: 'addGroup', name, gid: known(own.gid), system: false }],
  };
}

/** A group. Members are the business of users. */
export const groupRestorer: Restorer<'group'> = {
  fields: ['exists', 'gid'],
  // Made before the users that need it, removed behind them.
  rank: ({ before }) => (before.exists === false ? 350 : 200),
  reads: ({ key }) => [{ kind: 'group', key }],
  plan: ({ key: name, before }, { facts }) =>
    planBy(() => (before.exists === false ? group({ name, state: 'absent' }) : group({ name, gid: known(before.gid) })), facts),
};
