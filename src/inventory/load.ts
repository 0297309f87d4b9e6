import { readFile as readFileFromDisk } from 'node:fs/promises';
import { diagnose, inPlaceOrder, uniqueDiagnostics } from '../errors/diagnose.ts';
import { parseYamlSource } from '../errors/yaml-source.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { Host } from '../model/host.ts';
import { buildGroups } from './build-groups.ts';
import { CONNECTION_VARS } from './connection-vars.ts';
import { breakCycles } from './cycles.ts';
import { type Draft, emptyDraft } from './draft.ts';
import { type Group, groupsOf, type Inventory, type VarDefinitions } from './inventory.ts';
import { mergedVars } from './merge-vars.ts';
import { type ConnectionOptions, readConnection } from './read-connection.ts';
import { readGroups } from './read-groups.ts';

/** What loading needs besides the files. */
export interface LoadOptions extends ConnectionOptions {
  /** Reads a file as text. Default: from disk. */
  readonly readFile?: (path: string) => Promise<string>;
}

/**
 * Loads inventory files in Ansible's YAML structure into one inventory; what later files say of a group or host is added, and wins.
 * Reports the problems of all files at once and never rejects for what stands in a file.
 */
export async function loadInventory(files: readonly string[], options: LoadOptions): Promise<Checked<Inventory>> {
  const read = options.readFile ?? ((path) => readFileFromDisk(path, 'utf8'));
  const draft = emptyDraft();
  for (const file of files) await readInto(draft, file, read);
  breakCycles(draft);
  const groups = buildGroups(draft);
  const hosts = [...draft.hosts].map(([name, own]) => buildHost(name, own, { groups, options }));
  const problems = [...draft.problems, ...hosts.flatMap((host) => host.problems)];
  return {
    value: { hosts: hosts.map((host) => host.value), groups, hostVars: draft.hosts, encryptedFiles: draft.encryptedFiles },
    problems: inPlaceOrder(uniqueDiagnostics(problems)),
  };
}

async function readInto(draft: Draft, file: string, read: (path: string) => Promise<string>): Promise<void> {
  let text: string;
  try {
    text = await read(file);
  } catch (error) {
    draft.problems.push(unreadable(file, error));
    return;
  }
  const ini = iniHeading(file, text);
  if (ini !== null) {
    draft.problems.push(ini);
    return;
  }
  const source = parseYamlSource(file, text);
  draft.problems.push(...source.problems);
  if (source.usable) readGroups(source, draft);
}

/** INI inventories start with a heading in brackets; as YAML that would be a list and lead to misleading problems. */
function iniHeading(file: string, text: string): Diagnostic | null {
  const lines = text.split(/\r?\n/);
  const first = lines.findIndex((line) => /^\s*[^#;\s]/.test(line));
  const source = lines[first] ?? '';
  if (!/^\[[\w.:-]+\]\s*$/.test(source)) return null;
  const place = { file, line: first + 1, column: 1, length: source.trimEnd().length };
  const hint = 'write it as YAML: groups with hosts, children and vars';
  return diagnose('unsupported', 'INI inventories cannot be read yet', { place, source, hint });
}

function unreadable(file: string, error: unknown): Diagnostic {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return diagnose('file-missing', `there is no inventory file "${file}"`);
  if (code === 'EISDIR') return diagnose('file-missing', `"${file}" is a directory`, { hint: 'name the inventory files in it one by one' });
  return diagnose('file-missing', `inventory file "${file}" cannot be read: ${error instanceof Error ? error.message : String(error)}`);
}

interface Surroundings {
  readonly groups: ReadonlyMap<string, Group>;
  readonly options: ConnectionOptions;
}

function buildHost(name: string, own: VarDefinitions, { groups, options }: Surroundings): Checked<Host> {
  const chain = groupsOf(groups, name);
  const definitions = mergedVars(chain, own);
  const connection = readConnection(name, definitions, options);
  const hidden: readonly string[] = CONNECTION_VARS.becomePassword;
  const vars = [...definitions.values()].filter((definition) => !hidden.includes(definition.name));
  const value: Host = {
    name,
    groups: chain.map((group) => group.name).filter((group) => group !== 'all'),
    vars: Object.fromEntries(vars.map((definition) => [definition.name, definition.value])),
    connection: connection.value,
  };
  return { value, problems: connection.problems };
}
