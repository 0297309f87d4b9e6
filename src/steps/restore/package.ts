import type { PackageFact } from '../../model/fact.ts';
import { ANY } from '../../model/fact.ts';
import type { Prediction } from '../../model/step.ts';
import { quote } from '../../shell/quote.ts';
import { type Brought, type Former, known, lost, NOTHING, type Part, type Restorer, type Restoring } from './part.ts';

/**
 * A package. An older version comes back where the package sources that the host knows still have it: apt and dnf take it by name; yum installs
 * no older version, and apk would hold the package at it for ever.
 */
export const packageRestorer: Restorer<'package'> = {
  fields: ['version'],
  rank: () => 500,
  reads({ key, before }) {
    const version = versionOf(before);
    return [{ kind: 'package', key }, ...(version === undefined ? [] : [{ kind: 'guard' as const, key: hasVersion(key, version) }])];
  },
  plan(former, restoring) {
    const now = restoring.facts.get('package', former.key);
    if (former.before.installed === false) return now.installed ? removal(former.key, now) : NOTHING;
    const version = versionOf(former.before);
    if (now.installed && (version === undefined || version === now.version)) return NOTHING;
    return installation(former, { restoring, now, version });
  },
};

function versionOf({ installed, version }: PackageFact): string | undefined {
  return installed === false ? undefined : known(version);
}

/** Succeeds where the lists that the host has know this version. What dnf logs even when it is only asked goes to memory and away (dnf.conf(5), logdir). */
function hasVersion(name: string, version: string): string {
  return `if command -v apt-cache >/dev/null 2>&1; then
  apt-cache -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= show ${quote(`${name}=${version}`)} >/dev/null 2>&1
elif command -v dnf >/dev/null 2>&1; then
  logs=$(mktemp -d /dev/shm/drover.XXXXXX 2>/dev/null) || logs=
  found=$(dnf -q -C \${logs:+"--setopt=logdir=$logs"} repoquery -- ${quote(`${name}-${version}`)} 2>/dev/null)
  [ -z "$logs" ] || rm -rf "$logs"
  [ -n "$found" ]
else false; fi`;
}

function removal(name: string, now: PackageFact): Part {
  return {
    ...change(name, { before: now.version, after: null }),
    actions: [{ kind: 'packages', install: [], upgrade: [], remove: [name] }],
    cloud: 'everything',
  };
}

interface Found {
  readonly restoring: Restoring;
  readonly now: PackageFact;
  readonly version: string | undefined;
}

function installation({ key: name }: Former<'package'>, { restoring: { facts }, now, version }: Found): Brought {
  const isKnown = version !== undefined && facts.get('guard', hasVersion(name, version)).exitCode === 0;
  if (now.installed && !isKnown) return lost(`the old version ${version} of ${name} may no longer be available`);
  const target = isKnown ? version : undefined;
  return {
    ...change(name, { before: now.version, after: target ?? 'installed' }),
    actions: [{ kind: 'packages', install: [target === undefined ? name : `${name}=${target}`], upgrade: [], remove: [] }],
    cloud: now.installed ? 'everything' : 'package',
    ...(isKnown || version === undefined
      ? {}
      : { lost: [`${name} ${version} is not in the package sources any more: another version is installed`] }),
  };
}

function change(name: string, { before, after }: { before: string | null; after: string | null }): Pick<Part, 'changes' | 'predicted'> {
  const version = after === 'installed' ? ANY : after;
  const value: Extract<Prediction, { kind: 'package' }>['value'] = { installed: after !== null, version, candidate: ANY };
  return { changes: [{ field: 'version', before, after }], predicted: [{ kind: 'package', key: name, value }] };
}
