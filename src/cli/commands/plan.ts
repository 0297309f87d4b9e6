import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { type RunFlags, withExamples, withReports, withRun } from '../flags.ts';

const ABOUT = {
  plan: 'Show what would change, host by host, with diffs. Changes nothing.',
  check: 'The same as plan; exit code 3 if anything would change.',
} as const;

interface PlanFlags extends RunFlags {
  readonly out?: string;
}

/** Adds `plan` or `check`. */
export function addPlan(program: Command, cli: Cli, mode: 'plan' | 'check'): void {
  const command = program
    .command(mode)
    .usage('PLAYBOOK [FLAGS]')
    .description(ABOUT[mode])
    .argument('<PLAYBOOK>', 'playbook, YAML or typed .ts');
  withReports(withRun(command));
  if (mode === 'plan') command.option('--out <FILE>', 'also save the plan, for drover show FILE and drover apply FILE');
  command.action(async (playbook: string, flags: PlanFlags) => cli.finish(await runPlan(playbook, flags, { cli, mode })));
  withExamples(command, [
    `drover ${mode} playbooks/site.yml -i inventory/hosts.yml --limit 'web:!web3'`,
    ...(mode === 'plan' ? ['drover plan playbooks/site.yml -i inventory/hosts.yml --out site.plan'] : []),
  ]);
}

async function runPlan(playbook: string, flags: PlanFlags, { cli, mode }: { cli: Cli; mode: 'plan' | 'check' }): Promise<number> {
  const { openProject, openSession } = await import('../run-session.ts');
  const target = flags.out === undefined ? null : { out: flags.out, ...(await import('../saved-plan.ts')) };
  target?.checkPlanTarget(target.out, cli.io.cwd);
  const project = await openProject(playbook, flags, cli);
  const [{ startRun }, { openTransport }] = await Promise.all([import('../../engine.ts'), import('../reach.ts')]);
  const session = openSession(project, flags, cli);
  try {
    const { live, stopper, questions, warn } = session;
    const transport = await openTransport(project.hosts, project.options, { cli, questions, say: live.say, signal: stopper.signals.soft });
    live.start(true);
    const saving = target?.savingTo(target.out, project, session, cli);
    const inspect = saving === undefined ? {} : { inspect: saving.inspect };
    const common = { mode, argv: cli.argv, forks: flags.forks, emit: live.emit, stop: stopper.signals, transport, warn };
    const planned = await startRun(project, { ...common, ...inspect });
    await planned.close();
    live.stop();
    const plan = mode === 'check' ? session.withDrift(planned.plan) : planned.plan;
    session.show(plan, 'plan', await session.save(plan));
    await saving?.save(plan);
    return plan.exitCode;
  } finally {
    session.close();
  }
}
