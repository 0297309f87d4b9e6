import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../../src/model/host.ts';
import { Secret } from '../../../src/model/secret.ts';
import { createSshTransport } from '../../../src/transport/ssh/ssh-transport.ts';
import { connected, folder, hostWith, ME, routes, run, trouble } from '../world.ts';
import { makeKey, noSshd, publicKey, type Sshd, startSshd } from './sshd.ts';

const signal = new AbortController().signal;
const PASSPHRASE = 'correct horse';

/** Somebody who answers with these, one after the other, the last one again and again, and all that was asked. */
function somebody(...answers: readonly (string | null)[]): { asked: string[]; askSecret(question: string): Promise<Secret | null> } {
  const asked: string[] = [];
  return {
    asked,
    askSecret: async (question) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? null;
      asked.push(question);
      return answer === null ? null : new Secret(answer);
    },
  };
}

describe.skipIf(noSshd !== null)('the passphrase of a key file', () => {
  let sshd: Sshd;
  let locked: string;
  beforeEach(async () => {
    sshd = await startSshd({ config: ['LogLevel VERBOSE'] });
    locked = makeKey(join(folder(), 'locked'), 'ed25519', PASSPHRASE);
    allow(locked);
  });
  afterEach(() => sshd.stop());

  const allow = (...keys: readonly string[]): void =>
    writeFileSync(join(sshd.folder, 'authorized_keys'), keys.map((key) => `${publicKey(key)}\n`).join(''));
  const host = (...keyFiles: readonly string[]): Host => hostWith({ port: sshd.port, knownHostsFiles: [sshd.knownHosts], keyFiles });
  const logins = (): number => sshd.log().match(/Accepted publickey/g)?.length ?? 0;
  const connections = (): number => sshd.log().match(/^Connection from/gm)?.length ?? 0;
  const spare = (name: string, passphrase = ''): string => makeKey(join(folder(), name), 'ed25519', passphrase);

  it('is asked for once for all hosts, at once where nothing else can be tried', async () => {
    const questions = somebody(PASSPHRASE);
    const transport = createSshTransport(routes(), { questions, keyPassphrase: null });
    await Promise.all([1, 2, 3, 4, 5].map(() => connected(transport, host(locked))));
    const result = await run(await connected(transport, host(locked)), 'id -un');
    expect(result.stdout.toString()).toBe(`${ME}\n`);
    expect(questions.asked).toEqual([`passphrase of ${locked}`]);
    expect([logins(), connections()]).toEqual([6, 6]);
  });

  it('is not asked for where another key does, whatever the order', async () => {
    allow(locked, sshd.keyFile);
    const questions = somebody(PASSPHRASE);
    await connected(createSshTransport(routes(), { questions, keyPassphrase: null }), host(locked, sshd.keyFile));
    expect(questions.asked).toEqual([]);
  });

  it('is asked for after the other keys were refused, for one more connection', async () => {
    const questions = somebody(PASSPHRASE);
    const transport = createSshTransport(routes(), { questions, keyPassphrase: null });
    await Promise.all([1, 2, 3].map(() => connected(transport, host(spare('other'), locked))));
    expect(questions.asked).toEqual([`passphrase of ${locked}`]);
    expect([logins(), connections()]).toEqual([3, 6]);
    await connected(transport, host(spare('other'), locked));
    expect(connections()).toBe(7);
  });

  it('is asked for only of the key that the server would take', async () => {
    const [before, after] = [spare('before', 'another'), spare('after', 'another')];
    const questions = somebody(PASSPHRASE);
    await connected(createSshTransport(routes(), { questions, keyPassphrase: null }), host(before, locked, after));
    expect(questions.asked).toEqual([`passphrase of ${locked}`]);
  });

  it('is not asked for where the server would take none of the locked keys', async () => {
    const [one, other] = [spare('one', 'another'), spare('other', 'another')];
    const questions = somebody('another');
    const transport = createSshTransport(routes(), { questions, keyPassphrase: null });
    const error = await trouble(transport.connect(host(one, other), signal));
    expect([error.hint, questions.asked]).toEqual([`tried ${one}, ${other}`, []]);
  });

  it('is asked for also where the public half is not known', async () => {
    const hidden = makeKey(join(folder(), 'hidden'), 'rsa');
    execFileSync('ssh-keygen', ['-q', '-p', '-m', 'PEM', '-P', '', '-N', PASSPHRASE, '-f', hidden]);
    allow(hidden);
    rmSync(`${hidden}.pub`);
    const questions = somebody(PASSPHRASE);
    await connected(createSshTransport(routes(), { questions, keyPassphrase: null }), host(spare('other'), hidden));
    expect(questions.asked).toEqual([`passphrase of ${hidden}`]);
  });

  it('is asked for again after a wrong one', async () => {
    const questions = somebody('wrong', PASSPHRASE);
    await connected(createSshTransport(routes(), { questions, keyPassphrase: null }), host(locked));
    expect(questions.asked).toEqual([`passphrase of ${locked}`, `that does not open it; passphrase of ${locked}`]);
  });

  it.each<[string, readonly (string | null)[], number, string]>([
    ['three wrong ones', ['wrong', 'guess-7', 'guess-8'], 3, 'it is encrypted, and 3 passphrases did not open it'],
    ['an empty answer', [''], 1, 'it is encrypted, and no passphrase was given'],
    ['no answer', [null], 1, 'it is encrypted, and no passphrase was given'],
  ])('is not asked for any more after %s, and the hint says so', async (_, answers, times, why) => {
    const questions = somebody(...answers);
    const transport = createSshTransport(routes(), { questions, keyPassphrase: null });
    const other = spare('other');
    const [alone, among, again] = [
      await trouble(transport.connect(host(locked), signal)),
      await trouble(transport.connect(host(other, locked), signal)),
      await trouble(transport.connect(host(other, locked), signal)),
    ];
    expect(questions.asked).toHaveLength(times);
    expect(alone.message).toBe('there is no key to log in with');
    expect(alone.hint).toBe(`name a key file, start an agent, or give a password: -k; not used: ${locked}: ${why}`);
    for (const error of [among, again]) expect(error.hint).toBe(`tried ${other}; not used: ${locked}: ${why}`);
    expect(JSON.stringify([alone, among])).not.toMatch(/guess-/);
  });

  it('says after a question in vain what was tried before it', async () => {
    const other = spare('other');
    const transport = createSshTransport(routes(), { questions: somebody(null), keyPassphrase: null });
    const error = await trouble(transport.connect(host(other, locked), signal));
    expect([error.phase, error.hint]).toEqual([
      'authenticate',
      `tried ${other}; not used: ${locked}: it is encrypted, and no passphrase was given`,
    ]);
  });

  it('may be known before, and then opens every file that it fits without a question', async () => {
    const second = spare('second', 'another');
    const questions = somebody('another');
    const keyPassphrase = new Secret(PASSPHRASE);
    const transport = createSshTransport(routes(), { questions, keyPassphrase });
    await connected(transport, host(locked));
    expect(questions.asked).toEqual([]);
    allow(second);
    await connected(transport, host(locked, second));
    expect(questions.asked).toEqual([`passphrase of ${second}`]);
  });

  it('that is known and does not fit is said where nobody can be asked', async () => {
    const transport = createSshTransport(routes(), { questions: null, keyPassphrase: new Secret('guess-7') });
    const error = await trouble(transport.connect(host(locked), signal));
    expect(error.hint).toContain(`${locked}: it is encrypted, and DROVER_KEY_PASSPHRASE does not open it`);
    expect(JSON.stringify(error)).not.toContain('guess-7');
  });

  it('ends in an interrupt where the run was stopped at the question', async () => {
    const stopper = new AbortController();
    const askSecret = async (): Promise<null> => {
      stopper.abort('SIGINT');
      return null;
    };
    const transport = createSshTransport(routes(), { questions: { askSecret }, keyPassphrase: null });
    expect((await trouble(transport.connect(host(locked), stopper.signal))).phase).toBe('aborted');
    expect(connections()).toBe(0);
  });
});
