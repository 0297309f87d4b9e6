import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../src/model/host.ts';
import { Secret } from '../../../src/model/secret.ts';
import { createSshTransport } from '../../../src/transport/ssh/ssh-transport.ts';
import { connected, eventually, folder, hostWith, ME, routes, trouble } from '../world.ts';
import { startAgent } from './real-agent.ts';
import { makeKey, noSshd, type Sshd, startSshd } from './sshd.ts';
import { makeSudoUser, noSudo, type SudoUser } from './sudo-user.ts';

const signal = new AbortController().signal;
const VERBOSE = 'LogLevel VERBOSE';

describe.skipIf(noSshd !== null)('the keys of an agent', () => {
  let sshd: Sshd;
  afterEach(() => sshd.stop());

  const host = (settings: Parameters<typeof hostWith>[0] = {}): Host =>
    hostWith({ port: sshd.port, knownHostsFiles: [sshd.knownHosts], ...settings });
  const connect = (of: Host): Promise<unknown> => connected(createSshTransport(routes()), of);
  const keys = (count: number): readonly string[] => {
    const home = folder();
    return Array.from({ length: count }, (_, index) => makeKey(join(home, `other${index}`)));
  };
  const failures = (): number => sshd.log().match(/^Failed /gm)?.length ?? 0;

  it('are offered only as far as key files name them, where only those may be', async () => {
    sshd = await startSshd({ config: [VERBOSE] });
    const agentSocket = await startAgent([...keys(8), sshd.keyFile]);
    const given = { identitiesOnly: true, userKnownHostsFiles: [sshd.knownHosts] };
    await connect(host({ agentSocket, given: { ...given, identityFiles: [sshd.keyFile] } }));
    const [other = ''] = keys(1);
    const error = await trouble(
      createSshTransport(routes()).connect(host({ agentSocket, given: { ...given, identityFiles: [other] } }), signal),
    );
    expect(error.hint).toBe(`tried ${other}`);
    expect(sshd.log().match(/^Accepted publickey/gm)).toHaveLength(1);
    await eventually(() => failures() > 0, 'the refusal');
    expect(failures()).toBe(1);
  });

  it('leave room for key files within the attempts of a server', async () => {
    sshd = await startSshd({ config: [VERBOSE] });
    const agentSocket = await startAgent(keys(8));
    await connect(host({ agentSocket, keyFiles: [...keys(2), sshd.keyFile] }));
    expect(failures()).toBe(5);
  });

  it('are no more than the attempts of a server, and the hint names those that were left out', async () => {
    sshd = await startSshd({ config: [VERBOSE] });
    const agentSocket = await startAgent(keys(8));
    const error = await trouble(createSshTransport(routes()).connect(host({ agentSocket }), signal));
    expect(error.message).toMatch(/^127\.0\.0\.1 does not let \S+ log in/);
    expect(error.hint?.match(/agent key SHA256:\S+ \(test\): one key too many for the server/g)).toHaveLength(2);
    expect(failures()).toBeLessThanOrEqual(6);
  });

  it('that a server cut off are told with what it said', async () => {
    sshd = await startSshd({ config: [VERBOSE, 'MaxAuthTries 2'] });
    const agentSocket = await startAgent(keys(3));
    const error = await trouble(createSshTransport(routes()).connect(host({ agentSocket }), signal));
    expect([error.phase, error.message]).toEqual(['authenticate', `127.0.0.1 does not let ${ME} log in: Too many authentication failures`]);
  });

  it('are passed over where the agent does not sign', async () => {
    sshd = await startSshd({ config: [VERBOSE] });
    const agentSocket = await startAgent([sshd.keyFile], '-c');
    const error = await trouble(createSshTransport(routes()).connect(host({ agentSocket }), signal));
    expect(error.hint).toMatch(/^tried agent key SHA256:\S+ \(test\) \(the agent did not sign\)$/);
  });

  it('may be none that drover knows, and then the hint says what knows more', async () => {
    sshd = await startSshd();
    const agentSocket = await startAgent([]);
    const error = await trouble(createSshTransport(routes()).connect(host({ agentSocket }), signal));
    expect(error.hint).toContain(`not used: agent ${agentSocket}: it shows no key of a type that drover knows; if one is of a FIDO`);
    expect(error.hint).toContain('log in with --transport openssh (drover_transport: openssh)');
  });

  it('spare the question for the passphrase of their files', async () => {
    sshd = await startSshd({ config: [VERBOSE] });
    const agentSocket = await startAgent([sshd.keyFile]);
    const askSecret = async (): Promise<null> => expect.fail('nobody is to be asked');
    const of = host({ agentSocket, keyFiles: [makeKey(join(folder(), 'locked'), 'ed25519', 'correct horse'), sshd.keyFile] });
    await connected(createSshTransport(routes(), { questions: { askSecret }, keyPassphrase: null }), of);
  });

  describe.skipIf(noSudo !== null)('and a password', () => {
    let user: SudoUser;
    beforeAll(async () => {
      user = await makeSudoUser('agent');
    });
    afterAll(() => user.remove());
    const known = (): Parameters<typeof hostWith>[0] => ({ user: user.name, password: new Secret(user.password) });

    it('get along within the attempts of a server', async () => {
      sshd = await startSshd({ etc: user.etc, config: [VERBOSE, 'PasswordAuthentication yes'] });
      const agentSocket = await startAgent(keys(8));
      await connect(host({ agentSocket, keyFiles: keys(4), ...known() }));
      expect(failures()).toBe(5);
      expect(sshd.log()).toContain('Accepted password');
    });

    it.each([0, 2])('are two factors, with %d other keys before the right one', async (others) => {
      sshd = await startSshd({
        etc: user.etc,
        config: [VERBOSE, 'PasswordAuthentication yes', 'AuthenticationMethods publickey,password'],
      });
      const agentSocket = await startAgent([...keys(others), sshd.keyFile, ...keys(2)]);
      await connect(host({ agentSocket, ...known() }));
      expect(failures()).toBe(others);
    });

    it('that is missing then is named', async () => {
      sshd = await startSshd({
        etc: user.etc,
        config: [VERBOSE, 'PasswordAuthentication yes', 'AuthenticationMethods publickey,password'],
      });
      const agentSocket = await startAgent([sshd.keyFile]);
      const error = await trouble(createSshTransport(routes()).connect(host({ agentSocket, user: user.name }), signal));
      expect(error.message).toMatch(/log in: it took agent key SHA256:\S+ \(test\), and wants password too$/);
      expect(error.hint).toBe('the server takes a password: -k, or the host var drover_password');
    });
  });
});
