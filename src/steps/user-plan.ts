import type { Account } from '../model/action.ts';
import { ANY, type BaseFacts, type FactView, type UserFact } from '../model/fact.ts';
import type { Change, Prediction, StepPlan } from '../model/step.ts';
import { parentOf, parentProblem } from './parent.ts';
import { refuse } from './regular-file.ts';

type ChangePlan = Extract<StepPlan, { result: 'change' }>;

/** A user as it should be; absent fields are left alone. */
export interface DesiredUser extends Account {
  readonly name: string;
  readonly append: boolean;
  readonly system: boolean;
  readonly createHome: boolean | undefined;
  readonly moveHome: boolean;
  readonly skeleton: boolean;
  /** Where the home directory is looked for: `home`, or what a new user gets. */
  readonly homePath: string;
  readonly homeMode: string;
}

/** Decides how a user comes to be as it should. */
export function planUser(desired: DesiredUser, facts: FactView): StepPlan {
  const now = facts.get('user', desired.name);
  const problem = groupProblem(desired, facts);
  if (problem !== null) return refuse(problem);
  const missing = homeState(desired, now, facts);
  if (typeof missing === 'object') return refuse(missing.problem);
  return now.exists ? planChange(desired, now, missing === 'missing') : planNew(desired, facts, missing === 'missing');
}

function groupProblem({ group, groups = [] }: DesiredUser, facts: FactView): string | null {
  const needed = [...(group === undefined ? [] : [group]), ...groups];
  const missing = needed.find((each) => !facts.get('group', each).exists);
  return missing === undefined ? null : `there is no group ${missing}; create it with a group step before this one`;
}

/** Whether the home directory is to be made: for a new user by default, else only on request, and only where the step looked. */
function homeState(desired: DesiredUser, now: UserFact, facts: FactView): 'there' | 'missing' | { readonly problem: string } {
  const { homePath, home, createHome = !now.exists && !desired.system } = desired;
  const isElsewhere = now.exists && (home ?? now.home) !== homePath;
  const moves = now.exists && desired.moveHome && home !== now.home;
  if (!createHome || isElsewhere || moves || facts.get('file', homePath).type !== 'absent') return 'there';
  const problem = parentProblem(homePath, facts.get('file', parentOf(homePath)));
  return problem === null ? 'missing' : { problem };
}

function newHome({ name, homePath, homeMode: mode }: DesiredUser, group: string): Pick<ChangePlan, 'changes' | 'predicted' | 'actions'> {
  const ownership = { mode, owner: name, group };
  return {
    changes: [{ field: 'mode of home', before: null, after: mode }],
    predicted: [{ kind: 'file', key: homePath, value: { type: 'directory', ...ownership } }],
    actions: [{ kind: 'makeDirectory', path: homePath, parents: false, ownership }],
  };
}

function planNew(desired: DesiredUser, facts: FactView, makesHome: boolean): StepPlan {
  const { name, uid, system, homeMode: mode, skeleton } = desired;
  const account = newAccount(desired, facts.base);
  const ownGroup = desired.group === undefined && !facts.get('group', name).exists;
  const home = makesHome ? newHome(desired, account.group) : { changes: [], predicted: [] };
  const group: Prediction[] = ownGroup ? [{ kind: 'group', key: name, value: { exists: true, gid: ANY } }] : [];
  const changes = givenFields({ uid, ...account }).map(([field, after]) => ({ field, before: null, after }));
  return {
    result: 'change',
    changes: [{ field: 'exists', before: false, after: true }, ...changes, ...home.changes],
    predicted: [{ kind: 'user', key: name, value: { exists: true, uid: uid ?? ANY, ...account } }, ...group, ...home.predicted],
    actions: [
      {
        kind: 'addUser',
        name,
        account: { ...account, uid, group: ownGroup ? undefined : account.group },
        system,
        makeHome: makesHome ? { mode, skeleton } : null,
      },
    ],
    ...(makesHome && skeleton ? { cloud: 'package' } : {}),
  };
}

type NewAccount = { readonly [F in Exclude<keyof Account, 'uid'>]-?: NonNullable<Account[F]> };

/** All fields of a new account but its number: as given, else the documented defaults. */
function newAccount(desired: DesiredUser, base: BaseFacts): NewAccount {
  const nologin = base.os.family === 'debian' ? '/usr/sbin/nologin' : '/sbin/nologin';
  return {
    group: desired.group ?? desired.name,
    groups: sorted(desired.groups ?? []),
    comment: desired.comment ?? '',
    home: desired.homePath,
    shell: desired.shell ?? (desired.system ? nologin : '/bin/sh'),
  };
}

function sorted(groups: readonly string[]): string[] {
  return [...new Set(groups)].sort();
}

/** The fields of an account that say something. */
export function givenFields(
  fields: Omit<Partial<UserFact>, 'exists' | 'uid'> & { uid?: number | null | undefined },
): [string, string | number | readonly string[]][] {
  return Object.entries(fields).flatMap(([field, value]): [string, string | number | readonly string[]][] =>
    value === null || value === undefined || value === '' || (typeof value === 'object' && value.length === 0) ? [] : [[field, value]],
  );
}

function planChange(desired: DesiredUser, now: UserFact, makesHome: boolean): StepPlan {
  const { name, moveHome } = desired;
  const account = differences(desired, now);
  const fields = Object.entries(account);
  if (fields.length === 0 && !makesHome) return { result: 'ok' };
  const home = makesHome ? newHome(desired, desired.group ?? now.group ?? name) : { changes: [], predicted: [], actions: [] };
  const user: Pick<ChangePlan, 'predicted' | 'actions'> = {
    predicted: [{ kind: 'user', key: name, value: { ...now, ...account } }],
    actions: [{ kind: 'changeUser', name, account, moveHome: moveHome && account.home !== undefined }],
  };
  const changed = fields.length === 0 ? { predicted: [], actions: [] } : user;
  return {
    result: 'change',
    changes: [...fields.map(([field, after]) => changeOf(field, { now, after })), ...home.changes],
    predicted: [...changed.predicted, ...home.predicted],
    actions: [...changed.actions, ...home.actions],
    ...(reachesFiles(account, moveHome) ? { cloud: 'everything' } : {}),
  };
}

function changeOf(field: string, { now, after }: { now: UserFact; after: Change['after'] }): Change {
  return { field, before: new Map<string, Change['before']>(Object.entries(now)).get(field) ?? null, after };
}

/** Files of the old number or group turn up under other names, or at another place. */
function reachesFiles({ uid, group, home }: ChangedFields, moveHome: boolean): boolean {
  return uid !== undefined || group !== undefined || (moveHome && home !== undefined);
}

type ChangedFields = { readonly [F in keyof Account]?: NonNullable<Account[F]> };

/** The fields that are not as desired, with the values to set. */
function differences(desired: DesiredUser, now: UserFact): ChangedFields {
  const { uid, group, comment, home, shell } = desired;
  return {
    ...(uid === undefined || uid === now.uid ? {} : { uid }),
    ...(group === undefined || group === now.group ? {} : { group }),
    ...differentGroups(desired, now.groups),
    ...(comment === undefined || comment === now.comment ? {} : { comment }),
    ...(home === undefined || home === now.home ? {} : { home }),
    ...(shell === undefined || shell === now.shell ? {} : { shell }),
  };
}

function differentGroups({ groups, append }: DesiredUser, now: readonly string[]): ChangedFields {
  const exact = groups === undefined ? now : sorted(append ? [...now, ...groups] : groups);
  return exact.join() === now.join() ? {} : { groups: exact };
}
