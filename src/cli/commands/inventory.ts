import type { Command } from 'commander';
import type { Inventory } from '../../inventory/inventory.ts';
import type { Cli } from '../cli.ts';
import { type InventoryFlags, withExamples, withInventory } from '../flags.ts';
import { argumentProblem } from '../problem.ts';

interface ShowFlags extends InventoryFlags {
  readonly list?: true;
  readonly graph?: true;
  readonly host?: string;
}

/** Adds `inventory`. */
export function addInventory(program: Command, cli: Cli): void {
  const command = program
    .command('inventory')
    .usage('[FLAGS]')
    .description('Show the inventory; contacts no host. Secret values are not shown.');
  withInventory(command)
    .option('--graph', 'groups and hosts as a tree (default)')
    .option('--list', "everything as JSON, in the shape of ansible-inventory's --list")
    .option('--host <NAME>', 'the merged vars of one host as JSON')
    .action(async (flags: ShowFlags) => showInventory(flags, cli));
  withExamples(command, ['drover inventory -i inventory/hosts.yml', 'drover inventory -i inventory/hosts.yml --host web1']);
}

async function showInventory(flags: ShowFlags, cli: Cli): Promise<void> {
  const asked = [flags.graph, flags.list, flags.host].filter((flag) => flag !== undefined);
  if (asked.length > 1) throw argumentProblem('--graph, --list and --host exclude each other');
  const { openCheckedInventory } = await import('../open-hosts.ts');
  const [inventory] = await openCheckedInventory(flags, cli);
  const { graphInventory, listInventory } = await import('../../inventory/output.ts');
  const { safeJson, visibleLines } = await import('../../report/visible.ts');
  if (flags.list === true) cli.output.out(`${safeJson(listInventory(inventory))}\n`);
  else if (flags.host !== undefined) cli.output.out(`${safeJson(await varsOf(flags.host, inventory))}\n`);
  else cli.output.out(`${visibleLines(graphInventory(inventory)).join('\n')}\n`);
}

async function varsOf(name: string, inventory: Inventory): Promise<object> {
  const { hostVarsForDisplay } = await import('../../inventory/output.ts');
  const vars = hostVarsForDisplay(inventory, name);
  if (vars !== null) return vars;
  const [{ diagnose }, { didYouMean }, { InputProblems }] = await Promise.all([
    import('../../errors/diagnose.ts'),
    import('../../errors/nearest.ts'),
    import('../problem.ts'),
  ]);
  const names = inventory.hosts.map((host) => host.name);
  const hint = didYouMean(name, names) ?? 'drover inventory --graph shows all hosts';
  throw new InputProblems([diagnose('host-unknown', `there is no host "${name}"`, { hint })]);
}
