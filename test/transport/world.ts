import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ConnectionSettings, Deadlines, Host } from '../../src/model/host.ts';
import type { SshOptions } from '../../src/model/ssh-options.ts';
import type { Connection, ExecOptions, ExecResult, Transport } from '../../src/model/transport.ts';
import { TransportError } from '../../src/model/transport.ts';
import { SshRoutes, type Traveller } from '../../src/transport/ssh/routes.ts';

const DEADLINES: Deadlines = {
  connectMs: 5_000,
  authenticateMs: 5_000,
  channelMs: 5_000,
  becomeMs: 5_000,
  readMs: 5_000,
  actionMs: 5_000,
};

type Overrides = Partial<Omit<ConnectionSettings, 'deadlines' | 'given'>> & {
  readonly deadlines?: Partial<Deadlines>;
  readonly port?: number;
  readonly user?: string;
  readonly keyFiles?: readonly string[];
  readonly agentSocket?: string;
  readonly knownHostsFiles?: readonly string[];
  readonly given?: SshOptions;
};

/** Login name of whoever runs the tests. */
export const ME = userInfo().username;

/** A host that may be reached by nothing yet: no ssh_config is read, and the longest wait for connecting is that of `deadlines`. */
export function hostWith({
  deadlines,
  port = 22,
  user = ME,
  keyFiles = [],
  agentSocket,
  knownHostsFiles = [],
  given,
  ...settings
}: Overrides = {}): Host {
  const connection: ConnectionSettings = {
    transport: 'ssh',
    address: '127.0.0.1',
    given: {
      port,
      user,
      identityFiles: keyFiles,
      identityAgent: agentSocket ?? null,
      userKnownHostsFiles: knownHostsFiles,
      globalKnownHostsFiles: [],
      ...given,
    },
    sshArguments: [],
    sshConfigFile: 'none',
    hostKeyPolicy: 'strict',
    password: null,
    becomePassword: null,
    become: {},
    ...settings,
    deadlines: { ...DEADLINES, ...deadlines },
  };
  return { name: 'web1', groups: ['all'], vars: {}, connection };
}

/** The ways to hosts for whoever runs the tests. */
export function routes(more: Partial<Traveller> = {}): SshRoutes {
  return new SshRoutes({ username: ME, home: tmpdir(), cwd: tmpdir(), agentSocket: null, ...more });
}

/** A folder that goes away with the test, and that scripts of any user may write to. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'drover-transport-'));
  chmodSync(path, 0o777);
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Connects, and closes with the test. */
export async function connected(transport: Transport, host: Host): Promise<Connection> {
  const connection = await transport.connect(host, new AbortController().signal);
  onTestFinished(() => connection.close());
  return connection;
}

/** Runs a script as the login user, by default. */
export function run(connection: Connection, text: string, options: Partial<ExecOptions> = {}): Promise<ExecResult> {
  return connection.read({ kind: 'read', text }, { become: null, deadlineMs: 5_000, ...options });
}

/** The TransportError that a promise must end in, for comparison by its fields. */
export async function trouble(promise: Promise<unknown>): Promise<TransportError> {
  const error: unknown = await promise.then(
    (value) => new Error(`resolved to ${String(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof TransportError) return error;
  throw error;
}

/** Whether a process is there; one that has ended and only waits for its parent (a zombie) is not. */
export function isRunning(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'));
}

/** Waits for a condition that only another process can bring about. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const until = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > until) throw new Error(`${what}: not within 5 s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
