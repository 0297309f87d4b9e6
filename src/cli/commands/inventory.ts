import type { Command } from 'commander';
import type { Inventory } from '../../inventory/inventory.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Cli } from '../cli.ts';
import { type InventoryFlags, withExamples, withInventory } from '../flags.ts';
import { argumentProblem, InputProblems } from '../problem.ts';

interface ShowFlags extends InventoryFlags {
  readonly list?: true;
  readonly graph?: true;
  readonly host?: string;
  readonly explain?: string;
  readonly showSecrets?: true;
  readonly playbookDir?: string;
}

/** Adds `inventory`. */
export function addInventory(program: Command, cli: Cli): void {
  const command = program
    .command('inventory')
    .usage('[FLAGS] [VAR]')
    .argument('[VAR]', 'the var to explain')
    .description('Show the inventory; contacts no host. Secret values are not shown.');
  withInventory(command)
    .option('--graph', 'groups and hosts as a tree (default)')
    .option('--list', "everything as JSON, in the shape of ansible-inventory's --list")
    .option('--host <NAME>', 'the merged vars of one host as JSON')
    .option('--explain <HOST>', 'where the vars of a host, or one of them, come from and what they replaced')
    .option('--show-secrets', 'with --list and --host: show secret values as they are')
    .option('--playbook-dir <DIR>', 'read the group_vars and host_vars in this folder too, as a playbook in it would')
    .action(async (name: string | undefined, flags: ShowFlags) => showInventory(name ?? null, flags, cli));
  withExamples(command, [
    'drover inventory -i inventory/hosts.yml',
    'drover inventory -i inventory/hosts.yml --host web1',
    'drover inventory -i inventory/hosts.yml --explain web1 http_port',
  ]);
}

async function showInventory(name: string | null, flags: ShowFlags, cli: Cli): Promise<void> {
  checkFlags(name, flags);
  const { openCheckedInventory } = await import('../open-hosts.ts');
  const [inventory] = await openCheckedInventory(flags, cli);
  const { safeJson, visibleLines } = await import('../../report/visible.ts');
  const lines = (text: string): void => cli.output.out(`${visibleLines(text).join('\n')}\n`);
  if (flags.explain !== undefined) return lines(await explained(inventory, { host: flags.explain, name, width: cli.output.width }));
  const { graphInventory, hostVarsForDisplay, listInventory } = await import('../../inventory/output.ts');
  const show = { secrets: flags.showSecrets === true };
  const write = show.secrets ? cli.output.outSecrets : cli.output.outJson;
  if (flags.list === true) write(`${safeJson(listInventory(inventory, show))}\n`);
  else if (flags.host === undefined) lines(graphInventory(inventory));
  else write(`${safeJson(hostVarsForDisplay(inventory, flags.host, show) ?? (await unknownHost(inventory, flags.host)))}\n`);
}

function checkFlags(name: string | null, { graph, list, host, explain, showSecrets }: ShowFlags): void {
  const asked = [graph, list, host, explain].filter((flag) => flag !== undefined);
  if (asked.length > 1) throw argumentProblem('--graph, --list, --host and --explain exclude each other');
  if (name !== null && explain === undefined) throw argumentProblem(`"${name}" is a var to explain`, 'name its host: --explain HOST VAR');
  if (showSecrets === true && list === undefined && host === undefined)
    throw argumentProblem('--show-secrets has no effect without --list or --host');
}

interface Asked {
  readonly host: string;
  readonly name: string | null;
  readonly width: number;
}

async function explained(inventory: Inventory, { host, name, width }: Asked): Promise<string> {
  if (!inventory.hostVars.has(host)) return unknownHost(inventory, host);
  const { explainHost, explainVar, unreadableFiles } = await import('../../inventory/explain.ts');
  const lines = name === null ? explainHost(inventory, host, { width }) : explainVar(inventory, { host, name }, { width });
  const closed = unreadableFiles(inventory, host).map((file) => `${file} is encrypted by ansible-vault: nobody knows what it defines.`);
  if (lines === null) return unknownVar(inventory, { host, name: name ?? '', closed });
  const unreachable = name === null ? await unreachableLines(inventory.connectionProblems.get(host) ?? []) : [];
  const all = [...lines, ...closed, ...unreachable];
  return all.length === 0 ? `${host} has no vars.` : all.join('\n');
}

async function unreachableLines(problems: readonly Diagnostic[]): Promise<readonly string[]> {
  if (problems.length === 0) return [];
  const { renderDiagnostics } = await import('../../errors/render.ts');
  return ['', 'A run on this host is refused:', renderDiagnostics(problems)];
}

async function unknownHost(inventory: Inventory, name: string): Promise<never> {
  const hint = 'drover inventory --graph shows all hosts';
  throw await unknown(
    { code: 'host-unknown', message: `there is no host "${name}"`, hint },
    inventory.hosts.map((host) => host.name),
    name,
  );
}

async function unknownVar(
  inventory: Inventory,
  { host, name, closed }: { host: string; name: string; closed: readonly string[] },
): Promise<never> {
  const { varNamesOf } = await import('../../inventory/inventory.ts');
  const hint = closed[0] ?? `drover inventory --explain ${host} shows all vars`;
  throw await unknown({ code: 'var-unknown', message: `${host} has no var "${name}"`, hint }, varNamesOf(inventory, host), name);
}

async function unknown(
  problem: Pick<Diagnostic, 'code' | 'message' | 'hint'>,
  names: readonly string[],
  name: string,
): Promise<InputProblems> {
  const { didYouMean } = await import('../../errors/nearest.ts');
  return new InputProblems([{ ...problem, hint: didYouMean(name, names) ?? problem.hint, place: null, source: null }]);
}
