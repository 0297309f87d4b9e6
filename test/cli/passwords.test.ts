import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import { readOperator } from '../../src/cli/operator.ts';
import { createOutput } from '../../src/cli/output.ts';
import { makeKey, noSshd, publicKey, type Sshd, startSshd } from '../transport/ssh/sshd.ts';
import { makeSudoUser, noSudo, type SudoUser } from '../transport/ssh/sudo-user.ts';
import { ME } from '../transport/world.ts';
import { folder } from './folder.ts';
import { type TestIo, testIo } from './test-io.ts';

const hasTerminal = existsSync('/usr/bin/script');
if (!hasTerminal) console.warn('skipped: a question at a real terminal: /usr/bin/script is not installed');

/** Hosts that are all this sshd. */
async function inventoryOf(sshd: Sshd, hosts: readonly string[], vars: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const reached = { ansible_host: '127.0.0.1', ansible_port: sshd.port, ansible_user: ME, drover_known_hosts_file: sshd.knownHosts };
  const all = { vars: { ...reached, ...vars }, hosts: Object.fromEntries(hosts.map((name) => [name, null])) };
  const root = await folder({ 'hosts.yml': JSON.stringify({ all }) });
  return join(root, 'hosts.yml');
}

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

describe.skipIf(noSudo !== null)('the password to log in with', () => {
  let user: SudoUser;
  let sshd: Sshd;
  let inventory: string;
  beforeAll(async () => {
    user = await makeSudoUser('clipw');
    sshd = await startSshd({ etc: user.etc, config: ['LogLevel VERBOSE', 'PasswordAuthentication yes'] });
  });
  afterAll(async () => {
    await sshd.stop();
    await user.remove();
  });

  const command = async (...flags: readonly string[]): Promise<readonly string[]> => {
    inventory = await inventoryOf(sshd, ['one', 'two'], { ansible_user: user.name });
    return ['run', 'all', '-i', inventory, '-F', 'none', ...flags, '--', 'id -un'];
  };

  test('is asked for once for all hosts by -k', async () => {
    const io = testIo({ terminal: true, env: { NO_COLOR: '1' } });
    const ended = main(await command('-k'), io);
    await io.shows('password to log in with: ');
    io.type(`${user.password}\r`);
    expect(await ended).toBe(0);
    expect(lines(io.out())).toContain('one, two: ok (2 hosts)');
    expect(io.err().match(/password/g)).toHaveLength(1);
    expect(io.out() + io.err()).not.toContain(user.password);
  });

  test('comes from the environment, which loses it', async () => {
    const io = testIo({ env: { DROVER_PASSWORD: user.password } });
    expect(await main(await command(), io)).toBe(0);
    expect(io.env).toEqual({});
  });

  test('comes from a command, which is run once and may say something, before the environment', async () => {
    const root = await folder({ password: `${user.password}\nmore\n` });
    const io = testIo({ cwd: root, env: { DROVER_PASSWORD: 'another', PATH: process.env.PATH ?? '' } });
    const script = 'echo run >> runs; echo "unlocking the safe" >&2; cat password; echo "$DROVER_PASSWORD" > environment';
    expect(await main(await command('--password-command', script), io)).toBe(0);
    expect(io.err()).toContain('unlocking the safe\n');
    expect(await readFile(join(root, 'runs'), 'utf8')).toBe('run\n');
    expect(await readFile(join(root, 'environment'), 'utf8')).toBe('\n');
    expect(io.out() + io.err()).not.toContain(user.password);
  });

  test.each<[string, (password: string) => unknown]>([
    ['a command', () => ({ command: 'echo run >> runs; cat password' })],
    ['the environment', () => ({ env: 'WEB_PASSWORD' })],
    ['the var itself', (password) => password],
  ])('comes from %s where the inventory says so, before all else', async (_, from) => {
    const root = await folder({ password: `${user.password}\n` });
    const file = await inventoryOf(sshd, ['one', 'two'], { ansible_user: user.name, ansible_password: from(user.password) });
    const io = testIo({ cwd: root, env: { DROVER_PASSWORD: 'another', WEB_PASSWORD: user.password } });
    expect(await main(['run', 'all', '-i', file, '-F', 'none', '--', `echo ${user.password}`], io)).toBe(0);
    expect(io.out()).toContain('  [secret]\n');
    if (_ === 'a command') expect(await readFile(join(root, 'runs'), 'utf8')).toBe('run\n');
    if (_ === 'the environment') expect(io.env).toEqual({});
  });

  test('that is missing is what the report of the host says', async () => {
    const io = testIo();
    expect(await main(await command('--json'), io)).toBe(4);
    expect(io.out()).toContain('there is no key to log in with');
    expect(io.out()).toContain('give a password: -k');
  });

  test.skipIf(!hasTerminal)('is asked for at a real terminal, which does not show it', async () => {
    const words = ['node', '--import', 'tsx', 'src/cli/main.ts', ...(await command('-k'))].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qec', words, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, TERM: 'dumb', HOME: sshd.folder, SSH_AUTH_SOCK: '' },
    });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const isAsked = shown.includes('log in with: ');
      shown += chunk.toString();
      if (!isAsked && shown.includes('log in with: ')) child.stdin.write(`${user.password}\r`);
    });
    const exitCode = await new Promise((resolve) => child.once('close', resolve));
    expect(shown).toContain('one, two: ok (2 hosts)');
    expect(shown).not.toContain(user.password);
    expect(exitCode).toBe(0);
  });
});

