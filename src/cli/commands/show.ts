import type { Command } from 'commander';
import { EXIT } from '../../errors/exit-code.ts';
import type { Cli } from '../cli.ts';
import { withExamples, withVerbose } from '../flags.ts';

interface ShowFlags {
  readonly json?: true;
  readonly verbose?: number;
}

/** Adds `show`. */
export function addShow(program: Command, cli: Cli): void {
  const command = withVerbose(program.command('show'))
    .usage('FILE [FLAGS]')
    .description('Show a saved plan as it was shown when it was made. Contacts no host.')
    .argument('<FILE>', 'plan that drover plan --out saved')
    .option('--json', 'print the change report of the plan as JSON')
    .action(async (file: string, flags: ShowFlags) => cli.finish(await runShow(file, flags, cli)));
  withExamples(command, ['drover show site.plan']);
}

async function runShow(file: string, { json, verbose }: ShowFlags, { io, output }: Cli): Promise<number> {
  const [{ openPlanFile, planOrigin }, { safeJson }, { renderReport }] = await Promise.all([
    import('../saved-plan.ts'),
    import('../../report/visible.ts'),
    import('../../report/text.ts'),
  ]);
  const plan = openPlanFile(file, io.cwd);
  if (json === true) {
    output.out(`${safeJson(plan.report)}\n`);
    return EXIT.ok;
  }
  const options = { colours: output.colours.out, width: output.width, show: 'plan', verbose } as const;
  output.out(`${renderReport(plan.report, options)}made    ${planOrigin(plan)}\n`);
  return EXIT.ok;
}
