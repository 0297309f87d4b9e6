import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mustRun } from './command.ts';
import { cachedFolder } from './root-cache.ts';
import { STUB_PACKAGES, type StubPackage } from './stub-packages.ts';

/** Folder with the lab's packages and their `Packages` index: a flat apt source (sources.list(5): a suite that ends in a slash). */
export function aptSource(): Promise<string> {
  return cachedFolder({ name: 'apt', recipe: [STUB_PACKAGES, 1], build });
}

async function build(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const entries = await Promise.all(STUB_PACKAGES.map((stub) => buildPackage(stub, directory)));
  writeFileSync(join(directory, 'Packages'), entries.join('\n'));
}

async function buildPackage(stub: StubPackage, directory: string): Promise<string> {
  const file = `${stub.name}_${stub.version}_all.deb`;
  const tree = join(directory, `${file}.tree`);
  writeTree(stub, tree);
  // A fixed time makes the same bytes at every build: the roots hold the digests of the index.
  const env = { ...process.env, SOURCE_DATE_EPOCH: '1700000000' };
  await mustRun(['dpkg-deb', '--root-owner-group', '--build', tree, join(directory, file)], { env });
  rmSync(tree, { recursive: true });
  return indexEntry(stub, directory, file);
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

function indexEntry(stub: StubPackage, directory: string, file: string): string {
  const path = join(directory, file);
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
  return `${control(stub)}Filename: ./${file}\nSize: ${statSync(path).size}\nSHA256: ${digest}\n`;
}

function put(path: string, content: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, content, { mode });
}
