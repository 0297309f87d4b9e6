import type { Action } from '../model/action.ts';
import type { BaseFacts } from '../model/fact.ts';
import type { CompiledAction } from '../model/ports.ts';
import { commandLine, quote } from '../shell/quote.ts';
import { waitUnlocked } from './package-lock.ts';

/** Names, each with `=VERSION` behind it where one version is meant. */
export type PackagesAction = Extract<Action, { kind: 'packages' }>;

/** Longest wait for the end of a package action, in milliseconds; a longer action deadline counts instead. */
const DEADLINE_MS = 15 * 60_000;
/** Longest wait for a locked package database, in seconds; a shorter action deadline counts instead. */
const LOCK_WAIT_S = 120;

/**
 * Compiles one transaction. Waits at most `lockWaitS` seconds (default: 120, or the action deadline `actionMs` where that is shorter) for a
 * package database that another process has locked, then names it.
 */
export function packages(
  action: PackagesAction,
  base: Pick<BaseFacts, 'packageManager'>,
  { actionMs = DEADLINE_MS, lockWaitS = Math.min(LOCK_WAIT_S, Math.ceil(actionMs / 1000)) }: { actionMs?: number; lockWaitS?: number } = {},
): CompiledAction {
  return {
    summary: summary(action),
    script: scriptOf(action, { manager: base.packageManager, seconds: lockWaitS }),
    deadlineMs: Math.max(DEADLINE_MS, actionMs),
  };
}

function summary({ install, upgrade, remove }: PackagesAction): string {
  const part = (verb: string, names: readonly string[]): string[] => (names.length === 0 ? [] : [`${verb} ${names.join(' ')}`]);
  return `packages: ${[...part('install', install), ...part('upgrade', upgrade), ...part('remove', remove)].join(', ')}`;
}

function scriptOf(action: PackagesAction, { manager, seconds }: { manager: BaseFacts['packageManager']; seconds: number }): string {
  switch (manager) {
    case 'apt':
      return apt(action, seconds);
    case 'dnf':
    case 'yum':
      return rpm(action, { tool: manager, seconds });
    case 'apk':
      return apk(action, seconds);
    case 'none':
      return 'die "the host has none of apt, dnf, yum and apk"';
  }
}

/** Runs `attempt`; if its output has one of the patterns, the lists are fetched and it runs once more. `why` is run after a failure. */
function tryAgain(update: string, patterns: readonly string[], why = ''): string {
  return [
    'code=0; output=$(attempt 2>&1) || code=$?',
    `if [ "$code" != 0 ]; then case $output in ${patterns.map((pattern) => `*${quote(pattern)}*`).join(' | ')})`,
    `  ${update}`,
    '  code=0; output=$(attempt 2>&1) || code=$?',
    `esac; fi`,
    `printf '%s\\n' "$output"; [ "$code" = 0 ] || { ${why}exit 1; }`,
  ].join('\n');
}

/** Says last what dpkg said of the first package that failed: apt's own last line names none. */
const DPKG_WHY = `printf '%s\\n' "$output" | sed -n '/^dpkg: error processing/{N;s/\\n */ /;p;q;}'; `;

const DPKG_LOCKS = ['/var/lib/dpkg/lock-frontend', '/var/lib/dpkg/lock', '/var/lib/apt/lists/lock', '/var/cache/apt/archives/lock'];

/**
 * Keeps changed configuration files, also ucf's (ucf(1)), and asks nothing. Nothing but the named packages is ever removed.
 * The locale has English messages but keeps UTF-8: some packages make databases in it.
 */
