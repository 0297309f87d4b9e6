import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PrivateEtc } from './private-etc.ts';

const SSHD = '/usr/sbin/sshd';

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa';

/** Why the tests with a real sshd cannot run here; null where they can. */
export const noSshd: string | null = existsSync(SSHD) ? null : `${SSHD} is not installed`;
if (noSshd !== null) console.warn(`skipped: tests against a real sshd: ${noSshd}`);

/** A real sshd on 127.0.0.1 with a folder, keys and configuration of its own. */
export interface Sshd {
  readonly port: number;
  /** Private key file that may log in. */
  readonly keyFile: string;
  /** known_hosts file that holds the server's keys. */
  readonly knownHosts: string;
  readonly folder: string;
  /** `type base64` of a host key. */
  hostKey(type: KeyType): string;
  /** Process id of the server. */
  readonly pid: number;
  /** What the server has logged since it listens. */
  log(): string;
  stop(): Promise<void>;
}

/** Makes a key pair without a passphrase (or with the given one) and returns its private file. */
export function makeKey(file: string, type: KeyType = 'ed25519', passphrase = ''): string {
  const bits = type === 'rsa' ? ['-b', '2048'] : [];
  execFileSync('ssh-keygen', ['-q', '-t', type, ...bits, '-N', passphrase, '-C', 'test', '-f', file]);
  return file;
}

/** The first two fields of a public key. */
export function publicKey(file: string): string {
  return readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
}

/** `etc`: whose users it knows, if not the machine's. */
export async function startSshd(
  options: { hostKeys?: readonly KeyType[]; config?: readonly string[]; etc?: PrivateEtc } = {},
): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-sshd-'));
  const port = await freePort();
  const types = options.hostKeys ?? ['ed25519'];
  const keyFile = makeKey(join(folder, 'login'));
  const hostKey = (type: KeyType): string => publicKey(join(folder, `host_${type}`));
  for (const type of types) makeKey(join(folder, `host_${type}`), type);
  writeFileSync(join(folder, 'authorized_keys'), `${publicKey(keyFile)}\n`);
  writeFileSync(join(folder, 'known_hosts'), types.map((type) => `[127.0.0.1]:${port} ${hostKey(type)}\n`).join(''));
  writeFileSync(join(folder, 'sshd_config'), configuration(folder, port, { types, extra: options.config ?? [] }));
  // Users other than this one may log in too.
  chmodSync(folder, 0o755);
  const { server, log } = await listening(folder, options.etc?.enter ?? []);
  const pid = server.pid ?? 0;
  const stop = async (): Promise<void> => {
    await ended(server);
    rmSync(folder, { recursive: true, force: true });
  };
  return { port, keyFile, knownHosts: join(folder, 'known_hosts'), folder, hostKey, pid, log, stop };
}

function configuration(folder: string, port: number, more: { types: readonly KeyType[]; extra: readonly string[] }): string {
  return [
    ...more.extra,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...more.types.map((type) => `HostKey ${folder}/host_${type}`),
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'MaxStartups 100',
    // Keeps bash from reading the login user's ~/.bashrc, which may take long or chat.
    'SetEnv SHLVL=2',
    '',
  ].join('\n');
}

async function listening(folder: string, enter: readonly string[]): Promise<{ readonly server: ChildProcess; readonly log: () => string }> {
  // sshd wants its privilege separation folder; a container that never started its own sshd has none.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const [program = SSHD, ...words] = [...enter, SSHD, '-D', '-e', '-f', join(folder, 'sshd_config')];
  const server = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('Server listening on')) resolve();
    });
    server.once('exit', () => reject(new Error(`sshd ended: ${log}`)));
  });
  const from = log.length;
  return { server, log: () => log.slice(from) };
}

function ended(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) return resolve();
    server.once('exit', () => resolve());
    server.kill();
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
