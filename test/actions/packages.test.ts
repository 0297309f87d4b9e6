import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packages } from '../../src/actions/packages.ts';
import type { BaseFacts } from '../../src/model/fact.ts';
import { type PackageOptions, pkg } from '../../src/steps/package.ts';
import { testBase } from '../steps/support/host.ts';
import { noPrivateRoot, openPrivateRoot, type PrivateRoot } from './support/private-root.ts';

if (noPrivateRoot !== null) console.warn(`apt is not tried for real: ${noPrivateRoot}`);

/** `publish NAME VERSION [FIELD]` puts a stub package into the folder that the root's only package source is. */
const SOURCE = `
set -e
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d /var/lib/apt/lists/*
echo 'deb [trusted=yes] file:/source ./' >/etc/apt/sources.list
mkdir -p /source; : >/source/Packages
`;
const PUBLISH = `
publish() {
  d=/tmp/$1; rm -rf "$d"; mkdir -p "$d/DEBIAN" "$d/etc"
  printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nMaintainer: nobody <nobody@example.com>\\nDescription: stub\\n' "$1" "$2" >"$d/DEBIAN/control"
  [ -z "\${3-}" ] || printf '%s\\n' "$3" >>"$d/DEBIAN/control"
  echo "version $2" >"$d/etc/$1.conf"; echo "/etc/$1.conf" >"$d/DEBIAN/conffiles"
  f=$1_$2_all.deb; dpkg-deb -b "$d" "/source/$f" >/dev/null
  { cat "$d/DEBIAN/control"; printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$f" "$(stat -c %s "/source/$f")" "$(sha256sum <"/source/$f" | cut -d' ' -f1)"; } >>/source/Packages
}
`;