function apt({ install, upgrade, remove }: PackagesAction, seconds: number): string {
  const wanted = [...install, ...upgrade];
  const downgrade = install.some((name) => name.includes('=')) ? ['--allow-downgrades'] : [];
  const attempt =
    remove.length === 0
      ? commandLine(['apt', '--no-remove', ...downgrade, 'install', '--', ...wanted])
      : commandLine([
          'apt',
          ...downgrade,
          ...(wanted.length === 0 ? ['remove'] : ['install']),
          '--',
          ...wanted,
          ...removals(remove, wanted),
        ]);
  return [
    'export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none LC_ALL=C.UTF-8 LANGUAGE=C',
    waitUnlocked('dpkg', DPKG_LOCKS, { seconds }),
    'apt() { apt-get -q -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 ' +
      `-o DPkg::Lock::Timeout=${seconds} "$@"; }`,
    ...(wanted.length === 0 ? [] : ['for f in /var/lib/apt/lists/*_Packages*; do [ -e "$f" ] || apt update; break; done']),
    ...(remove.length === 0 ? [] : [aptGuard(attempt, remove)]),
    `attempt() { ${attempt}; }`,
    tryAgain(
      'apt update',
      ['Unable to locate package', 'has no installation candidate', 'was not found', 'Failed to fetch', 'Unable to fetch'],
      DPKG_WHY,
    ),
  ].join('\n');
}

/** In an `install` a name with `-` behind it is removed (apt-get(8)). */
function removals(remove: readonly string[], wanted: readonly string[]): string[] {
  return wanted.length === 0 ? [...remove] : remove.map((name) => `${name}-`);
}

/** Fails before anything is touched when the removal would take more with it than was planned. */
function aptGuard(attempt: string, remove: readonly string[]): string {
  const named = remove.flatMap((name) => ['-e', name, '-e', name.replace(/:.*$/, '')]);
  return [
    `others=$(${attempt.replace(/^apt /, 'apt -s ')} 2>/dev/null | sed -n 's/^Remv \\([^ ]*\\).*/\\1/p' | ${commandLine(['grep', '-vxF', ...named])} | tr '\\n' ' ') || :`,
    `[ -z "$others" ] || die ${quote(`removing ${remove.join(' ')} would also remove`)} "$others; name these in the step too"`,
  ].join('\n');
}

const RPM_LOCKS = ['/var/lib/rpm/.rpm.lock', '/usr/lib/sysimage/rpm/.rpm.lock', '/var/run/yum.pid'];

function rpm({ install, upgrade, remove }: PackagesAction, { tool, seconds }: { tool: 'dnf' | 'yum'; seconds: number }): string {
  // dnf takes what nothing needs any longer along, unless told not to; yum's default is not to.
  const manager = tool === 'dnf' ? [tool, '-y', '--setopt=clean_requirements_on_remove=0'] : [tool, '-y'];
  const specs = (names: readonly string[]): string[] => names.map((name) => name.replace('=', '-'));
  const steps = [
    ...(remove.length === 0 ? [] : [commandLine(['rpm', '-e', '--test', '--', ...remove]), commandLine([...manager, 'remove', ...remove])]),
    ...(install.length === 0 ? [] : [commandLine([...manager, 'install', ...specs(install)])]),
    ...(upgrade.length === 0 ? [] : [commandLine([...manager, 'upgrade', ...specs(upgrade)])]),
  ];
  return [
    'export LC_ALL=C.UTF-8 LANGUAGE=C',
    waitUnlocked('rpm', RPM_LOCKS, { seconds, globs: '/var/cache/dnf/*.pid /var/lib/dnf/*.pid' }),
    `attempt() { ${steps.join(' && ')}; }`,
    tryAgain(`${tool} clean expire-cache`, ['Unable to find a match', 'No package ', 'No match for argument', 'Error downloading', '404']),
  ].join('\n');
}

/** A version in /etc/apk/world would hold the package for ever, so only the names of upgrades are passed on. */
function apk({ install, upgrade, remove }: PackagesAction, seconds: number): string {
  const manager = ['apk', '--no-progress', '--wait', String(seconds)];
  const steps = [
    ...(remove.length === 0 ? [] : [commandLine([...manager, 'del', ...remove])]),
    ...(install.length === 0 ? [] : [commandLine([...manager, 'add', ...install])]),
    ...(upgrade.length === 0 ? [] : [commandLine([...manager, 'add', '-u', ...upgrade.map((name) => name.replace(/=.*$/, ''))])]),
  ];
  return [
    waitUnlocked('apk', ['/lib/apk/db/lock'], { seconds }),
    `attempt() { ${steps.join(' && ')}; }`,
    tryAgain('apk update', ['unable to select packages', 'unsatisfiable constraints', 'not found', 'No such file or directory']),
  ].join('\n');
}
