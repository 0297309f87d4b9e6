import { describe, expect, it } from 'vitest';
import { packageReader } from '../../src/facts/package.ts';
import type { FactRequest, PackageFact, PackageManager } from '../../src/model/fact.ts';
import { testBase } from '../steps/support/host.ts';

function parse(manager: PackageManager, pieces: readonly string[], requests: Readonly<Record<string, boolean>>): Record<string, unknown> {
  const asked = Object.entries(requests).map(([key, candidate]): FactRequest<'package'> => ({ kind: 'package', key, candidate }));
  const facts = packageReader.parse(
    pieces.map((piece) => Buffer.from(piece)),
    asked,
    { ...testBase(false), packageManager: manager },
  );
  return Object.fromEntries([...facts].map(([key, state]) => [key, state.state === 'known' ? short(state.value) : state]));
}

const short = ({ installed, version, candidate }: PackageFact): unknown[] => [installed, version, candidate];

describe('facts of packages', () => {
  it('takes apt’s packages by name, and by architecture where one is given', () => {
    const dpkg = [
      'bash\tamd64\tii \t5.2.15-2+b8',
      'awk\t\tun \t',
      'exim4-base\tamd64\trc \t4.96-15+deb12u4',
      'libc6\tamd64\tii \t2.36-9+deb12u14',
      'libc6\ti386\tii \t2.36-9+deb12u13',
      'tzdata\tall\tii \t2025b-0+deb12u2',
      'linux-image-6\tamd64\thi \t6.1.1',
      'half\tamd64\tiF \t1.0',
      'man-db\tamd64\tit \t2.11.2-2',
    ].join('\n');
    const keys = [
      'bash',
      'awk',
      'exim4-base',
      'libc6',
      'libc6:i386',
      'tzdata:amd64',
      'linux-image-6',
      'half',
      'man-db',
      'nope',
      'bash:arm64',
    ];
    expect(parse('apt', [`${dpkg}\n`, ''], Object.fromEntries(keys.map((key) => [key, false])))).toEqual({
      bash: [true, '5.2.15-2+b8', null],
      awk: [false, null, null],
      'exim4-base': [false, null, null],
      libc6: [true, '2.36-9+deb12u14', null],
      'libc6:i386': [true, '2.36-9+deb12u13', null],
      'tzdata:amd64': [true, '2025b-0+deb12u2', null],
      'linux-image-6': [true, '6.1.1', null],
      half: [false, null, null],
      'man-db': [true, '2.11.2-2', null],
      nope: [false, null, null],
      'bash:arm64': [false, null, null],
    });
  });

  it('takes candidates from apt-cache policy', () => {
    const policy = `bash:
  Installed: 5.2.15-2+b8
  Candidate: 5.2.15-2+b13
  Version table:
     5.2.15-2+b13 500
        500 http://deb.example.org/debian bookworm/main amd64 Packages
 *** 5.2.15-2+b8 100
        100 /var/lib/dpkg/status
libc6:i386:
  Installed: (none)
  Candidate: 2.36-9
  Version table:
virtual:
  Installed: (none)
  Candidate: (none)
  Version table:
`;
    const requests = { bash: true, 'libc6:i386': true, virtual: true, unheard: true };
    expect(parse('apt', ['bash\tamd64\tii \t5.2.15-2+b8\n', policy], requests)).toEqual({
      bash: [true, '5.2.15-2+b8', '5.2.15-2+b13'],
      'libc6:i386': [false, null, '2.36-9'],
      virtual: [false, null, null],
      unheard: [false, null, null],
    });
  });

  it('takes rpm’s packages with their epoch, the newest of several, and dnf’s upgrades', () => {
    const rpm = [
      'bash|x86_64|(none):5.1.8-9.el9',
      'package nope is not installed',
      'vim-minimal|x86_64|2:8.2.2637-20.el9',
      'kernel|x86_64|(none):5.14.0-1.el9',
      'kernel|x86_64|(none):5.14.0-2.el9',
    ].join('\n');
    const upgrades = 'bash|x86_64|0:5.1.8-10.el9\n\n';
    expect(parse('dnf', [rpm, upgrades], { bash: true, nope: true, 'vim-minimal': true, kernel: false, 'bash.x86_64': true })).toEqual({
      bash: [true, '5.1.8-9.el9', '5.1.8-10.el9'],
      nope: [false, null, null],
      'vim-minimal': [true, '2:8.2.2637-20.el9', '2:8.2.2637-20.el9'],
      kernel: [true, '5.14.0-2.el9', null],
      'bash.x86_64': [true, '5.1.8-9.el9', '5.1.8-10.el9'],
    });
  });

  it('takes yum’s updates, whose long rows are broken', () => {
    const updates = `Updated Packages
bash.x86_64                      4.2.46-35.el7_9                      updates
NetworkManager-config-server.noarch
                                 1:1.18.8-2.el7_9                     updates
`;
    const rpm = 'bash|x86_64|(none):4.2.46-34.el7\nNetworkManager-config-server|noarch|1:1.18.8-1.el7\n';
    expect(parse('yum', [rpm, updates], { bash: true, 'NetworkManager-config-server': true })).toEqual({
      bash: [true, '4.2.46-34.el7', '4.2.46-35.el7_9'],
      'NetworkManager-config-server': [true, '1:1.18.8-1.el7', '1:1.18.8-2.el7_9'],
    });
  });

  it('takes apk’s packages, whose names may have dashes and digits', () => {
    const info = 'musl-1.2.4-r2\nlibcrypto3-3.1.4-r1\npy3-2to3-1.0-r0\n';
    const newer = 'Installed:                Available:\nmusl-1.2.4-r2           < 1.2.4-r3\n';
    expect(parse('apk', [info, newer], { musl: true, libcrypto3: true, 'py3-2to3': false, py3: false })).toEqual({
      musl: [true, '1.2.4-r2', '1.2.4-r3'],
      libcrypto3: [true, '3.1.4-r1', '3.1.4-r1'],
      'py3-2to3': [true, '1.0-r0', null],
      py3: [false, null, null],
    });
  });

  it('cannot be read without a package manager', () => {
    expect(parse('none', [''], { bash: false })).toEqual({
      bash: { state: 'unreadable', reason: 'the host has none of apt, dnf, yum and apk' },
    });
  });

  it('asks for all packages in one process, and for candidates only where they are wanted', () => {
    const requests: FactRequest<'package'>[] = [
      { kind: 'package', key: 'a' },
      { kind: 'package', key: 'b:i386', candidate: true },
    ];
    expect(packageReader.script(requests, { ...testBase(false), packageManager: 'apt' })).toBe(
      [
        "dpkg-query -W -f '${Package}\\t${Architecture}\\t${db:Status-Abbrev}\\t${Version}\\n' -- a b:i386 b 2>/dev/null",
        'mark',
        'apt-cache -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= policy b:i386 2>/dev/null',
      ].join('\n'),
    );
  });
});
