import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Become } from '../../../src/model/host.ts';
import { Secret } from '../../../src/model/secret.ts';
import type { Connection } from '../../../src/model/transport.ts';
import { createSshTransport } from '../../../src/transport/ssh/ssh-transport.ts';
import { connected, hostWith, routes } from '../world.ts';
import { noPrivateEtc, openPrivateEtc, type PrivateUser } from './private-etc.ts';
import { noSshd, startSshd } from './sshd.ts';

const PROGRAMS = ['/usr/bin/sudo', '/usr/bin/doas', '/usr/bin/su', '/usr/sbin/useradd', '/usr/sbin/chpasswd'];

/** Why the tests with the real sudo, doas and su cannot run here; null where they can. */
export const noPrivateHost: string | null = noSshd ?? noPrivateEtc ?? missingProgram();
if (noPrivateHost !== null) console.warn(`skipped: tests against the real sudo, doas and su: ${noPrivateHost}`);

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
  const etc = await openPrivateEtc();
  const login = etc.addUser('drover-login');
  const other = etc.addUser('drover-other');
  const root = etc.setPassword('root');
  const path = mkdtempSync(join(tmpdir(), 'drover-path-'));
  chmodSync(path, 0o755);
  for (const [name, text] of Object.entries(bin)) writeFileSync(join(path, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const { folder, port, keyFile, knownHosts, ...server } = await startSshd({
    etc,
    config: [`SetEnv SHLVL=2 PATH=${path}:/usr/local/bin:/usr/bin:/bin`],
  });
  const write = (file: string, ...lines: readonly string[]): void =>
    etc.write(file, ...lines.map((line) => line.replaceAll('USER', login.name)));
  return {
    ...{ folder, login, other, root },
    vars: {
      ...{ ansible_host: '127.0.0.1', ansible_port: port, ansible_user: login.name, ansible_ssh_private_key_file: keyFile },
      drover_known_hosts_file: knownHosts,
    },
    connect: (password) => {
      const becomePassword = password === null ? null : new Secret(password);
      const reach = { port, user: login.name, keyFiles: [keyFile], knownHostsFiles: [knownHosts] };
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
      await server.stop();
      await etc.close();
      rmSync(path, { recursive: true });
    },
  };
}

function missingProgram(): string | null {
  return PROGRAMS.find((file) => !existsSync(file))?.concat(' is not installed') ?? null;
}
