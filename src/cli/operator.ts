import type { Operator } from '../engine.ts';
import { Secret } from '../model/secret.ts';
import { askSecret, canAsk } from './ask.ts';
import type { Cli } from './cli.ts';
import type { ConnectionFlags, InventoryFlags } from './flags.ts';
import type { Io } from './io.ts';
import { argumentProblem, Cancelled } from './problem.ts';

/** The inventory files of `-i`, else of `$DROVER_INVENTORY` (separated by commas). Throws InputProblems where neither names one. */
export function inventoryFiles({ inventory }: InventoryFlags, { env }: Io): readonly string[] {
  if (inventory.length > 0) return inventory;
  const files = (env.DROVER_INVENTORY ?? '').split(',').filter((file) => file !== '');
  if (files.length > 0) return files;
  throw argumentProblem('no inventory is given', 'name one with -i FILE, or in the environment as DROVER_INVENTORY');
}

/** Who runs drover. The sudo password comes from the environment, which loses it, or from one question. */
export async function readOperator(flags: Partial<ConnectionFlags>, cli: Cli): Promise<Operator> {
  const { io } = cli;
  return {
    cwd: io.cwd,
    home: io.home,
    username: io.username,
    agentSocket: io.env.SSH_AUTH_SOCK ?? null,
    hostKeyPolicy: flags.acceptNew === true ? 'accept-new' : null,
    becomePassword: await readBecomePassword(flags, cli),
  };
}

async function readBecomePassword({ askBecomePass }: Partial<ConnectionFlags>, cli: Cli): Promise<Secret | null> {
  const { env } = cli.io;
  const fromEnvironment = env.DROVER_BECOME_PASSWORD;
  delete env.DROVER_BECOME_PASSWORD;
  if (askBecomePass !== true) return fromEnvironment === undefined || fromEnvironment === '' ? null : new Secret(fromEnvironment);
  if (!canAsk(cli.io)) {
    throw argumentProblem('--ask-become-pass needs a terminal to ask at', 'set DROVER_BECOME_PASSWORD in the environment instead');
  }
  const typed = await askSecret('sudo password', cli);
  if (typed === null) throw new Cancelled('cancelled at the question for the password');
  return typed;
}
