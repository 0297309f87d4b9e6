/** How a package manager is asked and told. Lines for `sh`; `pending` succeeds and prints nothing where everything is at its newest version. */
export interface Manager {
  readonly refresh: string;
  /** Files that are younger where the lists were fetched by others. */
  readonly stamps: readonly string[];
  readonly pending: string;
  readonly upgradeAll: string;
}

/** Seconds for which a locked package database is waited for. */
const LOCK_S = 300;

/** Newly required packages come along (kernels have another name each time), and nothing is removed (apt-get(8)). A plan writes no cache. */
const SIMULATE = 'apt-get -s -q -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= --with-new-pkgs upgrade';

const APT: Manager = {
  refresh: `apt-get -q -o DPkg::Lock::Timeout=${LOCK_S} update`,
  stamps: ['/var/lib/apt/periodic/update-success-stamp'],
  pending: `said=$(${SIMULATE}) || exit; printf '%s\\n' "$said" | sed -n 's/^Inst \\([^ ]*\\).*/\\1/p' | grep . && exit 1; exit 0`,
  upgradeAll: [
    'export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none LC_ALL=C.UTF-8',
    `exec apt-get -q -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=${LOCK_S} --with-new-pkgs upgrade`,
  ].join('\n'),
};

/** Logs go to a folder in memory that is gone afterwards: dnf writes them even when it is only asked. 100: there are updates (dnf(8)). */
const DNF: Manager = {
  refresh: 'dnf -q makecache --refresh',
  stamps: [],
  pending: [
    'logs=$(mktemp -d /dev/shm/drover.XXXXXX 2>/dev/null) || logs=',
    `said=$(dnf -q -C \${logs:+"--setopt=logdir=$logs"} repoquery --upgrades --latest-limit=1 --qf '%{name}\\n' 2>/dev/null); code=$?`,
    'case $logs in ?*) rm -rf "$logs" ;; esac',
    `[ "$code" = 0 ] || exit; printf '%s\\n' "$said" | grep . | sort -u | grep . && exit 1; exit 0`,
  ].join('\n'),
  upgradeAll: 'dnf -y --setopt=clean_requirements_on_remove=0 upgrade',
};

const YUM: Manager = {
  refresh: 'yum -q clean expire-cache && yum -q makecache',
  stamps: [],
  pending: `said=$(yum -q -C list updates 2>/dev/null) || exit 0; printf '%s\\n' "$said" | sed -n 's/^\\([^ ]*\\)\\.[a-z0-9_]* .*/\\1/p' | grep . && exit 1; exit 0`,
  upgradeAll: 'yum -y upgrade',
};

/** null: a package manager that the role does not know. */
export function managerOf(name: string): Manager | null {
  switch (name) {
    case 'apt':
      return APT;
    case 'dnf':
      return DNF;
    case 'yum':
      return YUM;
    default:
      return null;
  }
}
