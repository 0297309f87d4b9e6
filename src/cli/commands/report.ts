import type { Command } from 'commander';
import { REPORT_FORMATS, type ReportFormat } from '../../report/formats.ts';
import type { Cli } from '../cli.ts';
import { withExamples, withVerbose } from '../flags.ts';
import { parseFormat } from '../report-flag.ts';
import { addReportDiff } from './report-diff.ts';

interface ReportFlags {
  readonly format: ReportFormat;
  readonly out?: string;
  readonly verbose?: number;
}

/** Adds `report`. */
export function addReport(program: Command, cli: Cli): void {
  const command = withVerbose(program.command('report'))
    .usage('RUN [FLAGS]')
    .description('Show the change report of an earlier run again, also as a page or for other programs.')
    .argument('<RUN>', "a run's id, a beginning of it, or last")
    .option('--format <FORMAT>', REPORT_FORMATS.join(', '), parseFormat, 'text')
    .option('--out <FILE>', 'write it to a file instead of standard output')
    .action(async (named: string, flags: ReportFlags) => showReport(named, flags, cli));
  addReportDiff(command, cli);
  withExamples(command, ['drover report last', 'drover report 20261121T1015 --format html --out report.html']);
}

async function showReport(named: string, { format, out, verbose }: ReportFlags, { io, output }: Cli): Promise<void> {
  const [{ readSavedReport }, { checkReportFiles, writeWhole }, { renderFormat }] = await Promise.all([
    import('../saved-report.ts'),
    import('../report-files.ts'),
    import('../../report/formats.ts'),
  ]);
  if (out !== undefined) checkReportFiles([{ format, path: out }], io.cwd);
  const report = readSavedReport(named, io.cwd);
  if (out === undefined) {
    output.out(await renderFormat(report, format, { colours: output.colours.out, width: output.width, verbose }));
    return;
  }
  const { resolve } = await import('node:path');
  await writeWhole(resolve(io.cwd, out), await renderFormat(report, format, { verbose }));
}
