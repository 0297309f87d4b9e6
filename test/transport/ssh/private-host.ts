import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Become } from '../../../src/model/host.ts';
import { Secret } from '../../../src/model/secret.ts';
import type { Connection } from '../../../src/model/transport.ts';
import { createSshTransport } from '../../../src/transport/ssh/ssh-transport.ts';
import { connected, hostWith, routes } from '../world.ts';
import { freePort, makeKey, noSshd, publicKey } from './sshd.ts';

const PROGRAMS = ['/usr/bin/sudo', '/usr/bin/doas', '/usr/bin/su', '/usr/sbin/useradd', '/usr/sbin/chpasswd'];

// Overlays on overlays are refused: what is written goes to memory.
const PRIVATE_ETC = [
  'mount -t tmpfs drover-test "$1"',
  'mkdir "$1/up" "$1/work"',
  'mount -t overlay drover-test -o "lowerdir=/etc,upperdir=$1/up,workdir=$1/work" /etc',
  'shift; exec "$@"',
].join(' && ');

/** Why the tests with the real sudo, doas and su cannot run here; null where they can. */
export const noPrivateHost: string | null = whyNot();
if (noPrivateHost !== null) console.warn(`skipped: tests against the real sudo, doas and su: ${noPrivateHost}`);

/** A user that is known to one private host alone. */
export interface PrivateUser {
  readonly name: string;
  readonly password: string;
}

/** A real sshd on 127.0.0.1 whose /etc is its own: users, passwords, sudoers, doas.conf and PAM may be changed there, and all of it goes with it. */
export interface PrivateHost {
  readonly folder: string;
  /** Who logs in, the other user that may be become, and root. */
  readonly login: PrivateUser;
  readonly other: PrivateUser;
  readonly root: PrivateUser;
  /** The vars of an inventory that say how to log in. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** Logs in, knowing this password for the program; closes with the test. */
  connect(password: string | null): Promise<Connection>;
  /** Makes sudo, doas and su ask for a password or for nothing, with further lines of sudoers(5), in which USER is the login user. */
  ask(what: 'password' | 'nothing', ...sudoers: readonly string[]): void;
  /** Lets nobody become anybody. */
  forbid(): void;
  /** The password that the program wants: su takes that of the user who is become. */
  passwordFor(become: Become): string;
  stop(): Promise<void>;
}

/** `bin`: programs that come first in the PATH of whoever logs in. */
export async function startPrivateHost(bin: Readonly<Record<string, string>> = {}): Promise<PrivateHost> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-private-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const keyFile = makeKey(join(folder, 'login'));
  makeKey(join(folder, 'host'));
  writeFileSync(join(folder, 'authorized_keys'), `${publicKey(keyFile)}\n`);
  writeFileSync(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${publicKey(join(folder, 'host'))}\n`);
  for (const name of ['etc', 'bin']) mkdirSync(join(folder, name));
  for (const [name, text] of Object.entries(bin)) writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  writeFileSync(join(folder, 'sshd_config'), configuration(folder, port));
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const command = ['/usr/sbin/sshd', '-D', '-e', '-f', join(folder, 'sshd_config')];
  const server = spawn('unshare', ['--mount', 'sh', '-c', PRIVATE_ETC, 'sh', join(folder, 'etc'), ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('Server listening on')) resolve();
    });
    server.once('exit', () => reject(new Error(`sshd ended: ${log}`)));
  });
  const inside = (words: readonly string[], input = ''): void => {
    execFileSync('nsenter', [`--target=${server.pid}`, '--mount', ...words], { input, stdio: ['pipe', 'ignore', 'pipe'] });
  };
  const user = (name: string, uid: number): PrivateUser => {
    const password = `pw-${name}-${process.hrtime.bigint()}`;
    if (uid !== 0) inside(['useradd', '--no-create-home', '--home-dir', '/tmp', '--shell', '/bin/sh', '--uid', `${uid}`, name]);
    inside(['chpasswd'], `${name}:${password}\n`);
    return { name, password };
  };
  // Numbers that no user outside has.
  const base = 42_000 + (process.pid % 1_000) * 4;
  const login = user('drover-login', base);
  const other = user('drover-other', base + 1);
  const root = user('root', 0);
  const write = (file: string, ...lines: readonly string[]): void => {
    inside(['sh', '-c', 'cat >"$1" && chmod 0440 "$1"', 'sh', file], `${lines.join('\n').replaceAll('USER', login.name)}\n`);
  };
  return {
    ...{ folder, login, other, root },
    vars: {
      ...{ ansible_host: '127.0.0.1', ansible_port: port, ansible_user: login.name, ansible_ssh_private_key_file: keyFile },
      drover_known_hosts_file: join(folder, 'known_hosts'),
    },
    connect: (password) => {
      const becomePassword = password === null ? null : new Secret(password);
      const reach = { port, user: login.name, keyFiles: [keyFile], knownHostsFiles: [join(folder, 'known_hosts')] };
      return connected(createSshTransport(routes()), hostWith({ ...reach, becomePassword, deadlines: { becomeMs: 15_000 } }));
    },
    ask: (what, ...sudoers) => {
      const isFree = what === 'nothing';
      write('/etc/sudoers.d/drover', `USER ALL=(ALL:ALL) ${isFree ? 'NOPASSWD:' : ''} ALL`, ...sudoers);
      write('/etc/doas.conf', `permit ${isFree ? 'nopass ' : ''}USER`);
      const trusted = isFree ? ['auth sufficient pam_succeed_if.so quiet ruser = USER'] : [];
      write('/etc/pam.d/su', 'auth sufficient pam_rootok.so', ...trusted, '@include common-auth', '@include common-account');
    },
    forbid: () => {
      for (const file of ['/etc/sudoers.d/drover', '/etc/doas.conf']) write(file, '# nobody');
      write('/etc/pam.d/su', 'auth requisite pam_deny.so');
    },
    passwordFor: ({ method, user: name }) =>
      (method === 'su' ? [root, other] : [login]).find((each) => method !== 'su' || each.name === name)?.password ?? '',
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folder: string, port: number): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'MaxStartups 100',
    // Keeps bash from reading the login user's ~/.bashrc, which may take long or chat.
    `SetEnv SHLVL=2 PATH=${folder}/bin:/usr/local/bin:/usr/bin:/bin`,
    '',
  ].join('\n');
}

function whyNot(): string | null {
  if (noSshd !== null) return noSshd;
  if (process.getuid?.() !== 0) return 'only root can make the users that they need';
  const missing = PROGRAMS.find((file) => !existsSync(file));
  if (missing !== undefined) return `${missing} is not installed`;
  const tried = spawnSync('unshare', ['--mount', 'sh', '-c', PRIVATE_ETC, 'sh', '/mnt', 'true']);
  return tried.status === 0 ? null : `this root user may not give a process an /etc of its own: ${String(tried.stderr).trim()}`;
}
