import { type Command, InvalidArgumentError, Option } from 'commander';
import { didYouMean } from '../../errors/nearest.ts';
import type { History } from '../../history/history.ts';
import type { RunQuery } from '../../history/query.ts';
import { RUN_OUTCOMES } from '../../model/history.ts';
import type { Cli } from '../cli.ts';
import { withExamples } from '../flags.ts';
import { parseTime } from '../parse-time.ts';
import { argumentProblem } from '../problem.ts';
import { requireReadableRuns } from '../run-name.ts';
import { addPrune } from './prune.ts';

/** Runs that are shown where `-n` is not given. */
const DEFAULT_MOST = 20;

interface HistoryFlags extends RunQuery {
  readonly host?: string;
  readonly most?: number;
  readonly json?: true;
}

/** Adds `history` and `history prune`. */
export function addHistory(program: Command, cli: Cli): void {
  const command = program
    .command('history')
    .usage('[FLAGS]')
    .description('The runs of this folder, newest first: who, what, when, outcome; or what was changed on one host, ever.')
    .option('--host <HOST>', 'what the runs did on this host')
    .option('--role <ROLE>', 'only runs in which this role had steps; with --host only its steps')
    .option('--playbook <FILE>', 'only runs of this playbook: its path as given, or the end of it')
    .addOption(new Option('--mode <MODE>', 'only runs of this kind').choices(['plan', 'check', 'apply']))
    .addOption(new Option('--outcome <OUTCOME>', 'only runs that ended so; with --host: ended so for it').choices(RUN_OUTCOMES))
    .option('--since <TIME>', 'only runs of the last 90m, 12h, 7d, 4w, or since a date (UTC)', (value) => parseTime(value))
    .addOption(mostOption())
    .option('--json', 'print the runs as JSON')
    .action(async (flags: HistoryFlags) => showHistory(flags, cli));
  withExamples(command, ['drover history --since 7d --outcome failed', 'drover history --host web1', 'drover history prune --keep 1000']);
  addPrune(command, cli);
}

function mostOption(): Option {
  const option = new Option('-n, --most <N>', 'at most so many runs, or ALL of them').argParser((value) => {
    if (/^all$/i.test(value)) return Number.POSITIVE_INFINITY;
    if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('must be a whole number from 1, or ALL');
    return Number(value);
  });
  return option.default(undefined, `${DEFAULT_MOST}, ALL with --host`);
}

async function showHistory(flags: HistoryFlags, cli: Cli): Promise<void> {
  const { openHistory } = await import('../../history/history.ts');
  requireReadableRuns(cli.io.cwd);
  const history = openHistory(cli.io.cwd, { warn: (sentence) => cli.output.err(`warning: ${sentence}\n`) });
  if (flags.host === undefined) await showRuns(history, flags, cli);
  else await showHost(history, flags.host, { flags, cli });
}

async function showRuns(history: History, flags: HistoryFlags, { output }: Cli): Promise<void> {
  const [{ selectRuns }, report] = await Promise.all([import('../../history/query.ts'), import('../../report/history.ts')]);
  const wanted = selectRuns(history.runs, flags);
  const shown = wanted.slice(0, flags.most ?? DEFAULT_MOST);
  if (flags.json === true) return output.out(report.renderHistoryJson(shown.map(withoutStamp)));
  if (shown.length === 0) return output.err(history.runs.length === 0 ? 'Nothing was run in this folder.\n' : 'No such run.\n');
  output.out(report.renderRuns(shown, { colours: output.colours.out, width: output.width, more: wanted.length - shown.length }));
}

async function showHost(history: History, host: string, { flags, cli }: { flags: HistoryFlags; cli: Cli }): Promise<void> {
  const [{ isNotable, selectHostRuns }, report] = await Promise.all([import('../../history/query.ts'), import('../../report/history.ts')]);
  const lines = history.host(host);
  if (lines.length === 0) throw argumentProblem(`no run on a host "${host}" is on record`, didYouMean(host, history.hosts));
  const all = selectHostRuns(lines, history.runs, flags);
  const most = flags.most ?? Number.POSITIVE_INFINITY;
  const { output } = cli;
  if (flags.json === true) {
    const runs = all.slice(0, most).map(({ run, host: { run: _run, ...own } }) => ({ run: withoutStamp(run), ...own }));
    return output.out(report.renderHistoryJson({ host, runs }));
  }
  const notable = all.filter(isNotable);
  const shown = notable.slice(0, most);
  if (all.length === 0) return output.err('No such run.\n');
  const more = { more: notable.length - shown.length, quiet: all.length - notable.length };
  output.out(report.renderHostRuns(shown, { colours: output.colours.out, width: output.width, ...more }));
}

/** How the index notices changes is nobody else's business. */
function withoutStamp<T extends { readonly stamp: string }>({ stamp: _stamp, ...run }: T): Omit<T, 'stamp'> {
  return run;
}
