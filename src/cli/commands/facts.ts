import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { type ConnectionFlags, withConnection, withExamples } from '../flags.ts';

interface FactsFlags extends ConnectionFlags {
  readonly json?: true;
}

/** Adds `facts`. */
export function addFacts(program: Command, cli: Cli): void {
  const command = program
    .command('facts')
    .usage('PATTERN [FLAGS]')
    .description('Show what drover knows of hosts: system, kernel, addresses, …')
    .argument('<PATTERN>', 'host pattern');
  withConnection(command)
    .option('--json', 'print them as JSON, by host')
    .action(async (pattern: string, flags: FactsFlags) => cli.finish(await showFacts(pattern, flags, cli)));
  withExamples(command, ['drover facts web1 -i inventory/hosts.yml']);
}

async function showFacts(pattern: string, flags: FactsFlags, cli: Cli): Promise<number> {
  const { openHosts } = await import('../open-hosts.ts');
  const { hosts, operator, live, stopper, transport, close } = await openHosts(pattern, flags, cli);
  const [{ gatherFacts }, { renderFacts, renderFactsJson }] = await Promise.all([
    import('../../engine.ts'),
    import('../../report/facts.ts'),
  ]);
  try {
    live.start(true, 'reading');
    live.emit({ kind: 'hosts-selected', hosts: hosts.map(({ name }) => name) });
    const found = await gatherFacts(hosts, { operator, transport, forks: flags.forks, become: null, stop: stopper.signals });
    live.stop();
    if (flags.json === true) cli.output.outJson(renderFactsJson(found));
    else cli.output.out(renderFacts(found, cli.output.colours.out));
    const { hostsExitCode } = await import('../hosts-exit-code.ts');
    return hostsExitCode(found, stopper.signal());
  } finally {
    close();
  }
}
