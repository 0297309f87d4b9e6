import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../src/model/host.ts';
import { Secret } from '../../../src/model/secret.ts';
import type { Connection, ExecResult } from '../../../src/model/transport.ts';
import { createSshTransport } from '../../../src/transport/ssh/ssh-transport.ts';
import { connected, eventually, folder, hostWith, isRunning, routes, run, trouble } from '../world.ts';
import { type Sshd, startSshd } from './sshd.ts';
import { makeSudoUser, noSudo, type SudoUser } from './sudo-user.ts';

const ROOT = { method: 'sudo', user: 'root' } as const;

describe.skipIf(noSudo !== null)('become by the real sudo, over a real sshd', () => {
  let sshd: Sshd;
  let user: SudoUser;
  beforeAll(async () => {
    user = await makeSudoUser('become');
    sshd = await startSshd({ etc: user.etc });
  });
  afterAll(async () => {
    await sshd.stop();
    await user.remove();
  });

  const host = (settings: Parameters<typeof hostWith>[0] = {}): Host =>
    hostWith({ port: sshd.port, user: user.name, keyFiles: [sshd.keyFile], knownHostsFiles: [sshd.knownHosts], ...settings });
  const connect = (password: string | null): Promise<Connection> =>
    connected(createSshTransport(routes()), host({ becomePassword: password === null ? null : new Secret(password) }));
  const asRoot = async (password: string | null, text: string): Promise<ExecResult> => run(await connect(password), text, { become: ROOT });

  describe.each(['use_pty', '!use_pty'])('with %s', (pty) => {
    const rule = (tag: string): void => user.allow(`Defaults:USER ${pty}`, `USER ALL=(ALL:ALL) ${tag} ALL`);

    it('needs no password where sudoers asks for none', async () => {
      rule('NOPASSWD:');
      const result = await asRoot(null, 'id -un; echo err >&2; exit 3');
      expect([result.stdout.toString(), result.stderr.toString(), result.exitCode]).toEqual(['root\n', 'err\n', 3]);
    });

    it('takes the password that sudo asks for, and leaves no trace of it', async () => {
      rule('PASSWD:');
      const result = await asRoot(user.password, 'id -un; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"');
      expect(result.stdout.toString().split('\n')[0]).toBe('root');
      expect(result.stdout.includes(user.password)).toBe(false);
      expect(result.stderr.toString()).toBe('');
    });

    it('has a password at hand that sudo does not ask for', async () => {
      rule('NOPASSWD:');
      expect((await asRoot(user.password, 'id -un; cat')).stdout.toString()).toBe('root\n');
    });

    it('takes scripts of 3 MB', async () => {
      rule('PASSWD:');
      const result = await asRoot(user.password, `printf %s '${'x'.repeat(3_000_000)}' | wc -c`);
      expect(result.stdout.toString().trim()).toBe('3000000');
    });

    it('ends the process group of a script that passes its deadline', async () => {
      rule('NOPASSWD:');
      const file = join(folder(), 'pid');
      const error = await trouble(run(await connect(null), `sleep 600 & echo $! >${file}; sleep 601`, { become: ROOT, deadlineMs: 300 }));
      expect([error.phase, error.deadline]).toEqual(['exec', true]);
      await eventually(() => !isRunning(Number(readFileSync(file, 'utf8'))), 'end of the background process');
    });
  });

  it('knows the SSH connection that sudo hides', async () => {
    user.allow('USER ALL=(ALL:ALL) NOPASSWD: ALL');
    expect((await asRoot(null, 'echo "$SSH_CONNECTION"')).stdout.toString()).toMatch(
      new RegExp(`^127\\.0\\.0\\.1 \\d+ 127\\.0\\.0\\.1 ${sshd.port}\n$`),
    );
  });

  it('becomes users other than root', async () => {
    user.allow('USER ALL=(nobody) NOPASSWD: ALL');
    const result = await run(await connect(null), 'id -un', { become: { method: 'sudo', user: 'nobody' } });
    expect(result.stdout.toString()).toBe('nobody\n');
  });

  it('says what to do when sudo wants a password and none is known', async () => {
    user.allow('USER ALL=(ALL:ALL) PASSWD: ALL');
    const error = await trouble(asRoot(null, 'id -un'));
    expect([error.phase, error.message, error.deadline]).toEqual(['become', 'sudo: a password is required', false]);
    expect(error.hint).toBe('if sudo wants a password: -K (--ask-become-pass), or the host var drover_become_password');
  });

  it('sends a wrong password once, and says so without showing it', async () => {
    user.allow('USER ALL=(ALL:ALL) PASSWD: ALL', `Defaults:USER logfile=${join(sshd.folder, 'sudo.log')}`);
    const error = await trouble(asRoot('not-the-password', 'id -un'));
    expect([error.phase, error.message, error.deadline]).toEqual(['become', 'sudo refused the password', false]);
    expect(JSON.stringify([error.message, error.hint, error.stack, String(error.cause)])).not.toContain('not-the-password');
    await eventually(() => /incorrect password|a password is required/.test(log()), "sudo's log");
    expect(log()).toMatch(/1 incorrect password attempt\b/);
  });

  it('says that sudo refused the password also where sudo asks once only', async () => {
    user.allow('USER ALL=(ALL:ALL) PASSWD: ALL', 'Defaults:USER passwd_tries=1');
    const error = await trouble(asRoot('not-the-password', 'id -un'));
    expect([error.phase, error.message, error.hint]).toEqual(['become', 'sudo refused the password', 'the password was sent once only']);
  });

  it('gives the last word of sudo to a user without rules', async () => {
    user.allow('# none');
    const error = await trouble(asRoot(user.password, 'id -un'));
    expect([error.phase, error.message.includes(`${user.name} is not in the sudoers file`)]).toEqual(['become', true]);
    expect(error.hint).toContain('sudoers');
  });

  it('needs no sudo to be who one is', async () => {
    user.allow('# none');
    const result = await run(await connect(null), 'id -un', { become: { method: 'sudo', user: user.name } });
    expect(result.stdout.toString()).toBe(`${user.name}\n`);
  });

  const log = (): string => {
    try {
      return readFileSync(join(sshd.folder, 'sudo.log'), 'utf8');
    } catch {
      return '';
    }
  };
});
