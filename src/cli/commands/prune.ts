import { type Command, InvalidArgumentError } from 'commander';
import { EXIT } from '../../errors/exit-code.ts';
import type { PruningLoss } from '../../history/prune.ts';
import type { RunLine } from '../../model/history.ts';
import { canAsk, confirm } from '../ask.ts';
import type { Cli } from '../cli.ts';
import { withExamples } from '../flags.ts';
import { parseOlder } from '../parse-time.ts';
import { argumentProblem } from '../problem.ts';
import { requireReadableRuns } from '../run-name.ts';
import { createStopper } from '../stopper.ts';

interface PruneFlags {
  readonly keep?: number;
  /** The time that `--older-than` comes to. */
  readonly olderThan?: string;
  readonly force?: true;
  readonly yes?: true;
}

/** Adds `prune` to `history`. */
export function addPrune(history: Command, cli: Cli): void {
  const command = history
    .command('prune')
    .usage('[FLAGS]')
    .description('Delete old runs: their reports and journals. Shows which and asks once; elsewhere than at a terminal it needs --yes.')
    .option('--keep <N>', 'keep so many of the newest', parseKeep)
    .option('--older-than <AGE>', 'only runs that are older: 12h, 90d, 26w', parseOlder)
    .option('--force', 'also runs that can still be resumed')
    .option('--yes', 'do not ask')
    .action(async (flags: PruneFlags) => cli.finish(await prune(flags, cli)));
  withExamples(command, ['drover history prune --older-than 90d --keep 100']);
}

function parseKeep(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('must be a whole number');
  return Number(value);
}

async function prune({ keep, olderThan, force, yes }: PruneFlags, cli: Cli): Promise<number> {
  const { io, output } = cli;
  if (keep === undefined && olderThan === undefined)
    throw argumentProblem(
      'history prune needs --keep or --older-than',
      'such as --older-than 90d; with both a run goes only if both say so',
    );
  if (yes !== true && !canAsk(io))
    throw argumentProblem('history prune asks before it deletes anything, and there is no terminal to ask at', 'add --yes to delete');
  const [{ openHistory }, { deleteRuns, lossOf, planPruning }, { renderRuns }] = await Promise.all([
    import('../../history/history.ts'),
    import('../../history/prune.ts'),
    import('../../report/history.ts'),
  ]);
  const warn = (sentence: string): void => output.err(`warning: ${sentence}\n`);
  requireReadableRuns(io.cwd);
  const { runs } = openHistory(io.cwd, { warn });
  const { gone, resumable } = planPruning(runs, { keep, since: olderThan, force: force === true }, io.cwd);
  if (resumable.length > 0) output.err(`kept, for they can still be resumed: ${named(resumable)}; --force deletes them too\n`);
  if (gone.length === 0) {
    output.err('Nothing to delete.\n');
    return EXIT.ok;
  }
  output.out(renderRuns(gone, { colours: output.colours.out, width: output.width, more: 0 }));
  const loss = lossText(lossOf(gone, io.cwd));
  if (loss !== null) output.err(loss);
  if (yes !== true && !(await isWanted(gone.length, cli))) {
    output.err('Nothing was deleted.\n');
    return EXIT.ok;
  }
  deleteRuns(gone, io.cwd);
  openHistory(io.cwd, { warn });
  output.err(`${runsOf(gone.length)} deleted, ${runs.length - gone.length} left.\n`);
  return EXIT.ok;
}

function lossText({ undo, goOn }: PruningLoss): string | null {
  const needs = [
    ...(undo === 0 ? [] : [`what undo needs of ${runsOf(undo)}`]),
    ...(goOn === 0 ? [] : [`what --resume and --retry-failed need of ${runsOf(goOn)}`]),
  ];
  return needs.length === 0 ? null : `With them goes ${needs.join(', and ')}.\n`;
}

async function isWanted(number: number, cli: Cli): Promise<boolean> {
  const stopper = createStopper(cli.io, { onSoft: () => {}, onHard: () => {} });
  try {
    return await confirm(`\nDelete ${number === 1 ? 'this run' : `these ${number} runs`}?`, cli, stopper.signals.soft);
  } finally {
    stopper.close();
  }
}

function named(runs: readonly RunLine[]): string {
  const names = runs.slice(0, 3).map(({ id }) => id);
  return `${names.join(', ')}${runs.length > names.length ? ` and ${runs.length - names.length} more` : ''}`;
}

function runsOf(number: number): string {
  return number === 1 ? '1 run' : `${number} runs`;
}
