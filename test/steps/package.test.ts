import { describe, expect, it } from 'vitest';
import { ANY, type PackageFact } from '../../src/model/fact.ts';
import { type PackageOptions, pkg } from '../../src/steps/package.ts';
import { testBase } from './support/host.ts';
import { type Literals, planOn } from './support/view.ts';

const base = testBase(false);
const absent: PackageFact = { installed: false, version: null, candidate: null };
const at = (version: string, candidate: string | null = null): PackageFact => ({ installed: true, version, candidate });
const plan = (options: PackageOptions, facts: Literals) => planOn(pkg(options), facts, base);

describe('package steps that have nothing to do', () => {
  it.each<[string, PackageOptions, PackageFact]>([
    ['present and installed', { name: 'nginx' }, at('1.0')],
    ['present in that version', { name: 'nginx', version: '1.0' }, at('1.0')],
    ['absent and not installed', { name: 'nginx', state: 'absent' }, absent],
    ['latest, and the lists have nothing newer', { name: 'nginx', state: 'latest' }, at('1.0', '1.0')],
    ['latest, and the lists do not have it', { name: 'nginx', state: 'latest' }, at('1.0', null)],
  ])('%s', (_title, options, fact) => {
    expect(plan(options, { 'package nginx': fact })).toEqual({ result: 'ok' });
  });
});

describe('package steps', () => {
  it('installs what is missing of several, in one transaction', () => {
    expect(
      plan({ names: ['nginx', 'g++', 'libc6:i386'] }, { 'package nginx': at('1.0'), 'package g++': absent, 'package libc6:i386': absent }),
    ).toEqual({
      result: 'change',
      changes: [
        { field: 'version of g++', before: null, after: 'installed' },
        { field: 'version of libc6:i386', before: null, after: 'installed' },
      ],
      predicted: ['g++', 'libc6:i386'].map((key) => ({ kind: 'package', key, value: { installed: true, version: ANY, candidate: ANY } })),
      actions: [{ kind: 'packages', install: ['g++', 'libc6:i386'], upgrade: [], remove: [] }],
      cloud: 'package',
    });
  });

  it('installs one version exactly, and says that the old one may be gone', () => {
    expect(plan({ name: 'nginx', version: '1.1-2' }, { 'package nginx': at('1.0') })).toMatchObject({
      changes: [{ field: 'version', before: '1.0', after: '1.1-2' }],
      predicted: [{ value: { installed: true, version: '1.1-2' } }],
      actions: [{ install: ['nginx=1.1-2'], upgrade: [] }],
      cloud: 'everything',
      irreversible: 'the package sources may no longer have nginx 1.0',
    });
  });

  it('upgrades to the candidate that the plan shows', () => {
    expect(plan({ name: 'nginx', state: 'latest' }, { 'package nginx': at('1.0', '1.2') })).toMatchObject({
      changes: [{ field: 'version', before: '1.0', after: '1.2' }],
      predicted: [{ value: { installed: true, version: '1.2' } }],
      actions: [{ install: [], upgrade: ['nginx=1.2'] }],
    });
  });

  it('installs the candidate where latest is not installed, or what there is', () => {
    expect(plan({ name: 'nginx', state: 'latest' }, { 'package nginx': { ...absent, candidate: '1.2' } })).toMatchObject({
      actions: [{ install: ['nginx=1.2'] }],
    });
    expect(plan({ name: 'nginx', state: 'latest' }, { 'package nginx': absent })).toMatchObject({
      actions: [{ install: ['nginx'] }],
      cloud: 'package',
    });
  });

  it('removes', () => {
    expect(plan({ name: 'nginx', state: 'absent' }, { 'package nginx': at('1.0') })).toMatchObject({
      changes: [{ field: 'version', before: '1.0', after: null }],
      predicted: [{ value: { installed: false, version: null } }],
      actions: [{ install: [], upgrade: [], remove: ['nginx'] }],
      cloud: 'everything',
    });
  });

  it('asks for candidates only for latest', () => {
    expect(pkg({ name: 'a' }).reads).toEqual([{ kind: 'package', key: 'a' }]);
    expect(pkg({ name: 'a', state: 'latest' }).reads).toEqual([{ kind: 'package', key: 'a', candidate: true }]);
  });

  it('names a package once, and says what it wants', () => {
    expect(pkg({ names: ['a', 'b', 'a'], state: 'absent' })).toMatchObject({
      kind: 'package',
      subject: 'a,b',
      wants: [
        { field: 'version of a', after: null },
        { field: 'version of b', after: null },
      ],
    });
  });

  it.each<[PackageOptions, string]>([
    [{}, 'package: give either name or names'],
    [{ name: 'a', names: ['b'] }, 'package: give either name or names'],
    [{ names: [] }, 'package: names is empty'],
    [{ name: '-y' }, 'package: "-y" is not the name of a package'],
    [{ name: 'nginx*' }, 'package: "nginx*" is not the name of a package'],
    [{ name: 'a b' }, 'package: "a b" is not the name of a package'],
    [{ name: '$(reboot)' }, 'package: "$(reboot)" is not the name of a package'],
    [{ name: 'a\nb' }, 'package: "a\\nb" is not the name of a package'],
    [{ name: 'nginx=1.0' }, 'package: "nginx=1.0" is not the name of a package'],
    [{ name: 'a', version: '1 2' }, 'package: "1 2" is not a version'],
    [{ names: ['a', 'b'], version: '1' }, "package: version goes with one name and state 'present' only"],
    [{ name: 'a', state: 'installed' as 'present' }, "package: state \"installed\" must be 'present', 'absent' or 'latest'"],
  ])('refuses %j', (options, message) => {
    expect(() => pkg(options)).toThrow(message);
  });
});
