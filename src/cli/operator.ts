import type { Operator } from '../engine.ts';
import { SecretStore } from '../secrets/secret-store.ts';
import type { Cli } from './cli.ts';
import type { ConnectionFlags, InventoryFlags } from './flags.ts';
import type { Io } from './io.ts';
import { readPasswords } from './passwords.ts';
import { argumentProblem } from './problem.ts';

/** The inventory files of `-i`, else of `$DROVER_INVENTORY` (separated by commas). Throws InputProblems where neither names one. */
export function inventoryFiles({ inventory }: InventoryFlags, { env }: Io): readonly string[] {
  if (inventory.length > 0) return inventory;
  const files = (env.DROVER_INVENTORY ?? '').split(',').filter((file) => file !== '');
  if (files.length > 0) return files;
  throw argumentProblem('no inventory is given', 'name one with -i FILE, or in the environment as DROVER_INVENTORY');
}

/** Who runs drover, with the passwords that flags and environment name. */
export async function readOperator(flags: Partial<ConnectionFlags>, cli: Cli): Promise<Operator> {
  const { io, output } = cli;
  const { cwd, home, env } = io;
  // At a terminal a command may ask by itself.
  const say = io.stderr.isTTY === true ? {} : { say: output.err };
  return {
    cwd,
    home,
    env,
    secrets: new SecretStore({ cwd, home, env, ...say }, output.redactor),
    username: io.username,
    agentSocket: io.env.SSH_AUTH_SOCK || null,
    hostKeyPolicy: flags.acceptNew === true ? 'accept-new' : null,
    transport: flags.transport ?? null,
    sshConfigFile: flags.sshConfig ?? null,
    deadlines: flags.timeout ?? {},
    ...(await readPasswords(flags, cli)),
  };
}
