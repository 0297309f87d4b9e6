import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/model/secret.ts';
import type { Connection, ExecResult } from '../../../src/model/transport.ts';
import { type Sshd, startSshd } from '../ssh/sshd.ts';
import { makeSudoUser, noSudo, type SudoUser } from '../ssh/sudo-user.ts';
import { connected, hostWith, run, trouble } from '../world.ts';
import { openSsh } from './processes.ts';

const ROOT = { method: 'sudo', user: 'root' } as const;

describe.skipIf(noSudo !== null)('become by the real sudo, by the system’s ssh', () => {
  let sshd: Sshd;
  let user: SudoUser;
  beforeAll(async () => {
    user = await makeSudoUser('openssh');
    sshd = await startSshd({ etc: user.etc });
  });
  afterAll(async () => {
    await sshd.stop();
    await user.remove();
  });

  const connect = (password: string | null, on = sshd): Promise<Connection> => {
    const becomePassword = password === null ? null : new Secret(password);
    return connected(
      openSsh(),
      hostWith({ port: on.port, user: user.name, keyFiles: [on.keyFile], knownHostsFiles: [on.knownHosts], becomePassword }),
    );
  };
  const asRoot = async (password: string | null, text: string): Promise<ExecResult> => run(await connect(password), text, { become: ROOT });

  describe.each([
    ['without a terminal', '!requiretty'],
    ['with requiretty', 'requiretty'],
  ])('%s', (_, rule) => {
    it('needs no password where sudoers asks for none', async () => {
      user.allow(`Defaults:USER ${rule}`, 'USER ALL=(ALL:ALL) NOPASSWD: ALL');
      const result = await asRoot(null, 'id -un; echo err >&2; exit 3');
      expect([result.stdout.toString(), result.stderr.toString(), result.exitCode]).toEqual(['root\n', 'err\n', 3]);
    });

    it('gives the password that sudo asks for, and leaves no trace of it on either side', async () => {
      user.allow(`Defaults:USER ${rule}`, 'USER ALL=(ALL:ALL) PASSWD: ALL');
      const result = await asRoot(user.password, 'id -un; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"');
      expect(result.stdout.toString().split('\n')[0]).toBe('root');
      expect(result.stdout.includes(user.password)).toBe(false);
      expect(result.stderr.toString()).toBe('');
    });

    it('passes every byte of a script, and every byte back', async () => {
      user.allow(`Defaults:USER ${rule}`, 'USER ALL=(ALL:ALL) PASSWD: ALL');
      const text = Array.from({ length: 0x7ff }, (_unused, index) => String.fromCodePoint(index + 1))
        .filter((each) => each !== "'")
        .join('')
        .repeat(100);
      const { stdout } = await asRoot(user.password, `printf %s '${text}'`);
      expect(createHash('sha256').update(stdout).digest('hex')).toBe(createHash('sha256').update(text).digest('hex'));
    });
  });

  it('sends a wrong password once, and says so without showing it', async () => {
    user.allow('USER ALL=(ALL:ALL) PASSWD: ALL');
    const error = await trouble(asRoot('not-the-password', 'id -un'));
    expect([error.phase, error.deadline]).toEqual(['become', false]);
    expect(JSON.stringify([error.message, error.hint, error.stack, String(error.cause)])).not.toContain('not-the-password');
  });

  it('says that a host gives no terminal where sudo wants one', async () => {
    user.allow('Defaults:USER requiretty', 'USER ALL=(ALL:ALL) NOPASSWD: ALL');
    const without = await startSshd({ etc: user.etc, config: ['PermitTTY no'] });
    const error = await trouble(run(await connect(null, without), 'id -un', { become: ROOT }));
    expect([error.phase, error.message]).toEqual(['become', 'the host gives no terminal, which the privilege program needs']);
    await without.stop();
  });
});
