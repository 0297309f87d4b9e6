import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordedRuns } from '../journal.ts';
import { parseReport } from '../report/parse-report.ts';
import type { Report } from '../report/report.ts';
import { argumentProblem } from './problem.ts';
import { requireReadableRuns, runNamed } from './run-name.ts';

/** Where the change report of a run lies, relative to the folder in which drover was started. */
export function reportFile(id: string): string {
  return join('.drover', 'runs', id, 'report.json');
}

/** The change report of the run that is named by its id, a beginning of it, or `last`. Throws InputProblems where there is none that can be read. */
export function readSavedReport(named: string, cwd: string): Report {
  requireReadableRuns(cwd);
  const ids = recordedRuns(cwd);
  const last = ids.findLast((id) => existsSync(join(cwd, reportFile(id)))) ?? null;
  const none = `plan, check and apply leave theirs in ${join('.drover', 'runs')} of the folder in which they are started`;
  const file = reportFile(runNamed(named, ids, { last, word: 'run', none: ['this folder has no reports', none] }));
  const parsed = parseReport(textOf(file, cwd));
  if ('report' in parsed) return parsed.report;
  throw argumentProblem(`${file} ${parsed.problem}`, parsed.hint);
}

function textOf(file: string, cwd: string): string {
  try {
    return readFileSync(join(cwd, file), 'utf8');
  } catch (error) {
    throw argumentProblem(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