describe.skipIf(noPrivateRoot !== null)('apt on a real root (stub packages)', () => {
  const base: BaseFacts = { ...testBase(false), packageManager: 'apt' };
  let root: PrivateRoot;
  beforeAll(async () => {
    root = await openPrivateRoot();
    root.sh(
      `${SOURCE}${PUBLISH}publish zz-lamp 1.0; publish zz-needs 1.0 'Depends: zz-lamp'; publish zz++ 1.0; publish zz-foe 1.0 'Conflicts: zz-lamp'`,
    );
  });
  afterAll(() => root.close());

  const converges = (options: PackageOptions): void => {
    const first = root.apply(pkg(options), base);
    expect(first).toMatchObject({ plan: { result: 'change' }, failure: null, broken: [] });
    expect(root.apply(pkg(options), base).plan).toEqual({ result: 'ok' });
  };
  const version = (name: string): string => root.sh(`dpkg-query -W -f '\${Version}' ${name}`).stdout.toString();

  it('fetches the lists first where there are none, and installs several packages at once', () => {
    converges({ names: ['zz-lamp', 'zz++'] });
    expect(version('zz-lamp')).toBe('1.0');
  });

  it('fetches the lists once more for a package that they do not have', () => {
    root.sh(`${PUBLISH}publish zz-late 1.0`);
    converges({ name: 'zz-late' });
  });

  it('fails with the words of apt for a package that nobody has', () => {
    expect(root.apply(pkg({ name: 'zz-nothing' }), base).failure).toContain('Unable to locate package zz-nothing');
  });

  it('goes to the newest version in the lists, keeping a changed configuration file', () => {
    expect(root.apply(pkg({ name: 'zz-lamp', state: 'latest' }), base).plan).toEqual({ result: 'ok' });
    root.sh(`${PUBLISH}publish zz-lamp 2.0; apt-get update; echo mine >/etc/zz-lamp.conf`);
    const { plan } = root.apply(pkg({ name: 'zz-lamp', state: 'latest' }), base);
    expect(plan).toMatchObject({ changes: [{ field: 'version', before: '1.0', after: '2.0' }], cloud: 'everything' });
    expect(version('zz-lamp')).toBe('2.0');
    expect(root.sh('cat /etc/zz-lamp.conf').stdout.toString()).toBe('mine\n');
  });

  it('goes back to an exact version', () => {
    converges({ name: 'zz-lamp', version: '1.0' });
    expect(version('zz-lamp')).toBe('1.0');
  });

  it('does not remove what other packages need unless they are named too', () => {
    converges({ name: 'zz-needs' });
    const refused = root.apply(pkg({ name: 'zz-lamp', state: 'absent' }), base);
    expect(refused.failure).toContain('removing zz-lamp would also remove zz-needs ; name these in the step too');
    expect(version('zz-lamp')).toBe('1.0');
  });

  it('does not remove a package to make room for another', () => {
    expect(root.apply(pkg({ name: 'zz-foe' }), base).failure).toContain('Packages need to be removed but remove is disabled');
  });

  it('removes and installs in one transaction, and counts what left its configuration as absent', () => {
    const action = { kind: 'packages', install: ['zz-foe'], upgrade: [], remove: ['zz-lamp', 'zz-needs'] } as const;
    expect(root.write([action], base).at(-1)).toMatchObject({ exitCode: 0 });
    expect(root.sh('dpkg-query -W -f "\\${db:Status-Abbrev}" zz-lamp').stdout.toString()).toBe('rc ');
    expect(root.apply(pkg({ names: ['zz-lamp', 'zz-needs'], state: 'absent' }), base).plan).toEqual({ result: 'ok' });
    converges({ names: ['zz-foe', 'zz++'], state: 'absent' });
  });

  it('reads without writing any cache', () => {
    root.sh('apt-get clean; rm -f /var/cache/apt/*.bin');
    root.read(pkg({ name: 'zz-lamp', state: 'latest' }).reads, base);
    expect(root.sh('ls /var/cache/apt/*.bin').code).not.toBe(0);
  });

  it('waits for a held lock, and names its holder when the wait is over', () => {
    const { script } = packages({ kind: 'packages', install: ['zz-late'], upgrade: [], remove: [] }, base, { lockWaitS: 1 });
    const text = `die() { echo "$*" >&2; exit 1; }
      flock -F /var/lib/dpkg/lock-frontend sleep 20 >/dev/null 2>&1 & pid=$!
      until grep -q "FLOCK.* $pid " /proc/locks; do :; done
      ( set -eu\n${script}\n); kill $pid`;
    expect(root.sh(text).stderr).toMatch(/^dpkg lock \/var\/lib\/dpkg\/lock-frontend held by pid \d+ \(sleep 20\), waited 1 s\n$/);
  });

  it('goes on when the lock is given back', () => {
    const { script } = packages({ kind: 'packages', install: ['zz-late'], upgrade: [], remove: [] }, base);
    const text = `die() { echo "$*" >&2; exit 1; }
      flock -F /var/lib/dpkg/lock-frontend sleep 1 & pid=$!
      until grep -q "FLOCK.* $pid " /proc/locks; do :; done
      ( set -eu\n${script}\n)`;
    expect(root.sh(text)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('package actions of other package managers', () => {
  const action = { kind: 'packages', install: ['a', 'b=1.2-3.el9'], upgrade: ['c=2-1'], remove: ['d'] } as const;
  const lineOf = (packageManager: BaseFacts['packageManager']): string | undefined =>
    packages(action, { packageManager })
      .script.split('\n')
      .find((line) => line.startsWith('attempt()'));

  it.each([
    [
      'dnf',
      'rpm -e --test -- d && dnf -y --setopt=clean_requirements_on_remove=0 remove d && dnf -y --setopt=clean_requirements_on_remove=0 install a b-1.2-3.el9 && dnf -y --setopt=clean_requirements_on_remove=0 upgrade c-2-1',
    ],
    ['yum', 'rpm -e --test -- d && yum -y remove d && yum -y install a b-1.2-3.el9 && yum -y upgrade c-2-1'],
    [
      'apk',
      'apk --no-progress --wait 120 del d && apk --no-progress --wait 120 add a b=1.2-3.el9 && apk --no-progress --wait 120 add -u c',
    ],
  ] as const)('%s', (manager, line) => {
    expect(lineOf(manager)).toBe(`attempt() { ${line}; }`);
  });

  it('has a summary with all that it does, and a quarter of an hour', () => {
    expect(packages(action, { packageManager: 'dnf' })).toMatchObject({
      summary: 'packages: install a b=1.2-3.el9, upgrade c=2-1, remove d',
      deadlineMs: 900_000,
    });
  });
});
