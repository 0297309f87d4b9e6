import { didYouMean } from '../errors/nearest.ts';
import { findRuns, readReport } from '../history/scan.ts';
import type { Report } from '../report/report.ts';
import { argumentProblem } from './problem.ts';

/** The report of the run that is named by its id, the beginning of it, or `last`. Throws InputProblems where there is none. */
export function findReport(named: string, cwd: string): Report {
  const id = findRunId(
    named,
    findRuns(cwd).map((run) => run.id),
  );
  const report = readReport(cwd, id);
  if (report === null) throw argumentProblem(`the report of run ${id} cannot be read`, 'drover history shows the runs that have one');
  return report;
}

function findRunId(named: string, ids: readonly string[]): string {
  const last = ids.at(-1);
  if (last === undefined) throw argumentProblem(`there is no run "${named}"`, 'nothing was run in this folder');
  if (named === 'last') return last;
  const [first, ...more] = ids.includes(named) ? [named] : ids.filter((id) => id.startsWith(named));
  if (first === undefined) throw argumentProblem(`there is no run "${named}"`, didYouMean(named, ids) ?? `the last one was ${last}`);
  if (more.length > 0) throw argumentProblem(`"${named}" begins the ids of ${more.length + 1} runs`, `such as ${first} and ${more[0]}`);
  return first;
}