describe.skipIf(noSshd !== null)('the passphrase of a key file', () => {
  const PASSPHRASE = 'correct horse';
  let sshd: Sshd;
  let key: string;
  beforeAll(async () => {
    sshd = await startSshd({ config: ['LogLevel VERBOSE'] });
    key = makeKey(join(sshd.folder, 'locked'), 'ed25519', PASSPHRASE);
    await writeFile(join(sshd.folder, 'authorized_keys'), `${publicKey(key)}\n`);
  });
  afterAll(() => sshd.stop());

  const command = async (script = 'echo up'): Promise<readonly string[]> => {
    const inventory = await inventoryOf(sshd, ['one', 'two', 'three'], { drover_key_file: key });
    return ['run', 'all', '-i', inventory, '-F', 'none', '--', script];
  };

  test('is asked for once for all hosts, above the display', async () => {
    const io = testIo({ terminal: true });
    const ended = main(await command(), io);
    await io.shows(`passphrase of ${key}: `);
    io.type(`${PASSPHRASE}\r`);
    expect(await ended).toBe(0);
    expect(io.out()).toContain('(3 hosts)');
    expect(io.err().match(/passphrase of/g)).toHaveLength(1);
    expect(io.out() + io.err()).not.toContain(PASSPHRASE);
  });

  test('comes from the environment, which loses it, and is hidden wherever it comes back', async () => {
    const io = testIo({ env: { DROVER_KEY_PASSPHRASE: PASSPHRASE } });
    expect(await main(await command(`echo ${PASSPHRASE}`), io)).toBe(0);
    expect(io.out()).toContain('  [secret]\n');
    expect(io.env).toEqual({});
  });

  test('left at its question by Ctrl-C ends the run as an interrupt, nothing contacted', async () => {
    const before = sshd.log();
    const io = testIo({ terminal: true, env: { NO_COLOR: '1' } });
    const ended = main(await command(), io);
    await io.shows('passphrase of ');
    io.type('\x03');
    expect(await ended).toBe(130);
    expect(io.err().match(/passphrase of/g)).toHaveLength(1);
    expect([sshd.log(), io.listeners()]).toEqual([before, 0]);
  });

  test('that nobody can be asked for is named with what to do', async () => {
    const io = testIo();
    expect(await main(await command(), io)).toBe(4);
    expect(io.out()).toContain('it is encrypted: add it to an agent with ssh-add, or set DROVER_KEY_PASSPHRASE');
  });
});

describe('passwords of the operator', () => {
  const PATH = process.env.PATH ?? '';
  const read = (io: TestIo, flags: Parameters<typeof readOperator>[0]): ReturnType<typeof readOperator> =>
    readOperator(flags, { io, output: createOutput(io), argv: [], finish: () => {} });

  test('by -k and -K are two questions; an empty second answer means the first', async () => {
    const io = testIo({ terminal: true });
    const operator = read(io, { askPass: true, askBecomePass: true });
    await io.shows('password to log in with: ');
    io.type('correct horse\r');
    await io.shows('password for sudo, doas or su (empty: the same): ');
    io.type('\r');
    const { password, becomePassword } = await operator;
    expect([password?.reveal(), becomePassword?.reveal()]).toEqual(['correct horse', 'correct horse']);
  });

  test('come from commands, the first line alone', async () => {
    const io = testIo({ cwd: '/', env: { PATH } });
    const operator = await read(io, { passwordCommand: "printf 'a b\\r\\nc\\n'", becomePasswordCommand: 'printf d' });
    expect([operator.password?.reveal(), operator.becomePassword?.reveal()]).toEqual(['a b', 'd']);
  });

  test.each<[string, Parameters<typeof readOperator>[0], string]>([
    ['a command that fails', { passwordCommand: 'echo guess-7; exit 3' }, 'the command of --password-command ended with exit code 3'],
    ['one that is ended', { becomePasswordCommand: 'kill -9 $$' }, 'the command of --become-password-command was ended by SIGKILL'],
    ['one that says nothing', { passwordCommand: 'true' }, 'the command of --password-command printed no password'],
    ['a question and a command', { askPass: true, passwordCommand: 'true' }, '--ask-pass and --password-command exclude each other'],
  ])('are refused from %s', async (_, flags, message) => {
    await expect(read(testIo({ cwd: '/', env: { PATH } }), flags)).rejects.toThrow(message);
  });
});

