import { ANY, type BaseFacts, type UserFact } from '../model/fact.ts';
import type { Prediction, StepPlan } from '../model/step.ts';
import { refuse } from './regular-file.ts';
import { givenFields } from './user-plan.ts';

const GONE: UserFact = { exists: false, uid: null, group: null, groups: [], comment: null, home: null, shell: null };

/** Decides what goes when a user is removed, or why it must not be. */
export function planRemoval(
  { name, removeHome }: { readonly name: string; readonly removeHome: boolean },
  { now, base }: { readonly now: UserFact; readonly base: BaseFacts },
): StepPlan {
  if (!now.exists) return { result: 'ok' };
  const problem = removalProblem(name, now, base) ?? (removeHome ? homeProblem(now.home ?? '') : null);
  if (problem !== null) return refuse(problem);
  const { exists: _exists, ...fields } = now;
  return {
    result: 'change',
    changes: [
      { field: 'exists', before: true, after: false },
      ...givenFields(fields).map(([field, before]) => ({ field, before, after: null })),
    ],
    predicted: [{ kind: 'user', key: name, value: GONE }, ...ownGroup(name, now), ...(removeHome ? [homeGone(now)] : [])],
    actions: [{ kind: 'removeUser', name, removeHome }],
    cloud: 'everything',
    irreversible: removeHome ? `the password and the files in ${now.home ?? ''} are not kept` : 'the password is not kept',
  };
}

function removalProblem(name: string, now: UserFact, base: BaseFacts): string | null {
  if (now.uid === 0 || name === 'root') return `${name} is the superuser`;
  return base.as.user === name ? `drover runs as ${name} on this host` : null;
}

/** Directories that are nobody's home alone. */
function homeProblem(home: string): string | null {
  const isShared = home.split('/').filter((part) => part !== '').length < 2 || /^\/(usr|bin|sbin|lib|etc|dev|proc|sys)(\/|$)/.test(home);
  return isShared ? `the home directory ${home} is not removed: it belongs to the system` : null;
}

/** userdel(8) takes the user's own group along, or not: USERGROUPS_ENAB in login.defs(5). */
function ownGroup(name: string, { group }: UserFact): Prediction[] {
  return group === name ? [{ kind: 'group', key: name, value: { exists: ANY, gid: ANY } }] : [];
}

function homeGone({ home }: UserFact): Prediction {
  return { kind: 'tree', key: home ?? '' };
}
