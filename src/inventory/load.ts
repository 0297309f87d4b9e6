import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { inPlaceOrder, uniqueDiagnostics } from '../errors/diagnose.ts';
import type { Checked } from '../model/diagnostic.ts';
import { FETCHES_NOTHING } from '../model/secret.ts';
import { buildGroups } from './build-groups.ts';
import { buildHosts } from './build-hosts.ts';
import { breakCycles } from './cycles.ts';
import { type Draft, emptyDraft } from './draft.ts';
import type { Inventory } from './inventory.ts';
import type { ConnectionOptions } from './read-connection.ts';
import { readSource } from './read-source.ts';
import type { VarsDirectory, VarsFiles } from './read-vars-files.ts';
import { sourceFiles } from './source-files.ts';

/** What loading needs besides the sources. */
export interface LoadOptions extends ConnectionOptions {
  /** Folder of the playbook, whose `group_vars` and `host_vars` win over those beside the sources; null or absent for none. */
  readonly playbookDirectory?: string | null;
  /** Reads a file as text. Default: from disk. */
  readonly readFile?: (path: string) => Promise<string>;
}

/**
 * Loads inventory sources (files in Ansible's YAML or INI format, programs that print JSON, folders of them, lists of hosts with commas) into one
 * inventory; what later ones say of a group or host is added, and wins, and what `group_vars` and `host_vars` say wins over it.
 * Reports the problems of all sources at once and never rejects for what stands in a file.
 */
export async function loadInventory(sources: readonly string[], options: LoadOptions = {}): Promise<Checked<Inventory>> {
  const { secrets = FETCHES_NOTHING } = options;
  const files = sourceFiles(options.readFile);
  const draft = emptyDraft();
  const directories: VarsDirectory[] = [];
  for (const source of sources) {
    const directory = await readSource({ draft, files, secrets }, source);
    if (directory !== null) directories.push({ directory, origin: 'inventory-vars' });
  }
  if (typeof options.playbookDirectory === 'string') directories.push({ directory: options.playbookDirectory, origin: 'playbook-vars' });
  await readAllVars(draft, directories, { ...files, secrets });
  breakCycles(draft);
  const groups = buildGroups(draft);
  const inventory = { groups, hostVars: draft.hosts, encryptedFiles: draft.encryptedFiles };
  const hosts = buildHosts(inventory, options);
  return { value: { ...inventory, ...hosts.value }, problems: inPlaceOrder(uniqueDiagnostics([...draft.problems, ...hosts.problems])) };
}

/** Reads each folder once, in the place of the last source that it is beside, so that its files win as they would if read again. */
async function readAllVars(draft: Draft, directories: readonly VarsDirectory[], files: VarsFiles): Promise<void> {
  const last = new Map<string, VarsDirectory>();
  for (const one of directories) {
    const isThere =
      (await files.kind(join(one.directory, 'group_vars'))) === 'directory' ||
      (await files.kind(join(one.directory, 'host_vars'))) === 'directory';
    if (!isThere) continue;
    const path = await realpath(one.directory).catch(() => resolve(one.directory));
    last.delete(path);
    last.set(path, one);
  }
  if (last.size === 0) return;
  const { readVarsFiles } = await import('./read-vars-files.ts');
  for (const one of last.values()) await readVarsFiles(draft, one, files);
}
