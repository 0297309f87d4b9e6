import type { Account, Action } from '../model/action.ts';
import type { CompiledAction } from '../model/ports.ts';
import { commandLine, quote } from '../shell/quote.ts';
import { EDIT_ACCOUNTS } from './account-files.ts';

type Of<K extends Action['kind']> = Extract<Action, { kind: K }>;

/** Two ways to the same end: by the tools of shadow (useradd(8), …), or on the files themselves where there are none (busybox). */
function either(tool: string, { tools, files }: { tools: readonly string[]; files: readonly string[] }): string {
  return [`if command -v ${tool} >/dev/null 2>&1; then`, ...tools, 'else', EDIT_ACCOUNTS, ...files, 'fi'].join('\n');
}

/** Words of `edit_user`: fields in the order of `Account`, `-` where one is left alone (no valid value is a lone dash). */
function fields({ uid, group, comment, home, shell }: Account): string[] {
  return [uid === undefined ? '-' : String(uid), group ?? '-', comment === undefined ? '-' : `=${comment}`, home ?? '-', shell ?? '-'];
}

/** Options that useradd(8) and usermod(8) share. */
function accountOptions({ uid, group, groups, comment, home, shell }: Account): string[] {
  const option = (flag: string, value: string | undefined): string[] => (value === undefined ? [] : [flag, value]);
  return [
    ...option('-u', uid?.toString()),
    ...option('-g', group),
    ...option('-G', groups?.join(',')),
    ...option('-c', comment),
    ...option('-d', home),
    ...option('-s', shell),
  ];
}

/** Creates a user without a password; its home directory is made here, not by useradd, so that its mode is the planned one. */
export function addUser({ name, account, system, makeHome }: Of<'addUser'>): CompiledAction {
  const home = account.home ?? `/home/${name}`;
  const group = account.group ?? name;
  const groups = account.groups?.join(',') ?? '';
  const lowest = system ? '100' : '1000';
  const uid = account.uid === undefined ? '-' : String(account.uid);
  const options = [
    '-M',
    ...(system ? ['-r'] : []),
    ...(account.group === undefined ? ['-U'] : ['-N']),
    ...accountOptions({ ...account, home, groups: account.groups?.length === 0 ? undefined : account.groups }),
  ];
  const make = either('useradd', {
    tools: [commandLine(['useradd', ...options, '--', name])],
    files: [
      ...(account.group === undefined ? [commandLine(['add_group', name, uid, lowest])] : []),
      commandLine(['add_user', name, lowest, ...fields({ ...account, home, group })]),
      commandLine(['set_groups', name, groups]),
    ],
  });
  return {
    summary: `add user ${name}`,
    script: [
      `if ! id -u ${quote(name)} >/dev/null 2>&1; then`,
      make,
      'fi',
      ...(makeHome === null ? [] : homeLines(name, home, makeHome)),
    ].join('\n'),
  };
}

function homeLines(name: string, home: string, { mode, skeleton }: { mode: string; skeleton: boolean }): string[] {
  const path = quote(home);
  return [
    `if [ ! -e ${path} ]; then`,
    `mkdir ${path}`,
    ...(skeleton ? [`[ ! -d /etc/skel ] || cp -R /etc/skel/. ${path}`] : []),
    `chown -R "$(id -u ${quote(name)}):$(id -g ${quote(name)})" ${path}; chmod ${mode} ${path}`,
    `! command -v restorecon >/dev/null 2>&1 || restorecon -R ${path}`,
    'fi',
  ];
}

/** Changes the given fields of a user; with `moveHome` the contents of the home directory go along. */
export function changeUser({ name, account, moveHome }: Of<'changeUser'>): CompiledAction {
  const { groups, home } = account;
  const options = [...accountOptions(account), ...(moveHome ? ['-m'] : [])];
  return {
    summary: `change user ${name}`,
    script: either('usermod', {
      tools: [commandLine(['usermod', ...options, '--', name])],
      files: [
        ...(moveHome && home !== undefined ? [moveLine(name, home)] : []),
        commandLine(['edit_user', name, ...fields(account)]),
        ...(groups === undefined ? [] : [commandLine(['set_groups', name, groups.join(',')])]),
      ],
    }),
  };
}

function moveLine(name: string, home: string): string {
  const to = quote(home);
  return `from=$(home_of ${quote(name)}); if [ -d "$from" ]; then [ ! -e ${to} ] || die "$from cannot move: there is something at" ${to}; mv "$from" ${to}; fi`;
}

/** Removes a user; not the one that drover is logged in as, and no home directory that belongs to somebody else. */
export function removeUser({ name, removeHome }: Of<'removeUser'>): CompiledAction {
  const user = quote(name);
  const homeGuard = [
    `home=$(home_of ${user})`,
    `if [ -d "$home" ] && [ "$(stat -c %u "$home")" != "$(id -u ${user})" ]; then die "$home does not belong to" ${user}; fi`,
  ];
  return {
    summary: `remove user ${name}${removeHome ? ' and the home directory' : ''}`,
    script: [
      `[ "\${SUDO_USER-}" != ${user} ] || die "drover is logged in as" ${user}`,
      `home_of() { awk -F: -v n="$1" '$1 == n { print $6; exit }' /etc/passwd; }`,
      `if id -u ${user} >/dev/null 2>&1; then`,
      ...(removeHome ? homeGuard : []),
      either('userdel', { tools: [commandLine(['userdel', '--', name])], files: [commandLine(['drop_user', name])] }),
      ...(removeHome ? ['if [ -d "$home" ]; then rm -rf "$home"; fi'] : []),
      'fi',
    ].join('\n'),
  };
}

/** Creates a group. */
export function addGroup({ name, gid, system }: Of<'addGroup'>): CompiledAction {
  const options = [...(system ? ['-r'] : []), ...(gid === undefined ? [] : ['-g', String(gid)])];
  const make = either('groupadd', {
    tools: [commandLine(['groupadd', ...options, '--', name])],
    files: [commandLine(['add_group', name, gid === undefined ? '-' : `=${gid}`, system ? '100' : '1000'])],
  });
  return {
    summary: `add group ${name}`,
    script: `if ! ${isThere(name)}; then\n${make}\nfi`,
  };
}

function isThere(name: string): string {
  return `grep -q ${quote(`^${name.replace(/[.$]/g, '[$&]')}:`)} /etc/group`;
}

/** Gives a group another number; users that have it as their primary group follow. */
export function changeGroup({ name, gid }: Of<'changeGroup'>): CompiledAction {
  return {
    summary: `change group ${name}`,
    script: either('groupmod', {
      tools: [commandLine(['groupmod', '-g', String(gid), '--', name])],
      files: [commandLine(['edit_group', name, String(gid)])],
    }),
  };
}

/** Removes a group; nothing where it is gone already. One that is the primary group of a user stays, and the action fails. */
export function removeGroup({ name }: Of<'removeGroup'>): CompiledAction {
  const drop = either('groupdel', { tools: [commandLine(['groupdel', '--', name])], files: [commandLine(['drop_group', name])] });
  return { summary: `remove group ${name}`, script: `if ${isThere(name)}; then\n${drop}\nfi` };
}
