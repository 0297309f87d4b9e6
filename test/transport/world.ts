import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ConnectionSettings, Deadlines, Host } from '../../src/model/host.ts';
import type { Connection, ExecOptions, ExecResult, Transport } from '../../src/model/transport.ts';
import { TransportError } from '../../src/model/transport.ts';

const DEADLINES: Deadlines = {
  connectMs: 5_000,
  authenticateMs: 5_000,
  channelMs: 5_000,
  becomeMs: 5_000,
  readMs: 5_000,
  actionMs: 5_000,
};

type Overrides = Partial<Omit<ConnectionSettings, 'deadlines'>> & { readonly deadlines?: Partial<Deadlines> };

/** A host that may be reached by nothing yet. */
export function hostWith({ deadlines, ...settings }: Overrides = {}): Host {
  const connection: ConnectionSettings = {
    transport: 'ssh',
    address: '127.0.0.1',
    port: 22,
    user: userInfo().username,
    keyFiles: [],
    agentSocket: null,
    knownHostsFiles: [],
    hostKeyPolicy: 'strict',
    becomePassword: null,
    ...settings,
    deadlines: { ...DEADLINES, ...deadlines },
  };
  return { name: 'web1', groups: ['all'], vars: {}, connection };
}

/** A folder that goes away with the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'drover-transport-'));
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
