import { type Command, Option } from 'commander';
import { EXIT } from '../../errors/exit-code.ts';
import type { Cli } from '../cli.ts';
import { withConnection, withExamples, withReports, withVerbose } from '../flags.ts';
import type { UndoFlags } from '../undo.ts';

/** Adds `undo`. */
export function addUndo(program: Command, cli: Cli): void {
  const command = program
    .command('undo')
    .usage('RUN [FLAGS]')
    .description(
      'Put back what an apply changed: shows the plan of it, and what cannot be undone, and asks once; elsewhere it needs --yes.',
    )
    .argument('<RUN>', "the run's id, a beginning of it, or last");
  withReports(withVerbose(withConnection(command, 'that of the run')))
    .addOption(new Option('--host <HOST>', 'only this host; may be repeated').argParser(collect).default([], 'all hosts of the run'))
    .option('--overwrite', 'put back also what somebody has changed since')
    .option('--json', 'print the change report as JSON on standard output, and nothing else there')
    .option('--yes', 'do not ask')
    .action(async (run: string, flags: Omit<UndoFlags, 'tags' | 'skipTags'>) =>
      cli.finish(await runUndo(run, { ...flags, tags: [], skipTags: [] }, cli)),
    );
  withExamples(command, ['drover undo last', 'drover undo 20261121T1015 --host web1 --host web2']);
}

function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

async function runUndo(run: string, flags: UndoFlags, cli: Cli): Promise<number> {
  const [{ applyWork, refuseUnasked }, { openUndo }] = await Promise.all([import('../apply-work.ts'), import('../undo.ts')]);
  refuseUnasked(flags, 'undo', cli);
  const work = await openUndo(run, flags, cli);
  return work === null ? EXIT.ok : applyWork(work, flags, cli);
}
