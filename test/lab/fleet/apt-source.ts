import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { mustRun } from './command.ts';
import { downloadPackages, REAL_PACKAGES } from './real-packages.ts';
import { cachedFolder } from './root-cache.ts';
import { STUB_PACKAGES, type StubPackage } from './stub-packages.ts';

/**
 * Folder with the lab's packages and their `Packages` index: a flat apt source (sources.list(5): a suite that ends in a slash). Besides the
 * stubs it has Debian's own packages, which fit the root of the Debian hosts: what the root has of their dependencies is not in it.
 */
export function aptSource(debianRoot: string): Promise<string> {
  const installed = sha256(join(debianRoot, 'var/lib/dpkg/status'));
  const recipe = [STUB_PACKAGES, REAL_PACKAGES, basename(debianRoot), installed, 2];
  return cachedFolder({ name: 'apt', recipe, build: (directory) => build(directory, debianRoot) });
}

async function build(directory: string, debianRoot: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const stubs = await Promise.all(STUB_PACKAGES.map((stub) => buildPackage(stub, directory)));
  const files = [...stubs, ...(await downloadPackages(debianRoot, directory))];
  const entries = await Promise.all(files.map((file) => indexEntry(directory, file)));
  writeFileSync(join(directory, 'Packages'), entries.join('\n'));
}

/** Resolves to the file's name. */
async function buildPackage(stub: StubPackage, directory: string): Promise<string> {
  const file = `${stub.name}_${stub.version}_all.deb`;
  const tree = join(directory, `${file}.tree`);
  writeTree(stub, tree);
  await mustRun(['dpkg-deb', '--root-owner-group', '--build', tree, join(directory, file)]);
  rmSync(tree, { recursive: true });
  return file;
}

function writeTree(stub: StubPackage, tree: string): void {
  for (const [path, content] of Object.entries(stub.files)) put(join(tree, path), content, path.includes('bin/') ? 0o755 : 0o644);
  put(join(tree, 'DEBIAN/control'), control(stub), 0o644);
  for (const [name, script] of Object.entries(stub.scripts ?? {})) put(join(tree, 'DEBIAN', name), script, 0o755);
  if (stub.conffiles) put(join(tree, 'DEBIAN/conffiles'), `${stub.conffiles.join('\n')}\n`, 0o644);
}

function control(stub: StubPackage): string {
  const depends = stub.depends ? [`Depends: ${stub.depends}`] : [];
  return [
    `Package: ${stub.name}`,
    `Version: ${stub.version}`,
    'Architecture: all',
    'Maintainer: drover lab <lab@example.com>',
    ...depends,
    "Description: stub package of drover's lab",
    '',
  ].join('\n');
}

async function indexEntry(directory: string, file: string): Promise<string> {
  const path = join(directory, file);
  const fields = await mustRun(['dpkg-deb', '--field', path]);
  return `${fields}Filename: ./${file}\nSize: ${statSync(path).size}\nSHA256: ${sha256(path)}\n`;
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function put(path: string, content: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, content, { mode });
}
