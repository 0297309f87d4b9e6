import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import { diagnose } from '../errors/diagnose.ts';
import type { Diagnostic } from '../model/diagnostic.ts';

/** Why a file cannot be read, as the system says it. */
export interface Unreadable {
  /** Such as `ENOENT`; null for what has no code. */
  readonly code: string | null;
  readonly message: string;
}

/** The files that inventories are made of. */
export interface SourceFiles {
  kind(path: string): Promise<'file' | 'directory' | 'missing'>;
  read(path: string): Promise<string | Unreadable>;
  /** Names in a folder in no order; none where there is no such folder. */
  list(path: string): Promise<readonly string[]>;
  isExecutable(path: string): Promise<boolean>;
}

/** Files on disk; `readText` may say what is in them, and that there are more. */
export function sourceFiles(readText?: (path: string) => Promise<string>): SourceFiles {
  const read = readText ?? ((path: string) => readFile(path, 'utf8'));
  return {
    kind: async (path) => {
      const found = await stat(path).catch(() => null);
      if (found !== null) return found.isDirectory() ? 'directory' : 'file';
      return readText !== undefined && typeof (await attempt(readText(path))) === 'string' ? 'file' : 'missing';
    },
    read: (path) => attempt(read(path)),
    list: (path) => readdir(path).catch(() => []),
    isExecutable: (path) =>
      access(path, constants.X_OK).then(
        () => true,
        () => false,
      ),
  };
}

async function attempt(reading: Promise<string>): Promise<string | Unreadable> {
  try {
    return await reading;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { code: error instanceof Error && 'code' in error ? String(error.code) : null, message };
  }
}

/** The problem of a file that cannot be read. */
export function unreadable(path: string, { code, message }: Unreadable): Diagnostic {
  if (code === 'ENOENT') return diagnose('file-missing', `there is no inventory file "${path}"`);
  return diagnose('file-missing', `inventory file "${path}" cannot be read: ${message}`);
}

/** The problem of a file that is not UTF-8, at its first such character outside lines of comments; null where it is. */
export function notUtf8(file: string, text: string): Diagnostic | null {
  if (!text.includes('\uFFFD')) return null;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const at = line.indexOf('\uFFFD');
    if (at === -1 || /^\s*[#;]/.test(line)) continue;
    const place = { file, line: index + 1, column: at + 1 };
    const hint = `if it is Latin-1: iconv -f LATIN1 -t UTF-8 ${file}`;
    return diagnose('unsupported', 'this character is not UTF-8, in which inventories are written', { place, hint });
  }
  return null;
}

/** Order of names by their characters' numbers, as Ansible sorts them. */
export function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
