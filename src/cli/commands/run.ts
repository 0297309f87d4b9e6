import { type Command, Option } from 'commander';
import { didYouMean } from '../../errors/nearest.ts';
import type { CommandResult } from '../../execute/command.ts';
import { BECOME_METHODS, type Become, type BecomeMethod, type Host } from '../../model/host.ts';
import type { Cli } from '../cli.ts';
import { type ConnectionFlags, withConnection, withExamples } from '../flags.ts';
import type { Live } from '../live.ts';
import { argumentProblem } from '../problem.ts';

interface CommandFlags extends ConnectionFlags {
  readonly become?: true;
  readonly becomeUser?: string;
  readonly becomeMethod?: BecomeMethod;
  readonly json?: true;
}

/** Adds `run`. */
export function addRun(program: Command, cli: Cli): void {
  const command = program
    .command('run')
    .usage('PATTERN [FLAGS] -- COMMAND…')
    .description('Run one command on many hosts; hosts with equal output are folded into one block.')
    .argument('<PATTERN>', 'host pattern')
    .argument('<COMMAND...>', 'one word is text for sh, several are a command and its arguments');
  withConnection(command)
    .option('--become', 'run it as another user')
    .addOption(new Option('--become-user <USER>', 'that user (default: root)').default(undefined, 'root'))
    .addOption(new Option('--become-method <METHOD>', 'sudo, doas or su (default: sudo)').argParser(parseMethod).default(undefined, 'sudo'))
    .option('--json', 'print the results as JSON')
    .action(async (pattern: string, words: readonly string[], flags: CommandFlags) =>
      cli.finish(await runOnHosts(words, { pattern, flags, cli })),
    );
  withExamples(command, [
    'drover run web -i inventory/hosts.yml -- uptime',
    `drover run 'all:!db' --become -- 'journalctl -p err --since today | tail -3'`,
  ]);
}

interface Invocation {
  readonly pattern: string;
  readonly flags: CommandFlags;
  readonly cli: Cli;
}

async function runOnHosts(words: readonly string[], { pattern, flags, cli }: Invocation): Promise<number> {
  const become = becomeOf(flags);
  const { openHosts } = await import('../open-hosts.ts');
  const { hosts, operator, live, stopper, transport, close } = await openHosts(pattern, flags, cli);
  const [{ runCommand }, { renderCommand, renderCommandJson }] = await Promise.all([
    import('../../engine.ts'),
    import('../../report/command.ts'),
  ]);
  const startedMs = cli.io.now();
  try {
    begin(hosts, live);
    const results = await runCommand(hosts, words, {
      operator,
      transport,
      forks: flags.forks,
      become,
      stop: stopper.signals,
      onResult: (result) => end(result, live),
    });
    live.stop();
    const { colours, width } = cli.output;
    const options = { colours: colours.out, width, durationMs: cli.io.now() - startedMs };
    if (flags.json === true) cli.output.outJson(renderCommandJson(results));
    else cli.output.out(renderCommand(results, options));
    const { hostsExitCode } = await import('../hosts-exit-code.ts');
    return hostsExitCode(results, stopper.signal());
  } finally {
    close();
  }
}

/** What the flags want on every host; the hosts' vars go before it. */
function becomeOf({ become, becomeUser, becomeMethod }: CommandFlags): Become | null {
  if (become === true) return { method: becomeMethod ?? 'sudo', user: becomeUser ?? 'root' };
  const idle = becomeUser !== undefined ? '--become-user' : becomeMethod !== undefined ? '--become-method' : null;
  if (idle !== null) throw argumentProblem(`${idle} has no effect without --become`, 'add --become');
  return null;
}

function parseMethod(value: string): BecomeMethod {
  const known = BECOME_METHODS.find((method) => method === value);
  if (known === undefined)
    throw argumentProblem(`--become-method: must be sudo, doas or su, found "${value}"`, didYouMean(value, BECOME_METHODS));
  return known;
}

function begin(hosts: readonly Host[], live: Live): void {
  live.start(false, 'running');
  live.emit({ kind: 'hosts-selected', hosts: hosts.map(({ name }) => name) });
}

function end({ host, outcome, error, durationMs }: CommandResult, live: Live): void {
  live.emit({ kind: 'host-finished', host: { name: host, outcome, error, connection: null, durationMs, steps: [] } });
}
