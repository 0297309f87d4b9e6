import type { FactRequest, FactState, PackageFact, PackageManager } from '../model/fact.ts';
import { commandLine } from '../shell/quote.ts';
import { type FactReader, known, unreadable } from './reader.ts';

/** How one package manager is asked: one process for all names, one more for candidates. Neither may write a cache or a log it can avoid. */
interface Dialect {
  installed(names: readonly string[]): string;
  candidates(names: readonly string[]): string;
  /** Version by key, from what `installed` prints. */
  parseInstalled(output: string, keys: readonly string[]): ReadonlyMap<string, string>;
  /** Newest version by key, from what `candidates` prints; keys without one have none that is newer, or are not in the lists. */
  parseCandidates(output: string): ReadonlyMap<string, string>;
}

/**
 * A package, by its own name: one that only `Provides` the name does not count. Key: the name, on apt also `name:architecture`.
 * Candidates come from the lists that the host has; they are not fetched anew.
 */
export const packageReader: FactReader<'package'> = {
  kind: 'package',
  script(requests, base) {
    const dialect = dialectOf(base.packageManager);
    if (dialect === null) return ':';
    const names = requests.map((request) => request.key);
    const upgradable = requests.filter((request) => request.candidate === true).map((request) => request.key);
    return [dialect.installed(names), 'mark', upgradable.length === 0 ? ':' : dialect.candidates(upgradable)].join('\n');
  },
  parse(pieces, requests, base) {
    const dialect = dialectOf(base.packageManager);
    if (dialect === null) {
      return new Map(requests.map(({ key }) => [key, unreadable<PackageFact>('the host has none of apt, dnf, yum and apk')]));
    }
    const [installed, candidates] = pieces.map((piece) => piece.toString('utf8'));
    if (installed === undefined || candidates === undefined) return new Map();
    const keys = requests.map((request) => request.key);
    const versions = dialect.parseInstalled(installed, keys);
    const newest = dialect.parseCandidates(candidates);
    return new Map(requests.map((request) => [request.key, factOf(request, { versions, newest })]));
  },
};

function factOf(
  { key, candidate }: FactRequest<'package'>,
  { versions, newest }: { versions: ReadonlyMap<string, string>; newest: ReadonlyMap<string, string> },
): FactState<PackageFact> {
  const version = versions.get(key) ?? null;
  return known({ installed: version !== null, version, candidate: candidate === true ? (newest.get(key) ?? version) : null });
}

function dialectOf(manager: PackageManager): Dialect | null {
  switch (manager) {
    case 'apt':
      return apt;
    case 'dnf':
      return dnf;
    case 'yum':
      return yum;
    case 'apk':
      return apk;
    case 'none':
      return null;
  }
}

const lines = (output: string): string[] => output.split('\n').filter((line) => line !== '');

const bare = (name: string): string => name.replace(/:[^:]*$/, '');

/** dpkg-query(1); packages of architecture `all` are not found as `name:arch`, so the bare name is asked for too. */
const apt: Dialect = {
  installed(names) {
    const all = [...new Set(names.flatMap((name) => [name, bare(name)]))];
    return `${commandLine(['dpkg-query', '-W', '-f', '${Package}\\t${Architecture}\\t${db:Status-Abbrev}\\t${Version}\\n', '--', ...all])} 2>/dev/null`;
  },
  // Without the options a stale cache would be written anew (apt.conf(5), Dir::Cache).
  candidates: (names) =>
    `${commandLine(['apt-cache', '-o', 'Dir::Cache::pkgcache=', '-o', 'Dir::Cache::srcpkgcache=', 'policy', ...names])} 2>/dev/null`,
  parseInstalled(output, keys) {
    const rows = lines(output).map((line) => line.split('\t'));
    // Second letter of the abbreviation: i installed, W and t wait for triggers; all else is absent, removed or half done.
    const present = rows.filter(([, , status = '']) => /^.[iWt]/.test(status));
    const matches = (key: string, [name = '', arch = '']: string[]): boolean => [name, `${name}:${arch}`].includes(key);
    const anyArch = (key: string, [name = '', arch = '']: string[]): boolean => arch === 'all' && name === bare(key);
    return new Map(
      keys.flatMap((key) => {
        const row = present.find((each) => matches(key, each)) ?? present.find((each) => anyArch(key, each));
        return row === undefined ? [] : [[key, row[3] ?? ''] as const];
      }),
    );
  },
  parseCandidates(output) {
    const found = new Map<string, string>();
    let name = '';
    for (const line of lines(output)) {
      name = /^(\S+):$/.exec(line)?.[1] ?? name;
      const candidate = /^ {2}Candidate: (\S+)$/.exec(line)?.[1];
      if (candidate !== undefined && candidate !== '(none)') found.set(name, candidate);
    }
    return found;
  },
};

