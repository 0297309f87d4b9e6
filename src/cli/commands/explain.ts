import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { recordedRuns } from '../../journal.ts';
import type { ExplainedStep } from '../../model/explanation.ts';
import type { HostRecord } from '../../model/run.ts';
import type { Cli } from '../cli.ts';
import { type RunFlags, withExamples, withRun } from '../flags.ts';
import { argumentProblem } from '../problem.ts';

interface ExplainFlags extends RunFlags {
  readonly playbook?: string;
}

/** Adds `explain`. */
export function addExplain(program: Command, cli: Cli): void {
  const command = program
    .command('explain')
    .usage('HOST STEP [FLAGS]')
    .description('Say why a step would change something on a host or not. Changes nothing.')
    .argument('<HOST>', 'host of the inventory')
    .argument('<STEP>', 'id of a step, or a part of it');
  withRun(command)
    .option('--playbook <PLAYBOOK>', 'playbook, with -i; default: playbook and inventory of the last run here')
    .action(async (host: string, step: string, flags: ExplainFlags) => cli.finish(await explainStep(host, step, { flags, cli })));
  withExamples(command, [
    "drover explain web1 'file[/etc/motd]'",
    'drover explain web1 sshd --playbook playbooks/site.yml -i inventory/hosts.yml',
  ]);
}

async function explainStep(host: string, step: string, { flags, cli }: { flags: ExplainFlags; cli: Cli }): Promise<number> {
  const [{ openProject, openSession }, { openTransport }, { explain }] = await Promise.all([
    import('../run-session.ts'),
    import('../reach.ts'),
    import('../../engine.ts'),
  ]);
  const last = flags.playbook === undefined ? lastRun(cli) : { playbook: flags.playbook, inventory: flags.inventory };
  const inventory = flags.inventory.length > 0 ? flags.inventory : last.inventory;
  const project = await openProject(last.playbook, { ...flags, inventory }, cli);
  const session = openSession(project, flags, cli);
  try {
    const { live, stopper, questions } = session;
    const hosts = project.tasks.flatMap((task) => (task.host.name === host ? [task.host] : []));
    const transport = await openTransport(hosts, project.options, { cli, questions, say: live.say, signal: stopper.signals.soft });
    const isWanted = (id: string): boolean => id === step || id.includes(step);
    const explained = await explain(project, host, { transport, stop: stopper.signals, isWanted });
    if (explained === null)
      throw argumentProblem(
        `no play of ${last.playbook} selects the host "${host}"`,
        await nearest(
          host,
          project.tasks.map((task) => task.host.name),
        ),
      );
    if (!('ids' in explained)) return await showTrouble(explained, cli);
    await show(exactOrAll(explained.steps, step), { step, ids: explained.ids, cli });
    return 0;
  } finally {
    session.close();
  }
}

/** A step whose id was given in full is meant alone, though it may be a part of others. */
function exactOrAll(steps: readonly ExplainedStep[], step: string): readonly ExplainedStep[] {
  const exact = steps.filter(({ item }) => item.id === step);
  return exact.length > 0 ? exact : steps;
}

async function show(
  steps: readonly ExplainedStep[],
  { step, ids, cli }: { step: string; ids: readonly string[]; cli: Cli },
): Promise<void> {
  if (steps.length === 0)
    throw argumentProblem(`the host has no step "${step}"`, (await nearest(step, ids)) ?? `it has ${ids.slice(0, 5).join(', ')} …`);
  const { renderExplanation } = await import('../../report/explain.ts');
  const { colours, width } = cli.output;
  cli.output.out(steps.map((each) => renderExplanation(each, { colours: colours.out, width })).join('\n'));
}

async function showTrouble({ name, outcome, error }: HostRecord, { output }: Cli): Promise<number> {
  const { EXIT } = await import('../../errors/exit-code.ts');
  output.err(`${name} is ${outcome}: ${error?.message ?? 'it could not be read'}${error?.hint == null ? '' : ` (${error.hint})`}\n`);
  return outcome === 'unreachable' ? EXIT.unreachable : EXIT.failed;
}

async function nearest(name: string, known: readonly string[]): Promise<string | null> {
  const { didYouMean } = await import('../../errors/nearest.ts');
  return didYouMean(name, known);
}

/** Playbook and inventory of the last run in this folder, of which a report is left. Throws InputProblems where there is none. */
function lastRun({ io }: Cli): { readonly playbook: string; readonly inventory: readonly string[] } {
  for (const id of [...recordedRuns(io.cwd)].reverse()) {
    const header = headerOf(join(io.cwd, '.drover', 'runs', id, 'report.json'));
    if (header !== null) return header;
  }
  throw argumentProblem(
    'there is no earlier run in this folder to take playbook and inventory from',
    'name them: --playbook PLAYBOOK -i FILE',
  );
}

function headerOf(file: string): { readonly playbook: string; readonly inventory: readonly string[] } | null {
  try {
    const { run } = JSON.parse(readFileSync(file, 'utf8'));
    return typeof run?.playbook === 'string' && Array.isArray(run.inventory) ? { playbook: run.playbook, inventory: run.inventory } : null;
  } catch {
    return null;
  }
}
