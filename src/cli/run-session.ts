import type { Project } from '../engine.ts';
import { addDrift } from '../history/add-drift.ts';
import { recordRun } from '../history/history.ts';
import type { Questions } from '../model/questions.ts';
import type { Run } from '../model/run.ts';
import { renderJson, reportOf } from '../report/json.ts';
import type { Redactor } from '../report/redact.ts';
import type { Report } from '../report/report.ts';
import { renderRun } from '../report/text.ts';
import type { Cli } from './cli.ts';
import type { RunFlags } from './flags.ts';
import { createLive, type Live } from './live.ts';
import { inventoryFiles, readOperator } from './operator.ts';
import { InputProblems } from './problem.ts';
import { createQuestions } from './questions.ts';
import { checkReportFiles, writeReports } from './report-files.ts';
import { saveReport } from './save-report.ts';
import { guardSecrets } from './secrets.ts';
import { createStopper, type Stopper } from './stopper.ts';

/** Loads and checks inventory, playbook and parameters. Throws InputProblems with everything that is wrong. */
export async function openProject(playbook: string, flags: RunFlags, cli: Cli): Promise<Project> {
  const inventory = inventoryFiles(flags, cli.io);
  checkReportFiles(flags.report ?? [], cli.io.cwd);
  const { loadProject } = await import('../engine.ts');
  const { value, problems } = await loadProject({
    ...(await readOperator(flags, cli)),
    playbook,
    inventory,
    limit: flags.limit ?? null,
    tags: flags.tags,
    skipTags: flags.skipTags,
  });
  if (value === null) throw new InputProblems(problems);
  return value;
}

/** What plan, check and apply need while a run lasts. */
export interface Session {
  readonly live: Live;
  readonly stopper: Stopper;
  /** Whoever can answer at the terminal; null where there is none. */
  readonly questions: Questions | null;
  readonly redactor: Redactor;
  /** Shows a warning, whatever else is shown. */
  warn(sentence: string): void;
  /** The run, whose steps that are not as wanted say what the history knows of them. */
  withDrift(run: Run): Run;
  /** Saves the run's report, also in the forms that `--report` names, and returns its path, or null. */
  save(run: Run): Promise<string | null>;
  /** Writes the run as text, or with `--json` as JSON, to standard output. */
  show(run: Run, show: 'plan' | 'result', reportFile: string | null): void;
  /** The run as text, in the colours of standard error where `--json` keeps standard output for JSON. */
  text(run: Run, show: 'plan' | 'result', reportFile: string | null): string;
  /** Ends the session; what was saved last is from now on in the history. */
  close(): void;
}

/** Begins a session: signals are listened to until `close`. */
export function openSession(project: Project, flags: RunFlags, cli: Cli): Session {
  const { output } = cli;
  const redactor: Redactor = guardSecrets(project.hosts, project.options, cli);
  const isVerbose = flags.verbose !== undefined;
  const detail = isVerbose ? 'steps' : 'hosts';
  const live = createLive(cli, (planned) => (planned && !isVerbose ? 'nothing' : detail));
  const stopper = createStopper(cli.io, {
    onSoft: (signal) => live.stopping(signal),
    onHard: () => live.say('dropping the connections'),
  });
  const text: Session['text'] = (run, show, reportFile) =>
    renderRun(redactor.run(run), {
      colours: flags.json === true ? output.colours.err : output.colours.out,
      width: output.width,
      show,
      verbose: flags.verbose,
      reportFile,
    });
  const warn = (sentence: string): void => live.say(`warning: ${sentence}`);
  let saved: Report | null = null;
  return {
    live,
    stopper,
    questions: createQuestions(cli, { live, stopper, redactor }),
    redactor,
    warn,
    withDrift: (run) => addDrift(run, { cwd: cli.io.cwd, warn, redact: redactor.run }),
    save: async (run) => {
      const report = reportOf(redactor.run(run));
      const file = await saveReport(report, cli);
      if (file !== null) saved = report;
      await writeReports(report, flags.report ?? [], cli);
      return file;
    },
    show: (run, show, reportFile) =>
      flags.json === true ? output.outJson(renderJson(redactor.run(run))) : output.out(text(run, show, reportFile)),
    text,
    close: () => {
      live.stop();
      stopper.close();
      if (saved !== null) recordRun(cli.io.cwd, saved);
    },
  };
}
