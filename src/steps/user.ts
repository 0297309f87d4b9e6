import type { FactRequest } from '../model/fact.ts';
import type { Step, StepOptions } from '../model/step.ts';
import { checkAccountName, checkField, checkNumber, checkPresence } from './account.ts';
import { parentOf } from './parent.ts';
import { checkMode, checkPath, makeStep, StepArgumentError, wanted } from './step.ts';
import { type DesiredUser, planUser } from './user-plan.ts';
import { planRemoval } from './user-removal.ts';

/** Desired state of a user. */
export interface UserOptions extends StepOptions {
  readonly name: string;
  /** Default `present`. */
  readonly state?: 'present' | 'absent' | undefined;
  /** Default: left alone; for a new user the next free number. */
  readonly uid?: number | undefined;
  /** Primary group. Default: left alone; for a new user a group of its own name, made where it is missing. */
  readonly group?: string | undefined;
  /** Supplementary groups: exactly these, or at least these with `append`. Default: left alone; none for a new user. */
  readonly groups?: readonly string[] | undefined;
  /** Keep the supplementary groups that are not named. Default false. */
  readonly append?: boolean | undefined;
  /** Default: left alone; for a new user `/bin/sh`, for a system user nologin (in /usr/sbin on Debian, else /sbin). */
  readonly shell?: string | undefined;
  /** Default: left alone; for a new user `/home/NAME`, for a system user `/nonexistent`. */
  readonly home?: string | undefined;
  /** Make the home directory where it is missing. Default: for a new user that is not a system user. */
  readonly createHome?: boolean | undefined;
  /** Mode of a home directory that is made. Default `0700`. */
  readonly homeMode?: string | undefined;
  /** Copy /etc/skel into a new user's home directory. Default false: a plan then shows all that is written. */
  readonly skeleton?: boolean | undefined;
  /** Default: left alone; empty for a new user. */
  readonly comment?: string | undefined;
  /** Make a new user a system user. Default false. */
  readonly system?: boolean | undefined;
  /** When `home` changes: move what is in the old one. Default false. */
  readonly moveHome?: boolean | undefined;
  /** When the user is removed: remove the home directory, too. Default false. */
  readonly removeHome?: boolean | undefined;
}

/**
 * A user without a password, with exactly these fields. The superuser and the user that the step runs as are never removed.
 * Throws StepArgumentError for wrong arguments.
 */
export function user(options: UserOptions): Step {
  checkUser(options);
  const { name, state = 'present', removeHome = false, uid, group, groups, comment, home, shell } = options;
  const desired = desiredOf(options);
  return makeStep(
    {
      kind: 'user',
      subject: name,
      reads: readsOf(desired, state),
      wants: [{ field: 'exists', after: state === 'present' }, ...wanted({ uid, group, groups, comment, home, shell })],
      plan: (facts) =>
        state === 'present'
          ? planUser(desired, facts)
          : planRemoval({ name, removeHome }, { now: facts.get('user', name), base: facts.base }),
    },
    options,
  );
}

function desiredOf({
  append = false,
  system = false,
  moveHome = false,
  skeleton = false,
  createHome,
  homeMode,
  ...options
}: UserOptions): DesiredUser {
  const { name, uid, group, groups, comment, home, shell } = options;
  const homePath = home ?? (system ? '/nonexistent' : `/home/${name}`);
  const account = { name, uid, group, groups, comment, home, shell, homePath, homeMode: checkMode('user', homeMode) ?? '0700' };
  return { ...account, append, system, moveHome, skeleton, createHome };
}

function readsOf({ name, group, groups = [], homePath }: DesiredUser, state: 'present' | 'absent'): FactRequest[] {
  const user: FactRequest[] = [
    { kind: 'user', key: name },
    { kind: 'group', key: name },
  ];
  if (state === 'absent') return user;
  const needed = new Set([...(group === undefined ? [] : [group]), ...groups].filter((each) => each !== name));
  return [
    ...user,
    ...[...needed].map((key): FactRequest => ({ kind: 'group', key })),
    { kind: 'file', key: homePath },
    { kind: 'file', key: parentOf(homePath) },
  ];
}

function checkUser(options: UserOptions): void {
  const name = checkAccountName('user', options.name);
  checkPresence('user', options.state);
  checkNumber('user', options.uid);
  checkField('user', { field: 'comment', text: options.comment });
  for (const field of ['home', 'shell'] as const) {
    checkField('user', { field, text: options[field] });
    if (options[field] !== undefined) checkPath('user', options[field]);
  }
  if (options.group !== undefined) checkAccountName('user', options.group);
  if (options.groups !== undefined && !Array.isArray(options.groups)) throw new StepArgumentError(`user: groups of ${name} must be a list`);
  for (const each of options.groups ?? []) checkAccountName('user', each);
  if (options.append === true && options.groups === undefined) throw new StepArgumentError(`user: append of ${name} needs groups`);
  checkMeaning(options);
}

/** What says nothing in this state is a mistake, not to be passed over. */
function checkMeaning({ name, state = 'present', removeHome, moveHome, home, ...rest }: UserOptions): void {
  if (state === 'present' && removeHome !== undefined) throw new StepArgumentError(`user: removeHome of ${name} goes with state 'absent'`);
  if (moveHome === true && home === undefined) throw new StepArgumentError(`user: moveHome of ${name} needs home`);
  if (state === 'present') return;
  const { notify: _notify, ...fields } = rest;
  const idle = Object.entries({ ...fields, moveHome, home }).find(([, value]) => value !== undefined);
  if (idle !== undefined) throw new StepArgumentError(`user: ${idle[0]} means nothing for ${name}, which is to be absent`);
}
