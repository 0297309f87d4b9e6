import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../src/model/host.ts';
import { makeKey, noSshd, publicKey, type Sshd, startSshd } from '../ssh/sshd.ts';
import { connected, eventually, folder, hostWith, ME, run, trouble } from '../world.ts';
import { openSsh } from './processes.ts';

const signal = new AbortController().signal;

describe.skipIf(noSshd !== null)('logging in to a real sshd by the system’s ssh', () => {
  let home: string;
  let authority: string;
  let sshd: Sshd;
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'drover-authority-'));
    authority = makeKey(join(home, 'authority'));
    sshd = await startSshd({ config: [`TrustedUserCAKeys ${authority}.pub`] });
  });
  afterAll(async () => {
    await sshd.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const host = (settings: Parameters<typeof hostWith>[0] = {}): Host =>
    hostWith({ port: sshd.port, keyFiles: [sshd.keyFile], knownHostsFiles: [sshd.knownHosts], ...settings });
  const whoAmI = async (of: Host): Promise<string> => (await run(await connected(openSsh(), of), 'id -un')).stdout.toString().trim();
  const refused = (of: Host): ReturnType<typeof trouble> => trouble(openSsh().connect(of, signal));
  const nameOf = (): string => `[127.0.0.1]:${sshd.port}`;
  const knownHosts = (text: string): string => {
    const file = join(folder(), 'known hosts');
    writeFileSync(file, text);
    return file;
  };

  /** Signs a public key and returns the certificate's file, which lies beside the key. */
  const sign = (key: string, principal: string, options: readonly string[] = []): string => {
    execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'test', '-n', principal, '-V', '+1h', ...options, `${key}.pub`], {
      stdio: 'ignore',
    });
    return `${key}-cert.pub`;
  };

  describe('who logs in', () => {
    it('is known by a certificate that an authority gave, named by an argument that only ssh follows', async () => {
      const key = makeKey(join(folder(), 'key'));
      const elsewhere = join(folder(), 'certificate');
      execFileSync('mv', [sign(key, ME), elsewhere]);
      expect((await refused(host({ keyFiles: [key] }))).phase).toBe('authenticate');
      expect(await whoAmI(host({ keyFiles: [key], sshArguments: ['-o', `CertificateFile=${elsewhere}`] }))).toBe(ME);
    });

    it('is refused with a certificate for somebody else', async () => {
      const key = makeKey(join(folder(), 'key'));
      sign(key, 'somebody-else');
      expect((await refused(host({ keyFiles: [key] }))).phase).toBe('authenticate');
    });

    it('is named with the keys that were tried, and what this transport cannot do', async () => {
      const [other, locked] = [makeKey(join(folder(), 'other')), makeKey(join(folder(), 'locked'), 'ed25519', 'passphrase')];
      const error = await refused(host({ keyFiles: [other, locked] }));
      expect([error.phase, error.message, error.deadline]).toEqual(['authenticate', `127.0.0.1 does not let ${ME} log in`, false]);
      expect(error.hint).toMatch(
        new RegExp(`^tried ${other}, ${locked}; the host takes publickey(, [a-z-]+)*; the transport openssh logs in by keys`),
      );
      expect(error.hint).toContain('passwords need the transport ssh');
    });

    it('has a key file whose path has a space and a quote', async () => {
      const key = join(folder(), `my "own" key's`);
      execFileSync('cp', [sshd.keyFile, key]);
      expect(await whoAmI(host({ keyFiles: [key] }))).toBe(ME);
    });
  });

  describe('host keys', () => {
    it('an unknown one is refused, with what to compare', async () => {
      const error = await refused(host({ knownHostsFiles: [knownHosts('')] }));
      expect(error.phase).toBe('host-key');
      expect(error.message).toMatch(/^the host key of \[127\.0\.0\.1\]:\d+ is not known: ssh-ed25519 SHA256:/);
      expect(error.hint).toContain('ssh-keygen -l');
    });

    it.each(['strict', 'ask', 'accept-new'] as const)(
      'a changed one is refused under %s, with the place of the old key',
      async (hostKeyPolicy) => {
        const file = knownHosts(`# mine\n${nameOf()} ${publicKey(makeKey(join(folder(), 'old')))}\n`);
        const error = await refused(host({ knownHostsFiles: [file], hostKeyPolicy }));
        expect(error.phase).toBe('host-key');
        expect(error.message).toMatch(new RegExp(`has changed: it shows ssh-ed25519 SHA256:\\S+, ${file}:2 has another$`));
        expect(error.hint).toBe(`if the host was reinstalled: ssh-keygen -R '${nameOf()}' -f '${file}'`);
      },
    );

    it('a changed one is refused also where vars or ssh_config say not to check', async () => {
      const file = knownHosts(`${nameOf()} ${publicKey(makeKey(join(folder(), 'old')))}\n`);
      const config = join(folder(), 'config');
      writeFileSync(config, 'StrictHostKeyChecking no\n');
      for (const settings of [{ given: { strictHostKeyChecking: 'no' } }, { sshConfigFile: config }] as const) {
        expect((await refused(host({ knownHostsFiles: [file], hostKeyPolicy: null, ...settings }))).phase).toBe('host-key');
      }
    });

    it('a revoked one is refused', async () => {
      const key = sshd.hostKey('ed25519');
      const error = await refused(
        host({ knownHostsFiles: [knownHosts(`${nameOf()} ${key}\n@revoked * ${key}\n`)], hostKeyPolicy: 'accept-new' }),
      );
      expect([error.phase, error.message.includes('is revoked')]).toEqual(['host-key', true]);
    });

    it.each([
      ['accept-new', {}],
      [null, { strictHostKeyChecking: 'no' }],
    ] as const)('a new one is recorded in the first file (policy %s, vars %j)', async (hostKeyPolicy, given) => {
      const [first, second] = [join(folder(), 'first'), knownHosts('')];
      expect(await whoAmI(host({ knownHostsFiles: [first, second], hostKeyPolicy, given }))).toBe(ME);
      expect(readFileSync(first, 'utf8')).toBe(`${nameOf()} ${sshd.hostKey('ed25519')}\n`);
      expect(readFileSync(second, 'utf8')).toBe('');
      expect(await whoAmI(host({ knownHostsFiles: [first] }))).toBe(ME);
    });

    it('a new one is recorded where only ssh_config says so, and not where nobody does', async () => {
      const [file, config] = [join(folder(), 'known'), join(folder(), 'config')];
      writeFileSync(config, 'StrictHostKeyChecking accept-new\n');
      expect((await refused(host({ knownHostsFiles: [file], hostKeyPolicy: null }))).phase).toBe('host-key');
      expect(existsSync(file)).toBe(false);
      expect(await whoAmI(host({ knownHostsFiles: [file], hostKeyPolicy: null, sshConfigFile: config }))).toBe(ME);
      expect(existsSync(file)).toBe(true);
    });
  });

  it('a host certificate is as good as a known key', async () => {
    const key = makeKey(join(folder(), 'host'));
    const certificate = sign(key, '127.0.0.1', ['-h']);
    const certified = await startSshd({ hostKeys: [], config: [`HostKey ${key}`, `HostCertificate ${certificate}`] });
    const of = (line: string): Host =>
      hostWith({ port: certified.port, keyFiles: [certified.keyFile], knownHostsFiles: [knownHosts(line)] });
    expect(await whoAmI(of(`@cert-authority [127.0.0.1]:* ${publicKey(authority)}\n`))).toBe(ME);
    expect((await refused(of(`@cert-authority [127.0.0.1]:* ${publicKey(makeKey(join(folder(), 'stranger')))}\n`))).phase).toBe('host-key');
    await certified.stop();
  });

  describe('through a machine in between', () => {
    const config = (lines: readonly string[]): string => {
      const file = join(folder(), 'config');
      const common = [`IdentityFile ${sshd.keyFile}`, 'IdentityAgent none', 'GlobalKnownHostsFile /dev/null', `User ${ME}`];
      writeFileSync(file, [...lines, 'Host *', ...common, ''].join('\n'));
      return file;
    };

    it('the host is reached as ProxyJump says, in vars and in ssh_config', async () => {
      const jump = await startSshd();
      const file = config([
        'Host jump',
        'HostName 127.0.0.1',
        `Port ${jump.port}`,
        `UserKnownHostsFile ${jump.knownHosts}`,
        `IdentityFile ${jump.keyFile}`,
      ]);
      const given = { proxyJump: [{ host: 'jump' }] };
      const through = await connected(openSsh(), host({ sshConfigFile: file, given }));
      const seen = (await run(through, 'echo $SSH_CONNECTION')).stdout.toString();
      expect(seen.trim().split(' ').at(-1)).toBe(`${sshd.port}`);
      expect(jump.log().match(/Accepted publickey/g)).toHaveLength(1);
      const own = config([
        'Host 127.0.0.1',
        'ProxyJump jump',
        `Host jump`,
        `HostName localhost`,
        `Port ${jump.port}`,
        `HostKeyAlias [127.0.0.1]:${jump.port}`,
        `UserKnownHostsFile ${jump.knownHosts}`,
        `IdentityFile ${jump.keyFile}`,
      ]);
      expect(await whoAmI(host({ sshConfigFile: own }))).toBe(ME);
      expect(jump.log().match(/Accepted publickey/g)).toHaveLength(2);
      await jump.stop();
    });

    it('its refusal is told with its name', async () => {
      const jump = await startSshd();
      const file = config(['Host jump', 'HostName 127.0.0.1', `Port ${jump.port}`, `UserKnownHostsFile ${jump.knownHosts}`]);
      const error = await refused(host({ sshConfigFile: file, given: { proxyJump: [{ host: 'jump', user: 'nobody-here' }] } }));
      expect([error.phase, error.message]).toEqual(['authenticate', 'on the way through jump: 127.0.0.1 does not let nobody-here log in']);
      await jump.stop();
    });

    it('that machine is logged in to once for all hosts behind it, also behind another one', async () => {
      const [outer, inner] = await Promise.all([startSshd(), startSshd()]);
      const lines = (name: string, { port, knownHosts: known, keyFile }: Sshd): string[] => [
        ...[`Host ${name}`, 'HostName 127.0.0.1', `Port ${port}`, `UserKnownHostsFile ${known}`, `IdentityFile ${keyFile}`],
      ];
      const file = config([...lines('outer', outer), ...lines('inner', inner), 'ProxyJump outer']);
      const behind = [[{ host: 'outer' }], [{ host: 'inner' }], [{ host: 'outer' }, { host: 'inner' }]].map((proxyJump) =>
        host({ sshConfigFile: file, given: { proxyJump } }),
      );
      const transport = openSsh();
      const hosts = await Promise.all([...behind, ...behind].map((of) => connected(transport, of)));
      const ports = await Promise.all(hosts.map(async (each) => (await run(each, 'echo ${SSH_CONNECTION##* }')).stdout.toString().trim()));
      expect(ports).toEqual(hosts.map(() => `${sshd.port}`));
      const logins = [outer, inner].map((each) => each.log().match(/Accepted publickey/g)?.length);
      // ProxyJump with two names goes its own way to the second.
      expect(logins).toEqual([1, 2]);
      process.kill(outer.pid);
      for (const each of hosts) await each.close();
      await Promise.all([outer.stop(), inner.stop()]);
    });

    it('its end ends the connections behind it, and is told with its name', async () => {
      const jump = await startSshd();
      const file = config([
        'Host jump',
        'HostName 127.0.0.1',
        `Port ${jump.port}`,
        `UserKnownHostsFile ${jump.knownHosts}`,
        `IdentityFile ${jump.keyFile}`,
      ]);
      const behind = await connected(openSsh(), host({ sshConfigFile: file, given: { proxyJump: [{ host: 'jump' }] } }));
      const session = Number(readFileSync(`/proc/${jump.pid}/task/${jump.pid}/children`, 'utf8').trim());
      expect(session).toBeGreaterThan(1);
      const begun: Buffer[] = [];
      const running = trouble(run(behind, 'echo begun; sleep 5', { onStdout: (chunk) => void begun.push(chunk) }));
      await eventually(() => begun.length > 0, 'start of the script');
      process.kill(session, 'SIGKILL');
      const error = await running;
      expect([error.phase, error.message]).toEqual([
        'link',
        'the connection was lost: the connection to jump was lost: closed by the host',
      ]);
      await jump.stop();
    });

    it('a way that comes back to a machine is refused before anything is contacted', async () => {
      const file = config(['Host a', 'ProxyJump b', 'Host b', 'ProxyJump a']);
      const error = await refused(host({ address: 'a', port: 22, sshConfigFile: file }));
      expect([error.phase, error.message]).toEqual(['resolve', 'ProxyJump leads back to where it came from: a over b over a']);
      expect(error.hint).toContain('ProxyJump none');
    });

    it('a ProxyCommand is run, and its trouble told', async () => {
      const command = `bash -c 'exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3; kill %%1'`;
      expect(await whoAmI(host({ given: { proxyCommand: command } }))).toBe(ME);
      // Behind the version of ssh: else it depends on who is faster which words ssh has for the end.
      const error = await refused(host({ given: { proxyCommand: 'sh -c "echo no way today >&2; read -r version"' } }));
      expect([error.phase, error.message]).toEqual(['handshake', `127.0.0.1 port ${sshd.port}: no way today`]);
    });
  });
});
