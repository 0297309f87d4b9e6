import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Project, Resume } from '../../engine.ts';
import { EXIT, exitCode } from '../../errors/exit-code.ts';
import type { PlannedRun } from '../../execute/run.ts';
import type { Run } from '../../model/run.ts';
import type { ApprovedPlan } from '../../saved-plan.ts';
import { canAsk, confirm } from '../ask.ts';
import type { Cli } from '../cli.ts';
import type { EarlierRun } from '../earlier-run.ts';
import { type RunFlags, withExamples, withReports, withRun } from '../flags.ts';
import { argumentProblem } from '../problem.ts';
import type { Session } from '../run-session.ts';

interface ApplyFlags extends RunFlags {
  readonly yes?: true;
  /** A run's id, the beginning of one, or `last`. */
  readonly resume?: string;
  readonly retryFailed?: string;
}

/** Adds `apply`. */
export function addApply(program: Command, cli: Cli): void {
  const command = program
    .command('apply')
    .usage('PLAYBOOK [FLAGS]')
    .description('Carry out what plan shows. At a terminal it shows the plan and asks once; elsewhere it needs --yes.')
    .argument('[PLAYBOOK]', 'playbook, YAML or typed .ts, or a saved plan; with --resume and --retry-failed that of the run');
  withReports(withRun(command))
    .option('--yes', 'do not ask')
    .option('--resume <RUN>', 'go on with the hosts that an earlier run did not get to: its id, a beginning of it, or last')
    .option('--retry-failed <RUN>', 'the same with the hosts that failed or were unreachable')
    .action(async (playbook: string | undefined, flags: ApplyFlags) => cli.finish(await runApply(playbook, flags, cli)));
  withExamples(command, [
    'drover apply playbooks/site.yml -i inventory/hosts.yml',
    'drover apply playbooks/site.yml -l web1 --yes',
    'drover apply --resume last',
    'drover apply site.plan',
  ]);
}

async function runApply(playbook: string | undefined, flags: ApplyFlags, cli: Cli): Promise<number> {
  if (flags.yes !== true && !canAsk(cli.io)) {
    throw argumentProblem(
      'apply asks before it changes anything, and there is no terminal to ask at',
      'add --yes to apply without a question',
    );
  }
  const opened = await openWork(playbook, flags, cli);
  return opened === null ? EXIT.ok : applyWork(opened, flags, cli);
}

/** A project, and the part of it that is left where an earlier run is gone on with, or that a saved plan shows. */
interface Opened {
  readonly project: Project;
  readonly resume: Resume | null;
  readonly approved: ApprovedPlan | null;
}

/** null: nothing is left of the earlier run, or to do of the plan. Throws InputProblems. */
async function openWork(playbook: string | undefined, flags: ApplyFlags, cli: Cli): Promise<Opened | null> {
  const { openProject } = await import('../run-session.ts');
  const earlier = await earlierRun(flags, cli);
  if (earlier === null) {
    if (playbook === undefined) throw argumentProblem('drover apply needs PLAYBOOK', 'drover apply --help shows what it takes');
    const { isSavedPlan } = await import('../../saved-plan.ts');
    if (isSavedPlan(resolve(cli.io.cwd, playbook))) return openPlan(playbook, flags, cli);
    return { project: await openProject(playbook, flags, cli), resume: null, approved: null };
  }
  const [{ asBefore }, { planResume }] = await Promise.all([import('../earlier-run.ts'), import('../resume.ts')]);
  const before = asBefore(earlier, { playbook, flags, cwd: cli.io.cwd });
  const project = await openProject(before.playbook, before.flags, cli);
  const resume = planResume(project, earlier, cli);
  return resume === null ? null : { project, resume, approved: null };
}

async function openPlan(file: string, flags: ApplyFlags, cli: Cli): Promise<Opened | null> {
  const { openSavedPlan } = await import('../saved-plan.ts');
  const opened = await openSavedPlan(file, flags, cli);
  if (opened === null) cli.output.err('Nothing to change.\n');
  return opened === null ? null : { ...opened, resume: null };
}

