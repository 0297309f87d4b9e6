import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../src/model/host.ts';
import type { Questions } from '../../../src/model/questions.ts';
import { Secret } from '../../../src/model/secret.ts';
import { createSshTransport } from '../../../src/transport/ssh/ssh-transport.ts';
import { connected, eventually, folder, hostWith, routes, run, trouble } from '../world.ts';
import { makeKey, type Sshd, startSshd } from './sshd.ts';
import { makeSudoUser, noSudo, type SudoUser } from './sudo-user.ts';

const signal = new AbortController().signal;
const BY_PASSWORD = ['LogLevel VERBOSE', 'PasswordAuthentication yes'];
const BY_PROMPT = ['LogLevel VERBOSE', 'UsePAM yes', 'KbdInteractiveAuthentication yes'];

const refusals = (sshd: Sshd): readonly string[] => sshd.log().match(/Failed \S+ for \S+/g) ?? [];

describe.skipIf(noSudo !== null)('a password', () => {
  let user: SudoUser;
  let sshd: Sshd;
  beforeAll(async () => {
    user = await makeSudoUser('pw');
  });
  afterAll(() => user.remove());
  afterEach(() => sshd.stop());

  const host = (settings: Parameters<typeof hostWith>[0] = {}): Host =>
    hostWith({
      port: sshd.port,
      user: user.name,
      password: new Secret(user.password),
      knownHostsFiles: [sshd.knownHosts],
      deadlines: { authenticateMs: 10_000 },
      ...settings,
    });
  const whoAmI = async (of: Host, questions: Questions | null = null): Promise<string> => {
    const transport = createSshTransport(routes(), { questions, keyPassphrase: null });
    const result = await run(await connected(transport, of), 'id -un');
    return result.stdout.toString().trim();
  };
  const refused = (of: Host): ReturnType<typeof trouble> => trouble(createSshTransport(routes()).connect(of, signal));

  it('is sent by the method password', async () => {
    sshd = await startSshd({ etc: user.etc, config: BY_PASSWORD });
    expect(await whoAmI(host())).toBe(user.name);
    expect(sshd.log()).toContain('Accepted password for');
    expect(refusals(sshd)).toEqual([]);
  });

  it('answers the hidden prompt of keyboard-interactive', async () => {
    sshd = await startSshd({ etc: user.etc, config: BY_PROMPT });
    expect(await whoAmI(host())).toBe(user.name);
    expect(sshd.log()).toContain('Accepted keyboard-interactive/pam for');
  });

  it('is sent by keyboard-interactive alone where the server has both, and once, also where it is wrong', async () => {
    sshd = await startSshd({ etc: user.etc, config: [...BY_PROMPT, ...BY_PASSWORD] });
    const error = await refused(host({ password: new Secret('not the password') }));
    expect([error.phase, error.hint]).toEqual(['authenticate', 'tried password']);
    expect(error.message).toBe(`127.0.0.1 does not let ${user.name} log in`);
    await eventually(() => refusals(sshd).length > 0, 'the refusal');
    expect(refusals(sshd)).toEqual([`Failed keyboard-interactive/pam for ${user.name}`]);
  });

  it('is sent once by the method password where it is wrong', async () => {
    sshd = await startSshd({ etc: user.etc, config: BY_PASSWORD });
    expect((await refused(host({ password: new Secret('not the password') }))).hint).toBe('tried password');
    await eventually(() => refusals(sshd).length > 0, 'the refusal');
    expect(refusals(sshd)).toEqual([`Failed password for ${user.name}`]);
  });

  it('is sent by the method password where keyboard-interactive asks for nothing', async () => {
    sshd = await startSshd({ etc: user.etc, config: [...BY_PASSWORD, 'UsePAM no', 'KbdInteractiveAuthentication yes'] });
    expect(await whoAmI(host())).toBe(user.name);
    expect(sshd.log()).toContain('Accepted password for');
  });

  it('comes after keys, and only where they do not do', async () => {
    sshd = await startSshd({ etc: user.etc, config: BY_PASSWORD });
    expect(await whoAmI(host({ keyFiles: [sshd.keyFile] }))).toBe(user.name);
    expect(sshd.log()).toContain('Accepted publickey for');
    expect(await whoAmI(host({ keyFiles: [makeKey(join(folder(), 'other'))] }))).toBe(user.name);
    expect(sshd.log()).toContain('Accepted password for');
  });

  it.each(['publickey,password', 'publickey,keyboard-interactive', 'password,publickey', 'keyboard-interactive,publickey'])(
    'is one of two factors: %s',
    async (factors) => {
      sshd = await startSshd({ etc: user.etc, config: [...BY_PROMPT, ...BY_PASSWORD, `AuthenticationMethods ${factors}`] });
      const other = makeKey(join(folder(), 'other'));
      expect(await whoAmI(host({ keyFiles: [sshd.keyFile, other] }))).toBe(user.name);
    },
  );

  it('is asked for where the second factor is one and none is known', async () => {
    sshd = await startSshd({ etc: user.etc, config: [...BY_PROMPT, 'AuthenticationMethods publickey,keyboard-interactive'] });
    const asked: string[] = [];
    const askSecret = async (question: string): Promise<Secret> => {
      asked.push(question);
      return new Secret(user.password);
    };
    expect(await whoAmI(host({ password: null, keyFiles: [sshd.keyFile] }), { askSecret })).toBe(user.name);
    expect(asked).toEqual([`${user.name}@127.0.0.1 asks: Password`]);
  });

  it('that is missing as the second factor is what the error names', async () => {
    sshd = await startSshd({ etc: user.etc, config: [...BY_PASSWORD, 'AuthenticationMethods publickey,password'] });
    const error = await refused(host({ password: null, keyFiles: [sshd.keyFile] }));
    expect(error.message).toBe(`127.0.0.1 does not let ${user.name} log in: it took ${sshd.keyFile}, and wants password too`);
    expect(error.hint).toBe('the server takes a password: -k, or the host var drover_password');
  });

  it('that is missing is what the error names, and no prompt is begun', async () => {
    sshd = await startSshd({ etc: user.etc, config: [...BY_PROMPT, ...BY_PASSWORD, 'PubkeyAuthentication no'] });
    const error = await refused(host({ password: null, keyFiles: [sshd.keyFile] }));
    expect(error.hint).toBe('the server takes a password: -k, or the host var drover_password; not used: keys: the server takes none');
    expect(sshd.log()).not.toContain('Postponed keyboard-interactive');
  });

  it('that the server does not take is not sent', async () => {
    sshd = await startSshd({ etc: user.etc, config: ['LogLevel VERBOSE'] });
    const error = await refused(host());
    expect([error.phase, error.hint]).toEqual(['authenticate', 'not used: password: the server takes publickey only']);
  });

  it('that has to be changed first ends in a clear error', async () => {
    sshd = await startSshd({ etc: user.etc, config: BY_PROMPT });
    user.etc.run(['chage', '-d', '0', user.name]);
    try {
      const error = await refused(host());
      expect(error.message).toBe(`127.0.0.1 wants ${user.name} to change the password first`);
      expect(error.hint).toBe(`log in by hand once: ssh -p ${sshd.port} ${user.name}@127.0.0.1`);
    } finally {
      user.etc.run(['chage', '-d', '19000', user.name]);
    }
  });
});
