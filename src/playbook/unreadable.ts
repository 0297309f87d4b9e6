import { diagnose } from '../errors/diagnose.ts';
import type { Diagnostic } from '../model/diagnostic.ts';

/** The diagnostic of a playbook that cannot be read, from the error of the file system. */
export function unreadable(file: string, error: unknown): Diagnostic {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ERR_MODULE_NOT_FOUND') return diagnose('file-missing', `there is no playbook "${file}"`);
  if (code === 'EISDIR') return diagnose('file-missing', `"${file}" is a directory, not a playbook`);
  return diagnose('file-missing', `playbook "${file}" cannot be read: ${error instanceof Error ? error.message : String(error)}`);
}
