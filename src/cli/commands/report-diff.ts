import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { withExamples } from '../flags.ts';

interface DiffFlags {
  readonly json?: true;
}

/** Adds `diff` to `report`. */
export function addReportDiff(report: Command, cli: Cli): void {
  const command = report
    .command('diff')
    .usage('RUN RUN [FLAGS]')
    .description('What two runs did differently, by host and step: such as a plan and its apply, or the same playbook then and now.')
    .argument('<RUN>', 'the first: its id, a beginning of it, or last')
    .argument('<RUN2>', 'the second')
    .option('--json', 'print the difference as JSON')
    .action(async (first: string, second: string, flags: DiffFlags) => showDifference([first, second], flags, cli));
  withExamples(command, ['drover report diff 20261120T1402 last']);
}

async function showDifference([one, other]: readonly [string, string], { json }: DiffFlags, { io, output }: Cli): Promise<void> {
  const [{ readSavedReport }, { compareRuns }, { renderDifference }, { renderHistoryJson }] = await Promise.all([
    import('../saved-report.ts'),
    import('../../report/compare-runs.ts'),
    import('../../report/run-difference.ts'),
    import('../../report/history.ts'),
  ]);
  const [first, second] = [readSavedReport(one, io.cwd), readSavedReport(other, io.cwd)];
  const difference = compareRuns(first, second);
  if (json === true) output.out(renderHistoryJson({ first: first.run, second: second.run, ...difference }));
  else output.out(renderDifference({ first, second }, difference, { colours: output.colours.out, width: output.width }));
}