async function earlierRun({ resume, retryFailed }: ApplyFlags, { io }: Cli): Promise<EarlierRun | null> {
  if (resume !== undefined && retryFailed !== undefined)
    throw argumentProblem('--resume and --retry-failed exclude each other', 'first the one, then the other with the run that it made');
  const named = resume ?? retryFailed;
  if (named === undefined) return null;
  const { findEarlierRun } = await import('../earlier-run.ts');
  return findEarlierRun(named, resume === undefined ? 'retry-failed' : 'resume', io.cwd);
}

async function applyWork({ project, resume, approved }: Opened, flags: ApplyFlags, cli: Cli): Promise<number> {
  const [{ openSession }, { startRun }, { openTransport }] = await Promise.all([
    import('../run-session.ts'),
    import('../../engine.ts'),
    import('../reach.ts'),
  ]);
  const session = openSession(project, flags, cli);
  const { live, stopper, questions, warn } = session;
  try {
    const transport = await openTransport(project.hosts, project.options, { cli, questions, say: live.say, signal: stopper.signals.soft });
    live.start(true);
    const run = await startRun(project, {
      mode: 'apply',
      argv: cli.argv,
      forks: flags.forks,
      emit: live.emit,
      stop: stopper.signals,
      transport,
      warn,
      ...(resume === null ? {} : { resume }),
      ...(approved === null ? {} : { approved }),
    });
    try {
      live.stop();
      return await decide(run, { flags, cli, session });
    } finally {
      await run.close();
    }
  } finally {
    session.close();
  }
}

interface Applying {
  readonly flags: ApplyFlags;
  readonly cli: Cli;
  readonly session: Session;
}

/** Applies the plan if there is something to apply and the user wants it. Returns the exit code. */
async function decide(run: PlannedRun, { flags, cli, session }: Applying): Promise<number> {
  const { plan } = run;
  const reportFile = await session.save(plan);
  if (plan.interrupted !== null || changesOf(plan).steps === 0) {
    session.show(plan, 'plan', reportFile);
    if (plan.interrupted === null) cli.output.err(plan.exitCode === 0 ? 'Nothing to change.\n' : 'Nothing was changed.\n');
    return plan.exitCode;
  }
  if (flags.yes !== true && !(await isWanted(plan, { flags, cli, session }))) {
    return decline(plan, { flags, cli, session });
  }
  session.live.start(false);
  const result = await run.apply();
  session.live.stop();
  session.show(result, 'result', await session.save(result));
  return result.exitCode;
}

async function isWanted(plan: Run, { flags, cli, session }: Applying): Promise<boolean> {
  const { output } = cli;
  const text = session.text(plan, 'plan', null);
  if (flags.json === true) output.err(text);
  else output.out(text);
  const { hosts } = changesOf(plan);
  return confirm(`\nApply these changes to ${hosts} host${hosts === 1 ? '' : 's'}?`, cli, session.stopper.signals.soft);
}

/** Ends without a change; a signal at the question goes into the report. */
async function decline(plan: Run, { flags, cli, session }: Applying): Promise<number> {
  const interrupted = session.stopper.signal();
  const run: Run = interrupted === null ? plan : { ...plan, interrupted, exitCode: exitCode({ interrupted }) };
  const reportFile = await session.save(run);
  cli.output.err('Nothing was changed.\n');
  if (flags.json === true) session.show(run, 'plan', reportFile);
  return run.exitCode;
}

function changesOf({ hosts }: Run): { readonly hosts: number; readonly steps: number } {
  const changing = hosts.filter(({ outcome }) => outcome === 'changed');
  return { hosts: changing.length, steps: changing.flatMap(({ steps }) => steps).filter(({ outcome }) => outcome === 'changed').length };
}