/** `name` and `name.architecture` as keys of one value. */
function rpmEntries(name: string, arch: string, version: string): (readonly [string, string])[] {
  const plain = version.replace(/^(?:0|\(none\)):/, '');
  return [
    [name, plain],
    [`${name}.${arch}`, plain],
  ];
}

function rpmRows(output: string): Map<string, string> {
  const rows = lines(output).map((line) => line.split('|'));
  // Of several installed versions (kernels) the last is the newest.
  return new Map(rows.flatMap(([name, arch, version]) => (name && arch && version ? rpmEntries(name, arch, version) : [])));
}

const RPM_FORMAT = '%{NAME}|%{ARCH}|%{EPOCH}:%{VERSION}-%{RELEASE}\\n';
const DNF_FORMAT = '%{name}|%{arch}|%{epoch}:%{version}-%{release}\\n';
const NEWEST = ['--upgrades', '--latest-limit=1', '--qf', DNF_FORMAT];

/**
 * rpm(8) and dnf(8); `-C` keeps dnf from fetching lists. It writes logs even when it is only asked (dnf.conf(5), logdir): they go to a folder in
 * memory that is gone afterwards. Not to be avoided are rpm's shared memory file and a lock that comes and goes in dnf's cache.
 */
const dnf: Dialect = {
  installed: (names) => `${commandLine(['rpm', '-q', '--qf', RPM_FORMAT, '--', ...names])} 2>/dev/null`,
  candidates: (names) =>
    [
      'dnf_logs=$(mktemp -d /dev/shm/drover.XXXXXX 2>/dev/null) || dnf_logs=',
      `dnf -q -C \${dnf_logs:+"--setopt=logdir=$dnf_logs"} ${commandLine(['repoquery', ...NEWEST, '--', ...names])} 2>/dev/null`,
      'case $dnf_logs in ?*) rm -rf "$dnf_logs" ;; esac',
    ].join('\n'),
  parseInstalled: rpmRows,
  parseCandidates: rpmRows,
};

/** yum(8) breaks long rows and goes on behind white space. */
const yum: Dialect = {
  ...dnf,
  candidates: (names) => `${commandLine(['yum', '-q', '-C', 'list', 'updates', '--', ...names])} 2>/dev/null`,
  parseCandidates(output) {
    const rows = output.replace(/\n[ \t]+/g, ' ').split('\n');
    return new Map(
      rows.flatMap((row) => {
        const match = /^(\S+)\.([a-z0-9_]+)\s+(\d\S*)\s+\S+$/.exec(row);
        return match === null ? [] : rpmEntries(match[1] ?? '', match[2] ?? '', match[3] ?? '');
      }),
    );
  },
};

function apkRow(word: string): (readonly [string, string])[] {
  const match = /^(.+)-(\d[^-]*-r\d+)$/.exec(word);
  return match === null ? [] : [[match[1] ?? '', match[2] ?? '']];
}

/** apk(8): `info -v` lists all that is installed as `name-version-rN`; `version` prints `name-version-rN < newer`. */
const apk: Dialect = {
  installed: () => 'apk info -v 2>/dev/null',
  candidates: () => `apk --no-network version -l '<' 2>/dev/null`,
  parseInstalled: (output) => new Map(lines(output).flatMap((line) => apkRow(line.trim()))),
  parseCandidates: (output) =>
    new Map(
      lines(output).flatMap((line) => {
        const [current = '', , newer = ''] = line.split(/\s+/);
        return apkRow(current).map(([name]) => [name, newer] as const);
      }),
    ),
};
