import type { Command } from 'commander';
import { exitCode } from '../../errors/exit-code.ts';
import type { PlannedRun } from '../../execute/run.ts';
import type { Run } from '../../model/run.ts';
import { canAsk, confirm } from '../ask.ts';
import type { Cli } from '../cli.ts';
import { type RunFlags, withExamples, withRun } from '../flags.ts';
import { argumentProblem } from '../problem.ts';
import type { Session } from '../run-session.ts';

interface ApplyFlags extends RunFlags {
  readonly yes?: true;
}

/** Adds `apply`. */
export function addApply(program: Command, cli: Cli): void {
  const command = program
    .command('apply')
    .usage('PLAYBOOK [FLAGS]')
    .description('Carry out what plan shows. At a terminal it shows the plan and asks once; elsewhere it needs --yes.')
    .argument('<PLAYBOOK>', 'playbook, YAML or typed .ts');
  withRun(command)
    .option('--yes', 'do not ask')
    .action(async (playbook: string, flags: ApplyFlags) => cli.finish(await runApply(playbook, flags, cli)));
  withExamples(command, ['drover apply playbooks/site.yml -i inventory/hosts.yml', 'drover apply playbooks/site.yml -l web1 --yes']);
}

async function runApply(playbook: string, flags: ApplyFlags, cli: Cli): Promise<number> {
  if (flags.yes !== true && !canAsk(cli.io)) {
    throw argumentProblem(
      'apply asks before it changes anything, and there is no terminal to ask at',
      'add --yes to apply without a question',
    );
  }
  const { openProject, openSession } = await import('../run-session.ts');
  const project = await openProject(playbook, flags, cli);
  const { startRun } = await import('../../engine.ts');
  const session = openSession(project, flags, cli);
  const { live, stopper } = session;
  try {
    live.start(true);
    const run = await startRun(project, { mode: 'apply', argv: cli.argv, forks: flags.forks, emit: live.emit, stop: stopper.signals });
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
