import { dirname, extname, join } from 'node:path';
import { diagnose } from '../errors/diagnose.ts';
import { parseYamlSource } from '../errors/yaml-source.ts';
import type { SecretKeeper } from '../model/secret.ts';
import type { Draft } from './draft.ts';
import { KEPT_TAGS } from './kept-tags.ts';
import { readGroups } from './read-groups.ts';
import { byName, notUtf8, type SourceFiles, unreadable } from './source-files.ts';
import { isVaultFile } from './vault-file.ts';

/** What sources are read into, and from. */
export interface SourceReading {
  readonly draft: Draft;
  readonly files: SourceFiles;
  readonly secrets: SecretKeeper;
}

/** Names that are left out in folders of inventories; the list is that of Ansible 2.14 (INVENTORY_IGNORE_EXTS). */
const LEFT_OUT = /^\.|^(?:group_vars|host_vars|vars_plugins)$|(?:~|\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|ini|cfg|retry))$/;

/**
 * Adds one inventory source to the draft: a file (YAML, INI or a program that prints JSON), a folder of them, or a list of hosts with commas.
 * Gives the folder that its `group_vars` and `host_vars` may stand in; null for a list.
 */
export async function readSource(reading: SourceReading, source: string): Promise<string | null> {
  const kind = await reading.files.kind(source);
  if (kind === 'missing' && source.includes(',')) {
    const { readHostList } = await import('./read-host-list.ts');
    readHostList(reading.draft, source);
    return null;
  }
  if (kind !== 'directory') {
    await readFileSource(reading, source);
    return dirname(source);
  }
  await readFolder(reading, source, 0);
  return source;
}

const DEEPEST_FOLDER = 16;

async function readFolder(reading: SourceReading, folder: string, depth: number): Promise<void> {
  const { files, draft } = reading;
  const names = [...(await files.list(folder))].filter((name) => !LEFT_OUT.test(name)).sort(byName);
  if (names.length === 0 && depth === 0) {
    const hint = 'files that end in .ini, .cfg, .md, .txt, .bak and the like are left out in folders, as in Ansible';
    draft.problems.push(diagnose('file-missing', `there is no inventory in the folder "${folder}"`, { hint }));
  }
  for (const name of names) {
    const path = join(folder, name);
    if ((await files.kind(path)) !== 'directory') await readFileSource(reading, path);
    else if (depth < DEEPEST_FOLDER) await readFolder(reading, path, depth + 1);
  }
}

async function readFileSource({ draft, files, secrets }: SourceReading, file: string): Promise<void> {
  const text = await files.read(file);
  if (typeof text !== 'string') {
    draft.problems.push(unreadable(file, text));
    return;
  }
  const format = await formatOf(file, text, files);
  const strange = format === 'ini' || format === 'yaml' ? notUtf8(file, text) : null;
  if (strange !== null) {
    draft.problems.push(strange);
    return;
  }
  switch (format) {
    case 'program': {
      const { readProgram } = await import('./read-program.ts');
      return readProgram(draft, file);
    }
    case 'ini': {
      const { readIni } = await import('./read-ini.ts');
      return readIni(file, text, draft);
    }
    case 'yaml': {
      const source = parseYamlSource(file, text, KEPT_TAGS, secrets);
      draft.problems.push(...source.problems);
      if (source.usable) readGroups(source, draft);
      return;
    }
    case 'vault':
      return refuse(draft, file, {
        message: 'inventories encrypted as a whole cannot be read',
        hint: 'encrypt single values, with !vault',
      });
    case 'not-executable':
      return refuse(draft, file, { message: 'an inventory that starts with "#!" is a program', hint: `chmod +x ${file}` });
    case 'toml':
      return refuse(draft, file, { message: 'TOML inventories cannot be read', hint: 'write it as YAML or INI' });
    case 'binary':
      return refuse(draft, file, { message: 'this is no inventory: it is no text', hint: null });
  }
}

function refuse(draft: Draft, file: string, { message, hint }: { readonly message: string; readonly hint: string | null }): void {
  draft.problems.push(diagnose('unsupported', message, { place: { file, line: 1, column: 1 }, hint }));
}

type Format = 'yaml' | 'ini' | 'program' | 'not-executable' | 'vault' | 'toml' | 'binary';

async function formatOf(file: string, text: string, files: SourceFiles): Promise<Format> {
  const isProgram = text.startsWith('#!') || text.startsWith('\x7fELF');
  if (isProgram && (await files.isExecutable(file))) return 'program';
  if (text.startsWith('#!')) return 'not-executable';
  if (text.includes('\0')) return 'binary';
  return isVaultFile(text) ? 'vault' : textFormat(file, text);
}

function textFormat(file: string, text: string): 'yaml' | 'ini' | 'toml' {
  const extension = extname(file);
  if (extension === '.toml') return 'toml';
  if (extension === '.ini') return 'ini';
  const first = firstLine(text);
  if (/^\[[^\]"',]+\]\s*(?:#.*)?$|^;/.test(first)) return 'ini';
  return ['.yml', '.yaml', '.json'].includes(extension) || looksLikeYaml(first) ? 'yaml' : 'ini';
}

/** The first line that is neither empty nor a comment of both formats. */
function firstLine(text: string): string {
  return /^[^\S\n]*[^#\s].*$/m.exec(text)?.[0].trim() ?? '---';
}

/** A mapping, in YAML or JSON, a list with dashes, or a mark of YAML; what starts with a bracket is a heading that may be broken. */
function looksLikeYaml(line: string): boolean {
  return /^(?:---|%YAML|\{|- |\?)|^(?:"[^"]*"|'[^']*'|[^\s=]+):(?:\s|$)/.test(line);
}
