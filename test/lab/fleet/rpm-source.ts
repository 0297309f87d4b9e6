import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { mustRun } from './command.ts';
import { cachedFolder } from './root-cache.ts';
import type { StubRpm } from './stub-rpm.ts';
import { STUB_RPMS } from './stub-rpms.ts';

/** Folder with the lab's RPMs and their metadata: a dnf repository. Built by the rpmbuild and createrepo_c of the root, which stays as it is. */
export function rpmSource(redhatRoot: string): Promise<string> {
  const recipe = [STUB_RPMS, basename(redhatRoot), 1];
  return cachedFolder({ name: 'rpm', recipe, build: (directory) => build(directory, redhatRoot) });
}

async function build(directory: string, redhatRoot: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  for (const stub of STUB_RPMS) await buildRpm(redhatRoot, directory, stub);
  await within(redhatRoot, directory, ['createrepo_c', '--quiet', '/mnt']);
}

/** Builds one package into a folder; resolves to the name of the file. */
export async function buildRpm(root: string, directory: string, stub: StubRpm): Promise<string> {
  const top = join(directory, '.build');
  mkdirSync(join(top, 'BUILDROOT'), { recursive: true });
  for (const [path, content] of Object.entries(stub.files)) put(join(top, 'tree', path), content, path);
  for (const path of Object.keys(stub.folders ?? {})) mkdirSync(join(top, 'tree', path), { recursive: true });
  writeFileSync(join(top, 'stub.spec'), spec(stub));
  const defines = ['_topdir /mnt/.build', '_tmppath /mnt/.build', '__os_install_post %{nil}', '_build_id_links none'];
  await within(root, directory, ['rpmbuild', '-bb', '--quiet', ...defines.flatMap((each) => ['--define', each]), '/mnt/.build/stub.spec']);
  const file = `${stub.name}-${stub.version}-1.el9.noarch.rpm`;
  renameSync(join(top, 'RPMS/noarch', file), join(directory, file));
  rmSync(top, { recursive: true });
  return file;
}

/** Runs a program in a root with a folder of this machine as its /mnt; the mount ends with the program. */
async function within(root: string, directory: string, argv: readonly string[]): Promise<void> {
  const script = 'mount --bind "$1" "$2/mnt" && shift && exec chroot "$@"';
  await mustRun(['unshare', '--mount', 'sh', '-c', script, 'within', directory, root, ...argv], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/mnt', LC_ALL: 'C.UTF-8' },
  });
}

function put(file: string, content: string, path: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  writeFileSync(file, content, { mode: isProgram(path) ? 0o755 : 0o644 });
}

const isProgram = (path: string): boolean => /(^|\/)(s?bin|libexec)\//.test(path);

/** The recipe of a package that is only to be packed (rpm-spec(7)). Dependencies are those that the stub names. */
function spec(stub: StubRpm): string {
  const configs = new Set(stub.configs);
  const files = Object.keys(stub.files).map((path) => {
    const config = configs.has(`/${path}`) ? '%config(noreplace) ' : '';
    return `%attr(${isProgram(path) ? '0755' : '0644'}, root, root) ${config}"/${path}"`;
  });
  const folders = Object.entries(stub.folders ?? {}).map(([path, mode]) => `%dir %attr(${mode}, root, root) "/${path}"`);
  const scripts = Object.entries(stub.scripts ?? {}).flatMap(([name, script]) => [`%${name}`, script.trimEnd(), '']);
  return [
    ...[`Name: ${stub.name}`, `Version: ${stub.version}`, 'Release: 1.el9', 'License: Apache-2.0', 'BuildArch: noarch'],
    ...["Summary: Stub package of drover's lab", 'AutoReqProv: no'],
    ...(stub.requires ?? []).map((each) => `Requires: ${each}`),
    ...(stub.provides ?? []).map((each) => `Provides: ${each}`),
    ...['', '%description', 'Nothing but what tests look at.', '', '%install'],
    ...['if [ -d %{_topdir}/tree ]; then cp -a %{_topdir}/tree/. %{buildroot}/; fi', '', ...scripts, '%files', ...files, ...folders, ''],
  ].join('\n');
}