describe('a password that the inventory has from elsewhere', () => {
  const refused = async (hosts: string, pattern = 'one'): Promise<{ said: string; root: string }> => {
    const root = await folder({ 'hosts.yml': `all:\n  hosts:\n${hosts}` });
    const io = testIo({ cwd: root });
    expect(await main(['facts', pattern, '-i', join(root, 'hosts.yml')], io)).toBe(5);
    return { said: io.err().replaceAll(`${root}/`, ''), root };
  };

  test.each<[string, string, string]>([
    ['a variable that is not set', '{ env: NO_SUCH_VARIABLE }', 'cannot be had: NO_SUCH_VARIABLE is not set in the environment'],
    ['a command that fails', '{ command: exit 7 }', 'cannot be had: its command ended with exit code 7'],
    ['a command that says nothing', '{ command: "true" }', 'cannot be had: its command printed nothing'],
    ['another key', '{ comand: pass }', 'cannot be fetched: a secret has no key "comand"'],
    ['two keys', '{ env: A, command: b }', 'cannot be fetched: a secret comes from one source: env, file, command or age'],
    ['no name', '{ env: "" }', 'cannot be fetched: the secret\'s "env" must be text that is not empty'],
    ['a variable marked as a secret', '!secret { env: NO_SUCH_VARIABLE }', 'cannot be had: NO_SUCH_VARIABLE is not set in the environment'],
    ['a number', '12', 'must be text, found a number'],
  ])('is refused at its place: %s', async (_, value, message) => {
    const { said } = await refused(`    one: { drover_password: ${value} }\n`);
    expect(said).toMatch(/^hosts\.yml:3:\d+ {2}error connection-setting {2}drover_password /);
    expect(said).toContain(message);
  });

  test('is not fetched for hosts that a run does not use, and once for those that it does', async () => {
    const { said, root } = await refused(
      [
        '    one: { drover_password: { command: "echo run >> runs; exit 7" } }',
        '    two: { drover_become_password: { command: "echo run >> runs; exit 7" } }',
        '    three: { drover_password: { command: touch never } }',
        '',
      ].join('\n'),
      'one:two',
    );
    expect(said.match(/exit code 7/g)).toHaveLength(2);
    expect(await readFile(join(root, 'runs'), 'utf8')).toBe('run\n');
    expect((await readdir(root)).sort()).toEqual(['hosts.yml', 'runs']);
  });
});

describe.skipIf(noSshd !== null)('-F and --timeout', () => {
  let sshd: Sshd;
  afterEach(() => sshd.stop());

  test('hold for all hosts: an ssh_config with the port, and a wait that passes', async () => {
    sshd = await startSshd();
    const root = await folder({
      'hosts.yml': JSON.stringify({ all: { hosts: { one: { drover_known_hosts_file: sshd.knownHosts } } } }),
      config: `Host one\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User ${ME}\n  IdentityFile ${sshd.keyFile}\n`,
    });
    const io = testIo({ cwd: root });
    expect(await main(['run', 'one', '-i', join(root, 'hosts.yml'), '-F', 'config', '--', 'echo up'], io)).toBe(0);
    const hasty = testIo({ cwd: root });
    const args = ['run', 'one', '-i', join(root, 'hosts.yml'), '-F', 'config', '--timeout', 'action=0.2', '--timeout', 'connect=9'];
    expect(await main([...args, '--', 'sleep 5'], hasty)).toBe(2);
    expect(hasty.out()).toContain('200 ms');
    expect(await readdir(root)).toEqual(['config', 'hosts.yml']);
  });
});
