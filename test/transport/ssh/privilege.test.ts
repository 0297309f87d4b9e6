import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BECOME_METHODS, type Become } from '../../../src/model/host.ts';
import { run, trouble } from '../world.ts';
import { noPrivateHost, type PrivateHost, startPrivateHost } from './private-host.ts';

describe.skipIf(noPrivateHost !== null)('the real sudo, doas and su, over a real sshd', () => {
  let host: PrivateHost;
  beforeAll(async () => {
    host = await startPrivateHost();
  });
  afterAll(() => host.stop());

  const BECOMES: readonly Become[] = BECOME_METHODS.flatMap((method) => ['root', 'drover-other'].map((user) => ({ method, user })));

  describe.each(BECOMES)('$method to $user', (become) => {
    it('does without a password where none is asked for', async () => {
      host.ask('nothing');
      const result = await run(await host.connect(null), 'id -un; echo err >&2; exit 3', { become });
      expect([result.stdout.toString(), result.stderr.toString(), result.exitCode]).toEqual([`${become.user}\n`, 'err\n', 3]);
    });

    it('takes the password that is asked for, and leaves no trace of it', async () => {
      host.ask('password');
      const password = host.passwordFor(become);
      const text = 'id -un; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"; echo err >&2; exit 3';
      const result = await run(await host.connect(password), text, { become });
      expect(result.stdout.toString().split('\n')[0]).toBe(become.user);
      expect(result.stdout.includes(password)).toBe(false);
      expect([result.stderr.toString(), result.exitCode]).toEqual(['err\n', 3]);
    });

    it('has a password at hand that is not asked for', async () => {
      host.ask('nothing');
      const result = await run(await host.connect('not-asked-for'), 'id -un; cat', { become });
      expect(result.stdout.toString()).toBe(`${become.user}\n`);
    });

    it('says at once that a password is wanted and none is known', async () => {
      host.ask('password');
      const connection = await host.connect(null);
      const startedAt = performance.now();
      const error = await trouble(run(connection, 'id -un', { become }));
      expect(performance.now() - startedAt).toBeLessThan(1_500);
      expect([error.phase, error.deadline]).toEqual(['become', false]);
      expect(error.message).toMatch(
        become.method === 'sudo' ? /^sudo: a password is required$/ : new RegExp(`^${become.method} wants a password`),
      );
      expect(error.hint).toContain('--ask-become-pass');
    });

    it('says that a wrong password was refused when the host says so, and does not show it', async () => {
      host.ask('password');
      const connection = await host.connect('not-the-password');
      const error = await trouble(run(connection, 'id -un', { become }));
      expect([error.phase, error.message, error.deadline]).toEqual(['become', `${become.method} refused the password`, false]);
      expect(error.hint).toContain('the password was sent once only');
      expect(JSON.stringify([error.message, error.hint, error.stack, String(error.cause)])).not.toContain('not-the-password');
    });

    it('needs no program to be who one is', async () => {
      host.forbid();
      const own = { ...become, user: host.login.name };
      expect((await run(await host.connect(null), 'id -un', { become: own })).stdout.toString()).toBe(`${host.login.name}\n`);
      expect((await run(await host.connect('unneeded'), 'id -un', { become: own })).stdout.toString()).toBe(`${host.login.name}\n`);
    });
  });

  it.each(BECOME_METHODS)('shows the password for %s in no command line and no environment while it works', async (method) => {
    host.ask('password');
    const become: Become = { method, user: 'drover-other' };
    const password = host.passwordFor(become);
    const connection = await host.connect(password);
    const over = join(host.folder, `over-${method}`);
    const running = run(connection, `until [ -e ${over} ]; do sleep 0.1; done`, { become });
    const seen = new Set<string>();
    const isSeen = (): boolean => [...seen].some((text) => text.startsWith(method) && text.includes('drover-other'));
    const sweep = async (): Promise<void> => {
      for (const name of (await readdir('/proc')).filter((each) => /^\d+$/.test(each))) {
        for (const file of ['cmdline', 'environ']) seen.add(await readFile(join('/proc', name, file), 'latin1').catch(() => ''));
      }
    };
    while (!isSeen()) await sweep();
    for (let more = 0; more < 10; more += 1) await sweep();
    await writeFile(over, '');
    expect((await running).exitCode).toBe(0);
    expect([...seen].filter((text) => text.includes(password))).toEqual([]);
  });
});
