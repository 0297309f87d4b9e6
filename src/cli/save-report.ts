import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderReport } from '../report/json.ts';
import type { Report } from '../report/report.ts';
import type { Cli } from './cli.ts';

/**
 * Writes a change report below `.drover/runs`, readable by the user only, whole or not at all; a later call for the same run replaces it.
 * Returns its path, relative to the working folder; trouble is a warning on standard error and null, for it must not hide the run's outcome.
 */
export async function saveReport(report: Report, { io, output }: Pick<Cli, 'io' | 'output'>): Promise<string | null> {
  const folder = join('.drover', 'runs', report.run.id);
  const file = join(folder, 'report.json');
  const target = join(io.cwd, file);
  const temporary = `${target}.new`;
  try {
    await mkdir(join(io.cwd, folder), { recursive: true, mode: 0o700 });
    await writeFile(temporary, renderReport(report), { mode: 0o600 });
    await rename(temporary, target);
    return file;
  } catch (error) {
    output.err(`warning: the change report could not be written: ${error instanceof Error ? error.message : String(error)}\n`);
    return null;
  }
}
