import { extname, join } from 'node:path';
import { parseYamlSource } from '../errors/yaml-source.ts';
import type { SecretKeeper } from '../model/secret.ts';
import { type Draft, define, groupDraft, hostDraft } from './draft.ts';
import type { VarDefinition, VarOrigin } from './inventory.ts';
import { KEPT_TAGS } from './kept-tags.ts';
import { readYamlVars } from './read-yaml-vars.ts';
import { byName, notUtf8, type SourceFiles, unreadable } from './source-files.ts';
import { isVaultFile } from './vault-file.ts';

/** Extensions of files of vars, in the order in which Ansible looks for them. */
const EXTENSIONS = ['', '.yml', '.yaml', '.json'];

/** A folder that may hold `group_vars` and `host_vars`. */
export interface VarsDirectory {
  readonly directory: string;
  readonly origin: VarOrigin;
}

/** The files, and what makes secrets of what stands in them. */
export type VarsFiles = SourceFiles & { readonly secrets: SecretKeeper };

/** Adds what the files in `group_vars` and `host_vars` of a folder say about groups and hosts that the draft knows; all other files are left alone. */
export async function readVarsFiles(draft: Draft, { directory, origin }: VarsDirectory, files: VarsFiles): Promise<void> {
  const reading = { draft, origin, files };
  for (const [folder, kind, names] of [
    ['group_vars', 'group', [...draft.groups.keys()]],
    ['host_vars', 'host', [...draft.hosts.keys()]],
  ] as const) {
    const path = join(directory, folder);
    const present = new Set(await files.list(path));
    for (const name of present.size === 0 ? [] : names) {
      const entry = EXTENSIONS.map((extension) => `${name}${extension}`).find((candidate) => present.has(candidate));
      if (entry !== undefined) await readEntry({ ...reading, definedBy: { kind, name } }, join(path, entry));
    }
  }
}

interface Reading {
  readonly draft: Draft;
  readonly origin: VarOrigin;
  readonly files: VarsFiles;
  readonly definedBy: VarDefinition['definedBy'];
}

async function readEntry(reading: Reading, path: string): Promise<void> {
  const { files } = reading;
  if ((await files.kind(path)) !== 'directory') return readVarsFile(reading, path);
  for (const name of [...(await files.list(path))].sort(byName)) {
    if (name.startsWith('.') || name.endsWith('~')) continue;
    const isFolder = (await files.kind(join(path, name))) === 'directory';
    // As in Ansible, folders with an extension are no part of it.
    if (isFolder ? extname(name) === '' : EXTENSIONS.includes(extname(name))) await readEntry(reading, join(path, name));
  }
}

async function readVarsFile({ draft, origin, files, definedBy }: Reading, path: string): Promise<void> {
  const text = await files.read(path);
  if (typeof text !== 'string') {
    draft.problems.push(unreadable(path, text));
    return;
  }
  if (isVaultFile(text)) {
    draft.encryptedFiles.push({ definedBy, file: path });
    return;
  }
  const strange = notUtf8(path, text);
  if (strange !== null) {
    draft.problems.push(strange);
    return;
  }
  const source = parseYamlSource(path, text, KEPT_TAGS, files.secrets);
  draft.problems.push(...source.problems);
  if (!source.usable) return;
  const { kind, name } = definedBy;
  const vars = kind === 'host' ? hostDraft(draft, name) : groupDraft(draft, name).vars;
  const written = readYamlVars(source, source.root, { owner: `${kind} "${name}"`, problems: draft.problems });
  for (const one of written) define(vars, one, { definedBy, origin });
}
