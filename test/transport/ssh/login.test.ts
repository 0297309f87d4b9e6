import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../src/model/host.ts';
import { createSshTransport } from '../../../src/transport/ssh/ssh-transport.ts';
import { connected, folder, hostWith, ME, routes, run, trouble } from '../world.ts';
import { startAgent } from './real-agent.ts';
import { makeKey, noSshd, publicKey, type Sshd, startSshd } from './sshd.ts';

const signal = new AbortController().signal;

describe.skipIf(noSshd !== null)('logging in to a real sshd', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd({ hostKeys: ['ed25519', 'ecdsa', 'rsa'] });
  });
  afterAll(() => sshd.stop());

  const host = (settings: Parameters<typeof hostWith>[0] = {}): Host =>
    hostWith({ port: sshd.port, keyFiles: [sshd.keyFile], knownHostsFiles: [sshd.knownHosts], ...settings });
  const whoAmI = async (of: Host): Promise<string> => {
    const result = await run(await connected(createSshTransport(routes()), of), 'id -un');
    return result.stdout.toString().trim();
  };
  const refused = (of: Host): ReturnType<typeof trouble> => trouble(createSshTransport(routes()).connect(of, signal));

  describe('keys', () => {
    it('takes a key file', async () => {
      expect(await whoAmI(host())).toBe(ME);
    });

    it('takes an RSA key file in PEM form', async () => {
      const key = makeKey(join(folder(), 'rsa'), 'rsa');
      execFileSync('ssh-keygen', ['-q', '-p', '-m', 'PEM', '-N', '', '-f', key]);
      writeFileSync(join(sshd.folder, 'authorized_keys'), `${publicKey(sshd.keyFile)}\n${publicKey(key)}\n`);
      expect(await whoAmI(host({ keyFiles: [key] }))).toBe(ME);
    });

    it('tries key files in order within one connection', async () => {
      const other = makeKey(join(folder(), 'other'));
      expect(await whoAmI(host({ keyFiles: [join(folder(), 'missing'), other, sshd.keyFile] }))).toBe(ME);
    });

    it('takes a key of the agent, before the key files', async () => {
      const agentSocket = await startAgent([sshd.keyFile]);
      expect(await whoAmI(host({ agentSocket, keyFiles: [] }))).toBe(ME);
    });

    it('finds the right key of an agent that holds more keys than sshd lets one try', async () => {
      const home = folder();
      const others = [1, 2, 3, 4, 5, 6, 7].map((n) => makeKey(join(home, `other${n}`)));
      const agentSocket = await startAgent([...others, sshd.keyFile]);
      expect(await whoAmI(host({ agentSocket }))).toBe(ME);
    });

    it('falls back to the key files when the agent is gone', async () => {
      expect(await whoAmI(host({ agentSocket: join(folder(), 'nobody') }))).toBe(ME);
    });

    it('says which keys were tried, and why others were not', async () => {
      const home = folder();
      const other = makeKey(join(home, 'other'));
      const locked = makeKey(join(home, 'locked'), 'ed25519', 'passphrase');
      writeFileSync(join(home, 'broken'), 'no key');
      const error = await refused(host({ keyFiles: [other, locked, join(home, 'broken'), join(home, 'missing')] }));
      expect([error.phase, error.deadline]).toEqual(['authenticate', false]);
      expect(error.message).toBe(`127.0.0.1 does not let ${ME} log in`);
      expect(error.hint).toContain(
        `tried ${other}; not used: ${locked}: it is encrypted: add it to an agent with ssh-add, or set DROVER_KEY_PASSPHRASE; ${home}/broken: `,
      );
      expect(error.hint).toContain(`${home}/missing: no such file`);
    });

    it('proposes openssh for a key that has a certificate beside it', async () => {
      const key = makeKey(join(folder(), 'certified'));
      writeFileSync(`${key}-cert.pub`, 'any certificate');
      const error = await refused(host({ keyFiles: [key] }));
      expect(error.hint).toBe(`tried ${key}; not used: ${key}-cert.pub: log in with --transport openssh (drover_transport: openssh)`);
    });

    it('says nothing of missing default key files', async () => {
      const home = folder();
      mkdirSync(join(home, '.ssh'));
      makeKey(join(home, '.ssh', 'id_ecdsa'), 'ecdsa');
      const { identityFiles: _, ...given } = host().connection.given;
      const of = { ...host(), connection: { ...host().connection, given } };
      const error = await trouble(createSshTransport(routes({ home })).connect(of, signal));
      expect(error.hint).toBe(`tried ${home}/.ssh/id_ecdsa`);
    });

    it('contacts nobody without a key', async () => {
      const error = await refused(host({ port: 1, keyFiles: [] }));
      expect([error.phase, error.hint]).toEqual(['authenticate', 'name a key file, start an agent, or give a password: -k']);
    });
  });

  describe('host keys', () => {
    const nameOf = (): string => `[127.0.0.1]:${sshd.port}`;
    const knownHosts = (text: string): string => {
      const file = join(folder(), 'known_hosts');
      writeFileSync(file, text);
      return file;
    };

    it('refuses an unknown one by default, with its fingerprint', async () => {
      const error = await refused(host({ knownHostsFiles: [knownHosts('')] }));
      const expected = execFileSync('ssh-keygen', ['-l', '-f', join(sshd.folder, 'host_ed25519.pub')])
        .toString()
        .split(' ')[1];
      expect([error.phase, error.message]).toEqual(['host-key', `the host key of ${nameOf()} is not known: ssh-ed25519 ${expected}`]);
      expect(error.hint).toContain('--accept-new');
    });

    it.each(['ed25519', 'ecdsa', 'rsa'] as const)('asks for the %s key where that is the one it knows', async (type) => {
      const file = knownHosts(`${nameOf()} ${sshd.hostKey(type)}\n`);
      expect(await whoAmI(host({ knownHostsFiles: [file] }))).toBe(ME);
    });

    it('finds hashed names, and keys in the second file', async () => {
      const file = knownHosts(`${nameOf()} ${sshd.hostKey('ed25519')}\n`);
      execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
      expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|/);
      expect(await whoAmI(host({ knownHostsFiles: [join(folder(), 'missing'), file] }))).toBe(ME);
    });

    it.each(['strict', 'accept-new'] as const)('refuses a changed one under %s, with the place of the old key', async (hostKeyPolicy) => {
      const file = knownHosts(`# mine\n${nameOf()} ${publicKey(makeKey(join(folder(), 'old')))}\n`);
      const error = await refused(host({ knownHostsFiles: [file], hostKeyPolicy }));
      expect(error.phase).toBe('host-key');
      expect(error.message).toContain(`${file}:2 has another`);
      expect(error.hint).toBe(`if the host was reinstalled: ssh-keygen -R '${nameOf()}' -f ${file}`);
    });

    it('refuses a revoked one', async () => {
      const key = sshd.hostKey('ed25519');
      const file = knownHosts(`${nameOf()} ${key}\n@revoked * ${key}\n`);
      const error = await refused(host({ knownHostsFiles: [file], hostKeyPolicy: 'accept-new' }));
      expect([error.phase, error.message.includes(`is revoked by ${file}:2`)]).toEqual(['host-key', true]);
    });

    it('records a new one under accept-new in a private file, once, and knows it from then on', async () => {
      const file = join(folder(), 'ssh', 'known_hosts');
      const transport = createSshTransport(routes());
      const accepting = host({ knownHostsFiles: [file], hostKeyPolicy: 'accept-new' });
      await Promise.all([connected(transport, accepting), connected(transport, accepting), connected(transport, accepting)]);
      expect(readFileSync(file, 'utf8')).toBe(`${nameOf()} ${sshd.hostKey('ed25519')}\n`);
      expect([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
      expect(await whoAmI(host({ knownHostsFiles: [file] }))).toBe(ME);
      execFileSync('ssh-keygen', ['-F', nameOf(), '-f', file]);
    });

    it('takes a key that is known of the host without its port, as ssh does, and asks nobody', async () => {
      const file = knownHosts(`127.0.0.1 ${sshd.hostKey('ed25519')}\n`);
      const of = host({ knownHostsFiles: [file], hostKeyPolicy: 'ask' });
      expect(await createSshTransport(routes()).strangers([of], signal)).toEqual([]);
      expect(await whoAmI(of)).toBe(ME);
      const other = knownHosts(`127.0.0.1 ${publicKey(makeKey(join(folder(), 'another')))}\n`);
      expect((await refused(host({ knownHostsFiles: [other] }))).message).toContain('is not known');
    });

    it('appends below a last line without a newline', async () => {
      const file = knownHosts('web9 ssh-rsa AAAA');
      await connected(createSshTransport(routes()), host({ knownHostsFiles: [file], hostKeyPolicy: 'accept-new' }));
      expect(readFileSync(file, 'utf8')).toBe(`web9 ssh-rsa AAAA\n${nameOf()} ${sshd.hostKey('ed25519')}\n`);
    });

    it('refuses a new one that it cannot record', async () => {
      const file = join(knownHosts(''), 'not-a-folder', 'known_hosts');
      const error = await refused(host({ knownHostsFiles: [file], hostKeyPolicy: 'accept-new' }));
      expect(error.phase).toBe('host-key');
      expect(error.message).toContain(file);
    });
  });
});
