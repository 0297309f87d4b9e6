import { resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT } from '../../errors/exit-code.ts';
import { isSavedPlan } from '../../saved-plan-format.ts';
import type { ApplyWork, WorkFlags } from '../apply-work.ts';
import type { Cli } from '../cli.ts';
import type { EarlierRun } from '../earlier-run.ts';
import { withExamples, withReports, withRun } from '../flags.ts';
import { argumentProblem, type InputProblems } from '../problem.ts';

interface ApplyFlags extends WorkFlags {
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
  const { applyWork, refuseUnasked } = await import('../apply-work.ts');
  if (playbook === undefined && flags.resume === undefined && flags.retryFailed === undefined) throw needsPlaybook();
  refuseUnasked(flags, 'apply', cli);
  const work = await openWork(playbook, flags, cli);
  return work === null ? EXIT.ok : applyWork(work, flags, cli);
}

function needsPlaybook(): InputProblems {
  return argumentProblem('drover apply needs PLAYBOOK', 'drover apply --help shows what it takes');
}

/** null: nothing is left of the earlier run, or to do of the plan. Throws InputProblems. */
async function openWork(playbook: string | undefined, flags: ApplyFlags, cli: Cli): Promise<ApplyWork | null> {
  const { openProject } = await import('../run-session.ts');
  const earlier = await earlierRun(flags, cli);
  if (earlier === null) {
    if (playbook === undefined) throw needsPlaybook();
    if (isSavedPlan(resolve(cli.io.cwd, playbook))) return openPlan(playbook, flags, cli);
    return { project: await openProject(playbook, flags, cli), part: {} };
  }
  const [{ asBefore }, { planResume }] = await Promise.all([import('../earlier-run.ts'), import('../resume.ts')]);
  const before = asBefore(earlier, { playbook, flags, cwd: cli.io.cwd });
  const project = await openProject(before.playbook, before.flags, cli);
  const resume = planResume(project, earlier, cli);
  return resume === null ? null : { project, part: { resume } };
}

async function openPlan(file: string, flags: ApplyFlags, cli: Cli): Promise<ApplyWork | null> {
  const { openSavedPlan } = await import('../saved-plan.ts');
  const opened = await openSavedPlan(file, flags, cli);
  if (opened === null) cli.output.err('Nothing to change.\n');
  return opened === null ? null : { project: opened.project, part: { approved: opened.approved } };
}

async function earlierRun({ resume, retryFailed }: ApplyFlags, { io }: Cli): Promise<EarlierRun | null> {
  if (resume !== undefined && retryFailed !== undefined)
    throw argumentProblem('--resume and --retry-failed exclude each other', 'first the one, then the other with the run that it made');
  const named = resume ?? retryFailed;
  if (named === undefined) return null;
  const { findEarlierRun } = await import('../earlier-run.ts');
  return findEarlierRun(named, resume === undefined ? 'retry-failed' : 'resume', io.cwd);
}
