import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { diagnose } from '../errors/diagnose.ts';
import type { Diagnostic, DiagnosticCode, Place } from '../model/diagnostic.ts';
import { isModuleFailure, type ModuleFault } from './module-failure.ts';

/** What could not be loaded. */
export interface BrokenModule {
  readonly code: DiagnosticCode;
  /** `role "motd"` or `playbook`. */
  readonly what: string;
  readonly file: string;
}

/** Makes the diagnostics of a module that could not be loaded, each in the file and at the line it is about where those are known. */
export async function moduleProblems(broken: BrokenModule, error: unknown): Promise<readonly Diagnostic[]> {
  if (isModuleFailure(error)) return Promise.all(error.faults.map((fault) => moduleProblem(broken, fault, error.file)));
  const reason = error instanceof Error ? error.message : String(error);
  return [await moduleProblem(broken, { reason, file: broken.file, position: null }, broken.file)];
}

async function moduleProblem({ code, what, file }: BrokenModule, fault: ModuleFault, entry: string): Promise<Diagnostic> {
  // Files are named as the user named the module, which may be relative.
  const shown = fault.file === entry ? file : join(dirname(file), relative(dirname(entry), fault.file));
  const place: Place = { file: shown, ...(fault.position ?? { line: 1, column: 1 }) };
  return diagnose(code, `${what} cannot be loaded: ${fault.reason}`, { place, source: await sourceLine(fault.file, place.line) });
}

/** The text of a line of a file, counted from 1, or null. */
export async function sourceLine(file: string, line: number): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).split(/\r?\n/)[line - 1] ?? null;
  } catch {
    return null;
  }
}
