import { accessSync, constants, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { diagnose } from '../errors/diagnose.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { ReportFormat } from '../report/formats.ts';
import type { Report } from '../report/report.ts';
import type { Cli } from './cli.ts';
import { InputProblems } from './problem.ts';

/** A file that a report is to be written to, as `--report FORMAT=PATH` names it. */
export interface ReportFile {
  readonly format: ReportFormat;
  readonly path: string;
}

/** Finds out before any host is contacted whether these files can be written. Throws InputProblems with everything that is wrong. */
export function checkReportFiles(files: readonly ReportFile[], cwd: string): void {
  const problems = files.flatMap((file, index) => {
    const isTwice = files.slice(0, index).some(({ path }) => resolve(cwd, path) === resolve(cwd, file.path));
    return isTwice ? [diagnose('argument', `two reports are to be written to ${file.path}`)] : whyNot(file.path, cwd);
  });
  if (problems.length > 0) throw new InputProblems(problems);
}

function whyNot(path: string, cwd: string): readonly Diagnostic[] {
  const [target, folder] = [resolve(cwd, path), dirname(resolve(cwd, path))];
  const problem = (why: string, hint: string | null = null): readonly Diagnostic[] => [
    diagnose('argument', `the report ${path} cannot be written: ${why}`, { hint }),
  ];
  const kind = kindOf(target);
  if (kind === 'folder') return problem('it is a folder', `name a file in it, such as ${path.replace(/\/*$/, '')}/report.html`);
  if (kind === 'other') return isWritable(target) ? [] : problem('it is not writable');
  const around = kindOf(folder);
  if (around === null) return problem(`the folder ${dirname(path)} does not exist`, `mkdir -p ${dirname(path)}`);
  if (around !== 'folder') return problem(`${dirname(path)} is no folder`);
  return isWritable(folder) ? [] : problem(`the folder ${dirname(path)} is not writable`);
}

/** null: nothing is there, or it cannot be looked at. `other`: a device, a pipe. */
function kindOf(path: string): 'file' | 'folder' | 'other' | null {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) return 'folder';
    return stats.isFile() ? 'file' : 'other';
  } catch {
    return null;
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Writes a report in each of the forms; trouble is a warning on standard error, for it must not hide the run's outcome. */
export async function writeReports(
  report: Report,
  files: readonly ReportFile[],
  { io, output }: Pick<Cli, 'io' | 'output'>,
): Promise<void> {
  if (files.length === 0) return;
  const { renderFormat } = await import('../report/formats.ts');
  for (const { format, path } of files) {
    try {
      await writeWhole(resolve(io.cwd, path), await renderFormat(report, format));
    } catch (error) {
      output.err(`warning: the report ${path} could not be written: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}

/** Writes a file whole or not at all. A new one is for its owner alone, for it shows contents; one that is there keeps its permissions. */
export async function writeWhole(path: string, text: string): Promise<void> {
  if (kindOf(path) === 'other') return writeFile(path, text);
  const mode = kindOf(path) === 'file' ? statSync(path).mode & 0o777 : 0o600;
  const temporary = `${path}.new`;
  await writeFile(temporary, text, { mode });
  await rename(temporary, path);
}
