import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2, { type AuthContext, type KeyboardAuthContext, type Prompt } from 'ssh2';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Host } from '../../../src/model/host.ts';
import type { Questions } from '../../../src/model/questions.ts';
import { Secret } from '../../../src/model/secret.ts';
import { createSshTransport } from '../../../src/transport/ssh/ssh-transport.ts';
import { folder, hostWith, ME, routes, trouble } from '../world.ts';
import { makeKey, noSshd } from './sshd.ts';

const signal = new AbortController().signal;

/** A server that asks what no sshd of this machine does, and notes every request that came. */
async function serverThat(authenticate: (context: AuthContext) => void): Promise<{ host: Host; requests: string[] }> {
  const requests: string[] = [];
  const hostKey = readFileSync(makeKey(join(folder(), 'host')));
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => {
      requests.push(context.method);
      authenticate(context);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const settings = { port, password: new Secret('correct horse'), hostKeyPolicy: 'accept-new' as const };
  return { host: hostWith({ ...settings, knownHostsFiles: [join(folder(), 'known_hosts')] }), requests };
}

/** Prompts in rounds; the answers of the last one are noted, and then it refuses. */
function rounds(said: string[][], ...asked: readonly (readonly Prompt[])[]): (context: AuthContext) => void {
  return (context) => {
    if (context.method === 'keyboard-interactive') askNext(context, asked);
    else context.reject(['keyboard-interactive', 'password']);
  };
  function askNext(context: KeyboardAuthContext, [round, ...more]: readonly (readonly Prompt[])[]): void {
    if (round === undefined) context.reject(['keyboard-interactive', 'password']);
    else
      context.prompt([...round], (answers) => {
        said.push(answers);
        askNext(context, more);
      });
  }
}

const reach = (host: Host, questions: Questions | null = null): ReturnType<typeof trouble> =>
  trouble(createSshTransport(routes(), { questions, keyPassphrase: null }).connect(host, signal));
const answering = (asked: string[], answer: string | null): Questions => ({
  askSecret: async (question) => {
    asked.push(question);
    return answer === null ? null : new Secret(answer);
  },
});

describe.skipIf(noSshd !== null)('prompts of a server', () => {
  const PASSWORD: Prompt = { prompt: 'Password: ', echo: false };
  const CODE: Prompt = { prompt: 'Verification\u001b[2J code: ', echo: false };

  it('get the password once, and what else they ask for is asked of somebody, with the name of the host', async () => {
    const [said, asked]: [string[][], string[]] = [[], []];
    const { host } = await serverThat(rounds(said, [PASSWORD], [], [CODE]));
    await reach(host, answering(asked, '123456'));
    expect(said).toEqual([['correct horse'], [], ['123456']]);
    expect(asked).toEqual([`${ME}@127.0.0.1 asks: Verification [2J code`]);
  });

  it('for a code never get the password, in one round with it or before it', async () => {
    const said: string[][] = [];
    const { host } = await serverThat(rounds(said, [CODE, PASSWORD], [{ prompt: 'One-time password (OATH) for `me`: ', echo: false }]));
    await reach(host, answering([], '123456'));
    expect(said).toEqual([['123456', 'correct horse'], ['123456']]);
  });

  it('that show what is typed never get the password', async () => {
    const said: string[][] = [];
    const { host } = await serverThat(rounds(said, [{ prompt: 'Your name: ', echo: true }]));
    await reach(host, answering([], 'me'));
    expect(said).toEqual([['me']]);
  });

  it('for the password come once: a second one is asked of somebody, and the method password is not tried', async () => {
    const [said, asked]: [string[][], string[]] = [[], []];
    const { host, requests } = await serverThat(rounds(said, [PASSWORD], [PASSWORD]));
    const error = await reach(host, answering(asked, 'another'));
    expect([said, asked]).toEqual([[['correct horse'], ['another']], [`${ME}@127.0.0.1 asks: Password`]]);
    expect(requests).toEqual(['none', 'keyboard-interactive']);
    expect(error.hint).toBe('tried password');
  });

  it.each([
    ['nobody is here to answer', null],
    ['no answer was given', answering([], null)],
  ])('end the login where %s, with what the server asked', async (why, questions) => {
    const { host } = await serverThat(rounds([], [PASSWORD], [CODE]));
    const error = await reach(host, questions);
    expect(error.phase).toBe('authenticate');
    expect(error.message).toContain(`127.0.0.1 asks ${ME} for "Verification [2J code", and ${why}`);
  });

  it('may take longer to answer than an authentication', async () => {
    const said: string[][] = [];
    const { host } = await serverThat(rounds(said, [CODE]));
    const questions: Questions = {
      askSecret: async () => {
        await delay(1_500);
        return new Secret('123456');
      },
    };
    const hasty = { ...host, connection: { ...host.connection, deadlines: { ...host.connection.deadlines, authenticateMs: 1_000 } } };
    expect((await reach(hasty, questions)).message).toContain('does not let');
    expect(said).toEqual([['123456']]);
  });

  it.each<[string, readonly Prompt[]]>([
    ['pam_unix', [{ prompt: 'Current password: ', echo: false }]],
    ['older pam_unix', [{ prompt: '(current) UNIX password: ', echo: false }]],
    [
      'others',
      [
        { prompt: 'New password: ', echo: false },
        { prompt: 'Retype: ', echo: false },
      ],
    ],
  ])('for a new password end the login and get nothing: %s', async (_, prompts) => {
    const said: string[][] = [];
    const { host } = await serverThat(rounds(said, prompts));
    expect((await reach(host, answering([], 'x'))).message).toBe(`127.0.0.1 wants ${ME} to change the password first`);
    expect(said).toEqual([]);
  });

  it('are not needed for that: the method password has an answer of its own', async () => {
    const { host } = await serverThat((context) => {
      if (context.method === 'password') context.requestChange('Your password has expired', () => {});
      else context.reject(['password']);
    });
    expect((await reach(host)).message).toBe(`127.0.0.1 wants ${ME} to change the password first`);
  });
});
