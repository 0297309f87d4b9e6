import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { letIn, logins, makeAccounts, setSshd } from './accounts.ts';
import { workspace } from './drive.ts';
import { mustRun, run } from './fleet/command.ts';
import { downAddress } from './fleet/faults.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';
import { at, inventoryOf, reached, runOn, said } from './reach.ts';
import { atTerminal } from './terminal.ts';

/** Exit code. */
const UNREACHABLE = 4;
const HOSTS = ['web01', 'web02', 'web03', 'web04', 'db01'];
const PASSWORD = 'Pa$$ "word" of the lab';
const PASSPHRASE = 'a phrase for the lab’s key';

/** As an operator has it; what stands here goes for names that the inventory has, and for the machines on the way. */
const sshConfig = (known: string): string => `Host first
  HostName ${lab().host('web03').address}
Host second
  HostName ${lab().host('web04').address}
  ProxyJump first
Host shop
  HostName ${lab().host('web01').address}
  Port 2222
  User keyed
Host *
  User drover
  IdentityFile ${lab().keyFile}
  UserKnownHostsFile ${known}
`;

describeLab(
  'logging in',
  () => {
    let keys: string;
    let work: string;
    const undo: (() => Promise<void>)[] = [];
    const key = (name: string): string => join(keys, name);
    const makeKey = (name: string, passphrase = ''): Promise<string> =>
      mustRun(['ssh-keygen', '-q', '-t', 'ed25519', '-N', passphrase, '-C', name, '-f', key(name)]);
    const publicKey = (name: string): string => readFileSync(`${key(name)}.pub`, 'utf8');

    /** As it stands in known_hosts. */
    const keyLine = (name: string): string =>
      readFileSync(join(lab().host(name).directory, 'host_key.pub'), 'utf8')
        .split(' ')
        .slice(0, 2)
        .join(' ');

    beforeAll(async () => {
      const folder = await workspace();
      undo.push(folder.remove);
      keys = folder.path;
      await Promise.all([
        makeKey('locked', PASSPHRASE),
        makeKey('in-agent'),
        makeKey('certified'),
        makeKey('authority'),
        makeKey('strange'),
      ]);
      const knownHosts = readFileSync(lab().knownHostsFile, 'utf8');
      writeFileSync(key('known'), `${knownHosts}[${lab().host('web01').address}]:2222 ${keyLine('web01')}\n`);
      await makeAccounts('web01', { pw: PASSWORD, kbd: PASSWORD, locked: null, agent: null, cert: null, keyed: null, unknown: null });
      await letIn('web01', 'locked', publicKey('locked'));
      await letIn('web01', 'agent', publicKey('in-agent'));
      for (const user of ['keyed', 'unknown']) await letIn('web01', user, readFileSync(`${lab().keyFile}.pub`, 'utf8'));
      writeFileSync(join(lab().root('web01'), 'etc/ssh/authority.pub'), publicKey('authority'));
      await setSshd('web01', [
        ...['Port 22', 'Port 2222', 'KbdInteractiveAuthentication yes', 'TrustedUserCAKeys /etc/ssh/authority.pub'],
        ...['Match User pw', 'AuthenticationMethods password', 'Match User kbd', 'AuthenticationMethods keyboard-interactive'],
        'Match all',
      ]);
      // Nobody but the second machine on the way reaches these.
      const guard = `nft add table inet lab; nft add chain inet lab in '{ type filter hook input priority 0; }'
nft add rule inet lab in tcp dport 22 ip saddr != ${lab().host('web04').address} drop`;
      await Promise.all(['web02', 'db01'].map((name) => sh(name, guard)));
    });
    afterAll(async () => {
      for (const each of undo) await each();
    });
    let folder: Awaited<ReturnType<typeof workspace>>;
    beforeEach(async () => {
      folder = await workspace();
      work = folder.path;
    });
    afterEach(() => folder.remove());

    /** From this machine. */
    const accepted = (how: string, user: string): string => `Accepted ${how} for ${user} from ${lab().gateway}`;
    const since = async (name: string, user: string, act: () => Promise<unknown>): Promise<string[]> => {
      const before = (await logins(name, user)).length;
      await act();
      return (await logins(name, user)).slice(before);
    };

    const byPassword = (): Record<string, Record<string, unknown>> => ({
      pw: { ...at('web01'), ansible_user: 'pw' },
      kbd: { ...at('web01'), ansible_user: 'kbd' },
    });
    const BOTH = [
      ['pw', 'pw\n'],
      ['kbd', 'kbd\n'],
    ];

    test.each([
      ['a var of the hosts', { ansible_password: PASSWORD }, [], {}],
      ['$DROVER_PASSWORD', {}, [], { DROVER_PASSWORD: PASSWORD }],
      ['a command', {}, ['--password-command', 'cat secret'], {}],
    ])(
      'the password comes from %s, where the server takes passwords and where it asks with the keyboard in mind',
      async (_, vars, args, env) => {
        writeFileSync(join(work, 'secret'), `${PASSWORD}\n`, { mode: 0o600 });
        const hosts = Object.fromEntries(Object.entries(byPassword()).map(([name, own]) => [name, { ...own, ...vars }]));
        const byKeyboard = await since('web01', 'kbd', async () => {
          const plain = await since('web01', 'pw', async () => expect(said(await runOn(work, hosts, { args, env }))).toEqual(BOTH));
          expect(plain).toEqual([accepted('password', 'pw')]);
        });
        expect(byKeyboard).toEqual([accepted('keyboard-interactive/pam', 'kbd')]);
      },
    );

    test('the password is asked for once for all hosts, and not shown', async () => {
      writeFileSync(join(work, 'hosts.yml'), inventoryOf(byPassword()));
      const args = ['run', 'all', '-i', 'hosts.yml', '-k', '--', 'echo "I am $(id -un)"'];
      const { code, screen } = await atTerminal(work, args, { answers: [[/[Pp]assword.*: /, PASSWORD]] });
      expect(code, screen).toBe(0);
      expect(screen).toMatch(/I am pw/);
      expect(screen).toMatch(/I am kbd/);
      expect(screen.match(/password.*: /gi)).toHaveLength(1);
      expect(screen).not.toContain(PASSWORD);
    });

    test('a wrong password is sent once, and said to be refused', async () => {
      const { pw } = byPassword();
      const tries = await since('web01', 'pw', async () => {
        const { hosts } = await runOn(work, { pw: { ...pw, ansible_password: 'not the password' } });
        expect(hosts).toMatchObject([{ outcome: 'unreachable', error: { phase: 'authenticate' } }]);
        expect(JSON.stringify(hosts)).not.toContain('not the password');
      });
      expect(tries).toEqual([`Failed password for pw from ${lab().gateway}`]);
    });

    const byKey = (user: string, file: string): Record<string, unknown> => ({
      ...at('web01'),
      ansible_user: user,
      ansible_ssh_private_key_file: file,
    });

    test('an encrypted key is opened with $DROVER_KEY_PASSPHRASE', async () => {
      const hosts = { locked: byKey('locked', key('locked')) };
      const tries = await since('web01', 'locked', async () =>
        expect(said(await runOn(work, hosts, { env: { DROVER_KEY_PASSPHRASE: PASSPHRASE } }))).toEqual([['locked', 'locked\n']]),
      );
      expect(tries).toEqual([accepted('publickey', 'locked')]);
    });

    test('the passphrase of a key is asked for once for all hosts, and not shown', async () => {
      const hosts = { one: byKey('locked', key('locked')), two: byKey('locked', key('locked')) };
      writeFileSync(join(work, 'hosts.yml'), inventoryOf(hosts));
      const args = ['run', 'all', '-i', 'hosts.yml', '--', 'echo "I am $(id -un)"'];
      const { code, screen } = await atTerminal(work, args, { answers: [[/[Pp]assphrase[^\n]*: /, PASSPHRASE]] });
      expect(code, screen).toBe(0);
      expect(screen.match(/passphrase[^\n]*: /gi)).toHaveLength(1);
      expect(screen).not.toContain(PASSPHRASE);
    });

    test('without its passphrase an encrypted key is named as what was not used', async () => {
      const { hosts } = await runOn(work, { locked: byKey('locked', key('locked')) });
      expect(hosts).toMatchObject([{ outcome: 'unreachable', error: { phase: 'authenticate' } }]);
      expect(hosts[0]?.error?.hint).toContain(key('locked'));
      expect(hosts[0]?.error?.hint).toMatch(/encrypted/);
    });

    test('the keys of the agent are used, those of files first that the agent does not hold', async () => {
      const socket = join(work, 'agent');
      const agent = await startAgent(socket);
      try {
        const env = { SSH_AUTH_SOCK: socket };
        await mustRun(['ssh-add', '-q', key('in-agent')], { env: { ...process.env, ...env } });
        const plain = { ...at('web01'), ansible_user: 'agent' };
        const tries = await since('web01', 'agent', async () => {
          expect(said(await runOn(work, { agent: plain }, { env }))).toEqual([['agent', 'agent\n']]);
          expect(await runOn(work, { agent: plain })).toMatchObject({ code: UNREACHABLE, hosts: [{ outcome: 'unreachable' }] });
        });
        expect(tries).toEqual([accepted('publickey', 'agent')]);
      } finally {
        agent.kill();
      }
    });

    const behind = (more: Readonly<Record<string, string>>): Record<string, Record<string, unknown>> =>
      Object.fromEntries(
        Array.from({ length: 12 }, (_, index) => [`behind${index}`, { ...reached(index % 2 === 0 ? 'web02' : 'db01'), ...more }]),
      );
    const fromSecond = (): string => `Accepted publickey for drover from ${lab().host('web04').address}`;

    test('twelve hosts behind a chain of two machines share one connection to each of the two', async () => {
      writeFileSync(join(work, 'ssh_config'), sshConfig(key('known')));
      const hosts = behind({ ansible_ssh_common_args: `-F ${work}/ssh_config -o ProxyJump=second` });
      const before = await Promise.all(HOSTS.map((name) => logins(name, 'drover')));
      const result = await runOn(work, hosts, { command: 'hostname' });
      expect(said(result)).toEqual(Object.keys(hosts).map((name, index) => [name, index % 2 === 0 ? 'web02\n' : 'db01\n']));
      const after = await Promise.all(HOSTS.map((name) => logins(name, 'drover')));
      expect(after.map((lines, index) => lines.slice(before[index]?.length))).toEqual([
        [],
        Array(6).fill(fromSecond()),
        [accepted('publickey', 'drover')],
        [`Accepted publickey for drover from ${lab().host('web03').address}`],
        Array(6).fill(fromSecond()),
      ]);
    });

    test('without the way the same hosts are out of reach', async () => {
      const { hosts } = await runOn(work, { direct: { ...reached('web02'), drover_deadlines: { connect: 2 } } });
      expect(hosts).toMatchObject([{ outcome: 'unreachable', error: { phase: 'connect' } }]);
    });

    test('a machine on the way that cannot be reached is named', async () => {
      writeFileSync(join(work, 'ssh_config'), `Host lost\n  HostName ${downAddress(lab())}\n${sshConfig(key('known'))}`);
      const way = `-F ${work}/ssh_config -o ProxyJump=lost`;
      const { hosts } = await runOn(work, { far: { ...reached('web02'), ansible_ssh_common_args: way, drover_deadlines: { connect: 2 } } });
      expect(hosts).toMatchObject([{ outcome: 'unreachable', error: { phase: 'connect' } }]);
      expect(hosts[0]?.error?.message).toMatch(/^on the way through lost: /);
    });

    test('a ProxyCommand is the way, and what it says is told when it is none', async () => {
      writeFileSync(join(work, 'ssh_config'), sshConfig(key('known')));
      const through = (target: string): string => `-o ProxyCommand="ssh -F ${work}/ssh_config -o BatchMode=yes -W ${target} second"`;
      const good = { ...reached('web02'), ansible_ssh_common_args: through('%h:%p') };
      const bad = { ...reached('web02'), ansible_ssh_common_args: through('%h:9') };
      const tries = await since('web02', 'drover', async () => {
        const { hosts } = await runOn(work, { good, bad }, { command: 'hostname' });
        expect(hosts).toMatchObject([
          { outcome: 'ok', stdout: 'web02\n' },
          {
            outcome: 'unreachable',
            error: { phase: 'handshake', message: expect.stringMatching(/ProxyCommand: .*(refused|forwarding failed)/) },
          },
        ]);
      });
      expect(tries).toEqual([fromSecond()]);
    });

    test('port, user, address and key come from the file of -F, for a name alone', async () => {
      writeFileSync(join(work, 'ssh_config'), sshConfig(key('known')));
      const tries = await since('web01', 'keyed', async () => {
        const result = await runOn(work, { shop: {} }, { args: ['-F', 'ssh_config'], command: 'echo "$(id -un) ${SSH_CONNECTION##* }"' });
        expect(said(result)).toEqual([['shop', 'keyed 2222\n']]);
      });
      expect(tries).toEqual([accepted('publickey', 'keyed')]);
    });

    test('~/.ssh/config is read where no file is named', async () => {
      await mustRun(['mkdir', '-m', '700', join(work, '.ssh')]);
      writeFileSync(join(work, '.ssh/config'), sshConfig(key('known')));
      expect(said(await runOn(work, { shop: {} }, { command: 'id -un' }))).toEqual([['shop', 'keyed\n']]);
    });

    const withKnown = (text: string): Record<string, unknown> => {
      writeFileSync(join(work, 'known'), text);
      return { ...reached('web01'), ansible_user: 'unknown', drover_known_hosts_file: join(work, 'known') };
    };

    test('hashed names in known_hosts are found', async () => {
      copyFileSync(lab().knownHostsFile, join(work, 'known'));
      await mustRun(['ssh-keygen', '-q', '-H', '-f', join(work, 'known')]);
      const text = readFileSync(join(work, 'known'), 'utf8');
      expect(text).not.toContain(lab().host('web01').address);
      expect(said(await runOn(work, { hashed: withKnown(text) }))).toEqual([['hashed', 'unknown\n']]);
    });

    test.each([
      ['changed', () => `${lab().host('web01').address} ${keyLine('web02')}\n`],
      ['revoked', () => `${lab().host('web01').address} ${keyLine('web01')}\n@revoked * ${keyLine('web01')}\n`],
    ])('a host key that is %s is refused before anything is sent that could log in, also with --accept-new', async (_, known) => {
      const text = known();
      const tries = await since('web01', 'unknown', async () => {
        const { code, hosts } = await runOn(work, { host: withKnown(text) }, { args: ['--accept-new'] });
        expect([code, hosts]).toMatchObject([UNREACHABLE, [{ outcome: 'unreachable', error: { phase: 'host-key' } }]]);
      });
      expect(tries).toEqual([]);
      expect(readFileSync(join(work, 'known'), 'utf8')).toBe(text);
    });

    test('an unknown key is refused where nobody can be asked, and with --accept-new recorded, hashed as HashKnownHosts says', async () => {
      const config = `HashKnownHosts yes\n${sshConfig(join(work, 'new'))}`;
      writeFileSync(join(work, 'ssh_config'), config);
      const hosts = { shop: {} };
      const refused = await runOn(work, hosts, { args: ['-F', 'ssh_config'] });
      expect(refused.hosts).toMatchObject([{ outcome: 'unreachable', error: { phase: 'host-key' } }]);
      expect(existsSync(join(work, 'new'))).toBe(false);
      expect(said(await runOn(work, hosts, { args: ['-F', 'ssh_config', '--accept-new'] }))).toEqual([['shop', 'keyed\n']]);
      const name = `[${lab().host('web01').address}]:2222`;
      expect(readFileSync(join(work, 'new'), 'utf8')).toMatch(/^\|1\|\S+ ssh-ed25519 \S+\n$/);
      expect(await mustRun(['ssh-keygen', '-F', name, '-f', join(work, 'new')])).toContain(keyLine('web01'));
      // The OpenSSH client is content with what was written.
      expect(
        (await run(['ssh', '-F', join(work, 'ssh_config'), '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', 'shop', 'id -un']))
          .stdout,
      ).toBe('keyed\n');
    });

    const NAMES = ['web01', 'web03', 'web04'];
    /** As ssh-keygen has it from the hosts' disks. */
    const fingerprints = (): Promise<string[]> =>
      Promise.all(
        NAMES.map(
          async (name) => (await mustRun(['ssh-keygen', '-lf', join(lab().host(name).directory, 'host_key.pub')])).split(' ')[1] ?? '',
        ),
      );
    const unknownHosts = (): string =>
      inventoryOf(Object.fromEntries(NAMES.map((name) => [name, { ...reached(name), drover_known_hosts_file: join(work, 'known') }])));

    test('at a terminal all unknown keys are shown in one table, and one yes records them', async () => {
      writeFileSync(join(work, 'hosts.yml'), unknownHosts());
      const args = ['run', 'all', '-i', 'hosts.yml', '--', 'echo "here is $(hostname)"'];
      const { code, screen } = await atTerminal(work, args, { answers: [[/\[y\/N\] /, 'yes']] });
      expect(code, screen).toBe(0);
      expect(screen.match(/\[y\/N\] /g)).toHaveLength(1);
      const table = screen.slice(0, screen.indexOf('[y/N]'));
      for (const each of await fingerprints()) expect(table).toContain(each);
      for (const name of NAMES) expect(screen).toContain(`here is ${name}`);
      expect(readFileSync(join(work, 'known'), 'utf8').trimEnd().split('\n')).toHaveLength(NAMES.length);
      // Debian's ssh_config wants names hashed; others may not.
      for (const name of NAMES) {
        const line = await mustRun(['ssh-keygen', '-F', lab().host(name).address, '-f', join(work, 'known')]);
        expect(line).toContain(keyLine(name));
      }
    });

    test('without a yes nothing is recorded, and nobody is logged in to', async () => {
      writeFileSync(join(work, 'hosts.yml'), unknownHosts());
      const tries = await since('web01', 'drover', async () => {
        const { code, screen } = await atTerminal(work, ['run', 'all', '-i', 'hosts.yml', '--', 'hostname'], {
          answers: [[/\[y\/N\] /, 'n']],
        });
        expect(code, screen).not.toBe(0);
      });
      expect(tries).toEqual([]);
      expect(existsSync(join(work, 'known'))).toBe(false);
    });

    test('a user certificate logs in through openssh, which is proposed where drover’s own SSH meets it', async () => {
      await mustRun(['ssh-keygen', '-q', '-s', key('authority'), '-I', 'lab', '-n', 'cert', key('certified')]);
      const hosts = { cert: byKey('cert', key('certified')) };
      const own = await runOn(work, hosts);
      expect(own.hosts).toMatchObject([{ outcome: 'unreachable', error: { phase: 'authenticate' } }]);
      expect(own.hosts[0]?.error?.hint).toMatch(/openssh/);
      for (const [args, vars] of [
        [['--transport', 'openssh'], {}],
        [[], { drover_transport: 'openssh' }],
      ] as const) {
        const tries = await since('web01', 'cert', async () =>
          expect(said(await runOn(work, { cert: { ...hosts.cert, ...vars } }, { args }))).toEqual([['cert', 'cert\n']]),
        );
        expect(tries).toEqual([accepted('publickey', 'cert')]);
      }
      // No master stays behind.
      await vi.waitFor(async () => expect((await run(['pgrep', '-af', key('certified')])).stdout).toBe(''), { timeout: 5_000 });
    });
  },
  HOSTS,
);

/** An agent in the foreground, when it answers. */
async function startAgent(socket: string): Promise<ChildProcess> {
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    agent.stdout?.once('data', resolve);
    agent.once('error', reject);
  });
  return agent;
}
