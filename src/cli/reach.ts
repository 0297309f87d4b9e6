import { type Operator, type SystemTransport, systemTransport, type Talk } from '../engine.ts';
import type { Host } from '../model/host.ts';
import type { Transport } from '../model/transport.ts';
import { canAsk, confirm } from './ask.ts';
import type { Cli } from './cli.ts';
import { Cancelled } from './problem.ts';

interface Reaching extends Talk {
  readonly cli: Cli;
  /** Ends questions and what is done for them. */
  readonly signal: AbortSignal;
}

/**
 * The transport for these hosts. Host keys that nobody knows are shown first, all in one table; where somebody can answer they are accepted once for
 * all, else their hosts will be refused. Throws Cancelled where they are not accepted.
 */
export async function openTransport(hosts: Iterable<Host>, operator: Operator, reaching: Reaching): Promise<Transport> {
  const { transport, hostKeys } = await systemTransport(operator, reaching);
  // Machines behind one that became known may be unknown as well.
  while (await settleOnce(hosts, hostKeys, reaching));
  return transport;
}

/** Resolves to whether there may be more to settle. */
async function settleOnce(hosts: Iterable<Host>, hostKeys: SystemTransport['hostKeys'], { cli, signal }: Reaching): Promise<boolean> {
  const strangers = await hostKeys.strangers(hosts, signal);
  if (strangers.length === 0 || signal.aborted) return false;
  const { renderHostKeys } = await import('../transport/ssh/host-key-table.ts');
  const many = strangers.length > 1;
  cli.output.err(`No known_hosts file has ${many ? 'these host keys' : 'this host key'} yet:\n\n${renderHostKeys(strangers)}\n`);
  if (!canAsk(cli.io)) {
    cli.output.err('Nobody can be asked here, so their hosts are refused; --accept-new records keys without a question.\n\n');
    return false;
  }
  const question = `Compare with the hosts' own consoles (ssh-keygen -l). Record ${many ? 'them' : 'it'} and go on?`;
  if (!(await confirm(question, cli, signal))) throw new Cancelled('no host key was recorded');
  await hostKeys.record(strangers);
  return true;
}
