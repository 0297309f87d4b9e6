import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { renderDiagnostics } from '../../src/errors/render.ts';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { type LoadOptions, loadInventory } from '../../src/inventory/load.ts';
import type { Checked } from '../../src/model/diagnostic.ts';

/** A folder of files that lasts as long as the test; what starts with `#!` is executable. */
export interface Folder {
  path(name: string): string;
  /** Loads sources named by their paths in the folder; what is no file there stands as it is. */
  load(sources: readonly string[], options?: Partial<LoadOptions>): Promise<Checked<Inventory>>;
  /** The same, without any problem. */
  inventory(sources: readonly string[], options?: Partial<LoadOptions>): Promise<Inventory>;
  /** The problems as text, with the folder's own path taken out. */
  problems(sources: readonly string[], options?: Partial<LoadOptions>): Promise<string>;
}

/** Makes a folder of these files. */
export async function folderOf(files: { readonly [name: string]: string }): Promise<Folder> {
  const root = await mkdtemp(join(tmpdir(), 'drover-inventory-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
    if (text.startsWith('#!')) await chmod(join(root, name), 0o755);
  }
  const path = (name: string): string => join(root, name);
  const load: Folder['load'] = (sources, options = {}) =>
    loadInventory(
      sources.map((source) => (source.includes(',') ? source : path(source))),
      options,
    );
  return {
    path,
    load,
    inventory: async (sources, options) => {
      const { value, problems } = await load(sources, options);
      if (problems.length > 0) throw new Error(renderDiagnostics(problems));
      return value;
    },
    problems: async (sources, options) => renderDiagnostics((await load(sources, options)).problems).replaceAll(`${root}/`, ''),
  };
}

/** The vars of every host, by name. */
export function varsOf(inventory: Inventory): { readonly [host: string]: object } {
  return Object.fromEntries(inventory.hosts.map(({ name, vars }) => [name, vars]));
}

/** Hosts, then children with `@`, of every group, by name. */
export function contentsOf(inventory: Inventory): { readonly [group: string]: readonly string[] } {
  const contents = [...inventory.groups.values()].map(({ name, hosts, children }) => [
    name,
    [...hosts, ...children.map((child) => `@${child}`)],
  ]);
  return Object.fromEntries(contents);
}
