import PQueue from 'p-queue';
import type { BaseFacts } from '../model/fact.ts';
import { type Become, becomeOn, type Host } from '../model/host.ts';
import type { Ports } from '../model/ports.ts';
import type { HostError } from '../model/run.ts';
import type { Connection, ExecResult, WriteScript } from '../model/transport.ts';
import { commandLine } from '../shell/quote.ts';
import type { StopSignals } from './prepare.ts';
import { troubleOutcome } from './trouble.ts';

/** What a command came to on one host. */
export interface CommandResult {
  readonly host: string;
  readonly outcome: 'ok' | 'failed' | 'unreachable' | 'skipped';
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly error: HostError | null;
  readonly durationMs: number;
}

/** Base facts of one host, or why there are none. */
export interface FactsResult {
  readonly host: string;
  readonly outcome: CommandResult['outcome'];
  readonly facts: BaseFacts | null;
  readonly error: HostError | null;
}

/** How one thing is done on many hosts. */
export interface FanOutOptions {
  readonly ports: Ports;
  /** Hosts worked on at the same time. */
  readonly forks: number;
  readonly become: Become | null;
  readonly stop: StopSignals;
}

/** Runs one command on many hosts. One word is text for `sh`; several are an argument list, quoted. Never rejects for a host. */
export async function runCommand(
  hosts: readonly Host[],
  command: readonly string[],
  options: FanOutOptions & { readonly onResult?: (result: CommandResult) => void },
): Promise<readonly CommandResult[]> {
  const [only, ...more] = command;
  const script: WriteScript = { kind: 'write', text: more.length === 0 ? (only ?? '') : commandLine(command) };
  return fanOut(hosts, options, async (host) => {
    const startedMs = options.ports.now();
    const since = (): number => Math.round(options.ports.now() - startedMs);
    const result = await withConnection(host, options, (connection) =>
      connection.write(script, {
        become: becomeOn(host, options.become),
        deadlineMs: host.connection.deadlines.actionMs,
        signal: options.stop.hard,
      }),
    ).then(
      (exec): CommandResult => ({
        host: host.name,
        outcome: exec.exitCode === 0 ? 'ok' : 'failed',
        ...outputOf(exec),
        error: null,
        durationMs: since(),
      }),
      (error: unknown): CommandResult => ({ host: host.name, ...outputOf(null), ...commandTrouble(error), durationMs: since() }),
    );
    options.onResult?.(result);
    return result;
  });
}

/** Base facts of many hosts. */
export async function gatherFacts(hosts: readonly Host[], options: FanOutOptions): Promise<readonly FactsResult[]> {
  const { facts } = options.ports;
  return fanOut(hosts, options, (host) =>
    withConnection(host, options, (connection) =>
      connection.read(facts.baseScript, {
        become: becomeOn(host, options.become),
        deadlineMs: host.connection.deadlines.readMs,
        signal: options.stop.soft,
      }),
    ).then(
      ({ stdout }) => ({ host: host.name, facts: facts.parseBase(stdout), error: null, outcome: 'ok' as const }),
      (error: unknown) => ({ host: host.name, facts: null, ...commandTrouble(error) }),
    ),
  );
}

function outputOf(exec: ExecResult | null): Pick<CommandResult, 'exitCode' | 'stdout' | 'stderr'> {
  return { exitCode: exec?.exitCode ?? null, stdout: exec?.stdout ?? Buffer.alloc(0), stderr: exec?.stderr ?? Buffer.alloc(0) };
}

function commandTrouble(error: unknown): { outcome: 'failed' | 'unreachable' | 'skipped'; error: HostError } {
  const { outcome, error: found } = troubleOutcome(error);
  return { outcome: outcome === 'unreachable' || outcome === 'skipped' ? outcome : 'failed', error: found };
}

function fanOut<T>(hosts: readonly Host[], { forks }: FanOutOptions, work: (host: Host) => Promise<T>): Promise<T[]> {
  return new PQueue({ concurrency: forks }).addAll(hosts.map((host) => () => work(host)));
}

async function withConnection<T>(host: Host, { ports, stop }: FanOutOptions, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await ports.transport.connect(host, stop.soft);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
