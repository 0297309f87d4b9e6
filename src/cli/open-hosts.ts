import { type Operator, openInventory, passwordProblems, reachProblems } from '../engine.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { patternFiles } from '../inventory/pattern-file.ts';
import { selectHosts } from '../inventory/select-hosts.ts';
import type { Host } from '../model/host.ts';
import type { Transport } from '../model/transport.ts';
import type { Cli } from './cli.ts';
import type { ConnectionFlags, InventoryFlags } from './flags.ts';
import { createLive, type Live } from './live.ts';
import { inventoryFiles, readOperator } from './operator.ts';
import { InputProblems } from './problem.ts';
import { createQuestions } from './questions.ts';
import { openTransport } from './reach.ts';
import { guardSecrets } from './secrets.ts';
import { createStopper, type Stopper } from './stopper.ts';

/** Hosts that a pattern selects, and what is needed to work on them. */
export interface OpenHosts {
  readonly hosts: readonly Host[];
  readonly operator: Operator;
  readonly live: Live;
  readonly stopper: Stopper;
  readonly transport: Transport;
  close(): void;
}

/** Loads the inventory for a command that shows it. Throws InputProblems. */
export async function openCheckedInventory(
  flags: InventoryFlags & Partial<ConnectionFlags> & { readonly playbookDir?: string },
  cli: Cli,
): Promise<readonly [Inventory, Operator]> {
  const files = inventoryFiles(flags, cli.io);
  const operator = await readOperator(flags, cli);
  const { value, problems } = await openInventory(files, operator, flags.playbookDir ?? null);
  if (problems.length > 0) throw new InputProblems(problems);
  return [value, operator];
}

/** Selects hosts for a command that works on them. Throws InputProblems for what is wrong in the inventory or the pattern. */
export async function openHosts(pattern: string, flags: ConnectionFlags, cli: Cli): Promise<OpenHosts> {
  const [inventory, operator] = await openCheckedInventory(flags, cli);
  const { value: hosts, problems } = selectHosts(inventory, pattern, { allowEmpty: false, readPatterns: patternFiles(operator.cwd) });
  const all = [...problems, ...reachProblems(inventory, hosts, operator)];
  if (all.length > 0) throw new InputProblems(all);
  const missing = await passwordProblems(hosts);
  if (missing.length > 0) throw new InputProblems(missing);
  const redactor = guardSecrets(hosts, operator, cli);
  const live = createLive(cli, () => 'nothing');
  const stopper = createStopper(cli.io, {
    onSoft: (signal) => live.stopping(signal),
    onHard: () => live.say('dropping the connections'),
  });
  const close = (): void => {
    live.stop();
    stopper.close();
  };
  try {
    const questions = createQuestions(cli, { live, stopper, redactor });
    const transport = await openTransport(hosts, operator, { cli, questions, say: live.say, signal: stopper.signals.soft });
    return { hosts, operator, live, stopper, transport, close };
  } catch (error) {
    close();
    throw error;
  }
}
