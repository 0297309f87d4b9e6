import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ssh2, { type Client } from 'ssh2';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { type CommandResult, run } from './exec.ts';
import { type EmbeddedFleet, startEmbeddedFleet } from './fleet.ts';
import { generateKeyPair } from './keys.ts';

const directory = mkdtempSync(join(tmpdir(), 'drover-embedded-test-'));
// When root runs the tests, hosts in user namespaces belong to another user.
chmodSync(directory, 0o711);
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(() => void vi.unstubAllEnvs());

function reachable(prefix: string): string {
  const made = mkdtempSync(join(directory, prefix));
  chmodSync(made, 0o711);
  return made;
}

const hasOpenSsh = spawnSync('ssh', ['-V']).status === 0;
if (!hasOpenSsh) console.warn('skipped: the embedded fleet under the OpenSSH client: it is not installed');
console.warn('skipped: isolation of hosts at the level `folder`, which promises none');

async function startOn(level: string, hosts = ['web1', 'db1']): Promise<EmbeddedFleet> {
  vi.stubEnv('DROVER_DEMO_ISOLATION', level);
  return await startEmbeddedFleet({ hosts, directory });
}

/** Null where the machine allows the level; else why not. */
async function refusal(level: string): Promise<string | null> {
  try {
    await (await startOn(level, ['probe'])).stop();
    return null;
  } catch (error) {
    return String(error);
  }
}

const refusals = Object.fromEntries(await Promise.all(['root', 'userns', 'folder'].map(async (level) => [level, await refusal(level)])));
for (const [level, reason] of Object.entries(refusals)) if (reason !== null) console.warn(`level ${level} is not tested: ${reason}`);

function openSsh(
  fleet: EmbeddedFleet,
  name: string,
  options: { command: string; args?: readonly string[]; stdin?: Buffer },
): Promise<CommandResult> {
  const host = fleet.hosts.find((candidate) => candidate.name === name)!;
  const user = fleet.isolation === 'folder' ? 'demo' : 'root';
  const settings = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'GlobalKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=yes',
  ];
  const child = spawn('ssh', [
    ...['-F', 'none', '-p', String(host.port), ...(options.args ?? ['-i', fleet.keyFile])],
    ...[...settings, `UserKnownHostsFile=${fleet.knownHostsFile}`].flatMap((setting) => ['-o', setting]),
    ...[`${user}@127.0.0.1`, options.command].filter((argument) => argument !== ''),
  ]);
  return run(child, options.stdin);
}

async function login(fleet: EmbeddedFleet): Promise<Client> {
  const client = new ssh2.Client();
  const username = fleet.isolation === 'folder' ? 'demo' : 'root';
  client.connect({ host: '127.0.0.1', port: fleet.hosts[0]!.port, username, privateKey: readFileSync(fleet.keyFile) });
  await once(client, 'ready');
  // Fleets end before their clients do.
  client.on('error', () => {});
  return client;
}

/** Runs a command with ssh2's client: what it wrote, its exit status and the signal that ended it. */
function remote(client: Client, command: string, stdin = Buffer.alloc(0)): Promise<{ out: Buffer; err: Buffer; status: unknown }> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      let status: unknown = null;
      channel.on('data', (chunk: Buffer) => out.push(chunk));
      channel.stderr.on('data', (chunk: Buffer) => err.push(chunk));
      channel.on('exit', (code: number | null, signal?: string) => {
        status = code ?? signal;
      });
      channel.on('close', () => resolve({ out: Buffer.concat(out), err: Buffer.concat(err), status }));
      channel.end(stdin);
    });
  });
}

async function text(fleet: EmbeddedFleet, name: string, command: string): Promise<string> {
  const { stdout, stderr, exitCode } = await fleet.exec(name, command);
  return exitCode === 0 ? stdout.toString() : `exit ${exitCode}: ${stderr}`;
}

describe.each(['root', 'userns', 'folder'].filter((level) => refusals[level] === null))('a fleet on the level %s', (level) => {
  let fleet: EmbeddedFleet;
  let client: Client;
  beforeAll(async () => {
    fleet = await startOn(level);
    client = await login(fleet);
  });
  afterAll(async () => {
    client.end();
    await fleet.stop();
  });

  it('says which level it is on', () => {
    expect(fleet.isolation).toBe({ root: 'overlay-root', userns: 'copy-userns', folder: 'folder' }[level]);
    expect(fleet.isolationReason).toMatch(/^each host .*[^\n]$/);
  });

  it('describes itself in an inventory with a group per kind of host', () => {
    const { all } = parse(readFileSync(fleet.inventoryFile, 'utf8'));
    expect(all.vars).toMatchObject({
      ansible_host: '127.0.0.1',
      ansible_ssh_private_key_file: fleet.keyFile,
      drover_known_hosts_file: fleet.knownHostsFile,
    });
    expect(Object.keys(all.children)).toEqual(['web', 'db']);
    expect(all.children.db.hosts.db1).toMatchObject({ ansible_port: fleet.hosts[1]!.port });
  });

  it('runs a command in the home directory with a small environment', async () => {
    const { out, status } = await remote(client, 'pwd; echo "$HOME"; echo "$0 $#"; env | grep -c VITEST');
    const home = level === 'folder' ? fleet.hosts[0]!.root : '/root';
    expect(out.toString()).toBe(`${home}\n${home}\n/bin/sh 0\n0\n`);
    expect(status).toBe(1);
  });

  it.each([
    ['true', 0],
    ['exit 3', 3],
    ['no-such-command', 127],
    ['kill -9 $$', 'SIGKILL'],
  ])('reports how %s ended', async (command, expected) => {
    expect((await remote(client, command)).status).toBe(expected);
  });

  it('carries 1 MiB of any bytes in and out, and both outputs apart', async () => {
    const bytes = randomBytes(2 ** 20);
    const { out, err, status } = await remote(client, 'cat > all; cat all & cat all >&2; wait', bytes);
    expect({ out: out.equals(bytes), err: err.equals(bytes), status }).toEqual({ out: true, err: true, status: 0 });
  });

  it('carries on when a command does not read its input', async () => {
    const { out, status } = await remote(client, 'echo done', randomBytes(2 ** 20));
    expect({ out: out.toString(), status }).toEqual({ out: 'done\n', status: 0 });
  });

  it('runs commands of one connection side by side', async () => {
    await fleet.exec('web1', 'mkfifo "$HOME/pipe"');
    const [read, written] = await Promise.all([remote(client, 'cat pipe'), remote(client, 'echo met > pipe')]);
    expect(`${read.out}${written.status}`).toBe('met\n0');
  });

  it('takes exec requests only', async () => {
    await expect(new Promise((resolve, reject) => void client.shell((error) => (error ? reject(error) : resolve(0))))).rejects.toThrow();
    await expect(new Promise((resolve, reject) => void client.sftp((error) => (error ? reject(error) : resolve(0))))).rejects.toThrow();
    await expect(
      new Promise(
        (resolve, reject) => void client.forwardOut('127.0.0.1', 1, '127.0.0.1', 1, (error) => (error ? reject(error) : resolve(0))),
      ),
    ).rejects.toThrow();
  });

  it.runIf(hasOpenSsh)('serves the OpenSSH client, whose known_hosts check passes', async () => {
    const bytes = randomBytes(2 ** 20);
    const { stdout, stderr, exitCode } = await openSsh(fleet, 'db1', { command: 'cat; exit 7', stdin: bytes });
    expect({ same: stdout.equals(bytes), stderr: stderr.toString(), exitCode }).toEqual({ same: true, stderr: '', exitCode: 7 });
  });

  it.runIf(hasOpenSsh)('has host keys of its own: that of another host is refused', async () => {
    const [web1, db1] = readFileSync(fleet.knownHostsFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    const knownHostsFile = join(directory, 'swapped');
    writeFileSync(knownHostsFile, `${web1![0]} ${db1![1]} ${db1![2]}\n`);
    const { stderr, exitCode } = await openSsh({ ...fleet, knownHostsFile }, 'web1', { command: 'true' });
    expect(stderr.toString()).toContain('Host key verification failed');
    expect(exitCode).toBe(255);
  });

  it.runIf(hasOpenSsh)('lets nobody in with another key', async () => {
    const keyFile = join(directory, 'stranger');
    writeFileSync(keyFile, generateKeyPair().privateKey, { mode: 0o600 });
    const { stderr, exitCode } = await openSsh(fleet, 'web1', { command: 'true', args: ['-i', keyFile] });
    expect(stderr.toString()).toContain('Permission denied (publickey)');
    expect(exitCode).toBe(255);
  });

  it('keeps what one host writes from the other', async () => {
    await fleet.exec('web1', 'echo mine > "$HOME/own"');
    expect(await text(fleet, 'web1', 'cat own')).toBe('mine\n');
    expect(await text(fleet, 'db1', 'cat own')).toMatch(/^exit 1: /);
    expect(readFileSync(join(fleet.hosts[0]!.root, level === 'folder' ? 'own' : 'root/own'), 'utf8')).toBe('mine\n');
  });

  it.runIf(level !== 'folder')('gives each host a name, files and processes of its own, and root', async () => {
    expect(await text(fleet, 'db1', 'cat /proc/sys/kernel/hostname /etc/hostname; id -u; stat -c %U:%a /etc/passwd /etc /tmp')).toBe(
      'db1\ndb1\n0\nroot:644\nroot:755\nroot:1777\n',
    );
    expect(await text(fleet, 'db1', 'ls -d /proc/[0-9]* | wc -l')).toMatch(/^[2-6]\n$/);
  });

  it.runIf(level !== 'folder')('lets changes of /etc take effect there and never on the machine', async () => {
    const machine = (): (string | null)[] =>
      ['/etc/motd', '/etc/profile', '/etc/drover-embedded'].map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : null));
    const before = machine();
    const change = 'echo drover > /etc/motd; echo x > /etc/drover-embedded; rm /etc/profile; chmod 600 /etc/group; cat /etc/motd';
    expect(await text(fleet, 'web1', change)).toBe('drover\n');
    expect(await text(fleet, 'web1', 'ls /etc/profile')).toMatch(/^exit [12]: /);
    expect(await text(fleet, 'db1', 'stat -c %a /etc/group && grep -c ^root: /etc/passwd')).toBe('644\n1\n');
    expect(machine()).toEqual(before);
  });

  it.runIf(level !== 'folder').each([
    ['kernel settings', 'echo 1 > /proc/sys/kernel/panic'],
    ['sysrq', 'echo h > /proc/sysrq-trigger'],
    ['/sys', 'mkdir /sys/fs/cgroup/x || touch /sys/x'],
    ['mounts', 'mount -o remount,rw /proc/sys'],
    ['disks', 'mknod /dev/disk b 259 0 || mknod /root/disk b 259 0'],
    ['the clock', 'date -s 2001-01-01'],
    ['the host name', 'echo other > /proc/sys/kernel/hostname'],
  ])('keeps %s out of reach', async (_subject, command) => {
    expect(await text(fleet, 'web1', command)).toMatch(/^exit [1-9]/);
  });
});

describe('the end of a fleet', () => {
  const stillRuns = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };

  it.each(['root', 'userns', 'folder'].filter((level) => refusals[level] === null))(
    'leaves no process, port or file on the level %s',
    async (level) => {
      const fleet = await startOn(level);
      const client = await login(fleet);
      const lost = once(client, 'close');
      const command = remote(client, 'echo $$ > "$HOME/pid"; read line </dev/null; sleep 1000');
      const pidFile = join(fleet.hosts[0]!.root, level === 'folder' ? 'pid' : 'root/pid');
      await vi.waitFor(() => expect(readFileSync(pidFile, 'utf8')).toMatch(/\n/));
      await fleet.stop();
      await Promise.all([lost, command]);
      expect(fleet.hosts.map(({ root }) => existsSync(root))).toEqual([false, false]);
      expect(readdirSync(directory).filter((name) => name.startsWith('drover-fleet-'))).toEqual([]);
      await expect(once(connect(fleet.hosts[0]!.port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED');
    },
  );

  const fleetInProcess = (
    temporary: string,
    argv: readonly string[],
    level = '',
    command = 'echo served',
  ): ChildProcessWithoutNullStreams => {
    const script = `
      const { startEmbeddedFleet } = await import(${JSON.stringify(new URL('fleet.ts', import.meta.url).href)});
      const fleet = await startEmbeddedFleet({ hosts: ['web1'], directory: ${JSON.stringify(temporary)} });
      const { stdout, stderr } = await fleet.exec('web1', ${JSON.stringify(command)});
      console.log(JSON.stringify({ ...fleet, served: stdout.toString(), trouble: stderr.toString() }));
      setInterval(() => {}, 1000);`;
    const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', script];
    return spawn(argv[0] ?? node[0]!, [...argv.slice(1), ...node].slice(argv.length === 0 ? 1 : 0), {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { ...process.env, DROVER_DEMO_ISOLATION: level },
    });
  };

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('comes with %s, which still ends the process', async (signal) => {
    const temporary = reachable('signal-');
    const child = fleetInProcess(temporary, []);
    const fleet: EmbeddedFleet = JSON.parse(String((await once(child.stdout, 'data'))[0]));
    expect(existsSync(fleet.hosts[0]!.root)).toBe(true);
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([null, signal]);
    expect(readdirSync(temporary)).toEqual([]);
    await vi.waitFor(() => expect(existsSync(fleet.hosts[0]!.root)).toBe(false));
  });

  it.runIf(refusals.userns === null)('comes even when the process is killed outright', async () => {
    const child = fleetInProcess(reachable('killed-'), [], 'userns');
    const fleet: EmbeddedFleet = JSON.parse(String((await once(child.stdout, 'data'))[0]));
    const holder = Number(fleet.hosts[0]!.root.split('/')[2]);
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(stillRuns(holder)).toBe(false));
  });

  it.runIf(refusals.root === null)(
    'shows /usr and /etc where they are file systems of their own, and files mounted over others',
    async () => {
      const temporary = reachable('mounts-');
      const hosts = join(temporary, 'hosts');
      writeFileSync(hosts, '127.0.0.1 mounted-here\n');
      const mounts = 'mount --bind /usr /usr && mount --bind /etc /etc && mount --bind "$0" /etc/hosts && exec "$@"';
      const command = 'cat /etc/hosts && echo x > /etc/motd && touch /usr/x && stat -c %a /etc /usr';
      const child = fleetInProcess(temporary, ['unshare', '--mount', 'sh', '-c', mounts, hosts], 'root', command);
      const { served, trouble } = JSON.parse(String((await once(child.stdout, 'data'))[0]));
      child.kill('SIGTERM');
      await once(child, 'close');
      expect({ served, trouble, usr: existsSync('/usr/x') }).toEqual({
        served: '127.0.0.1 mounted-here\n755\n755\n',
        trouble: '',
        usr: false,
      });
    },
  );

  it.runIf(refusals.userns === null)('falls back to folders where nothing better is allowed, and says why', async () => {
    const forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
    const temporary = reachable('forbidden-');
    const child = fleetInProcess(temporary, ['unshare', '--user', '--map-root-user', 'sh', '-c', forbid, 'sh']);
    const fleet = JSON.parse(String((await once(child.stdout, 'data'))[0]));
    child.kill('SIGTERM');
    await once(child, 'close');
    expect(fleet).toMatchObject({ isolation: 'folder', served: 'served\n' });
    expect(fleet.isolationReason).toMatch(/^each host is a private folder; no overlay-root: .+; no copy-userns: .+$/);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe('starting a fleet', () => {
  it('refuses an unknown level', async () => {
    await expect(startOn('chroot')).rejects.toThrow('DROVER_DEMO_ISOLATION=chroot: expected root, userns or folder');
  });

  it.each(['', '../web1', 'web 1', '-x'])('refuses %j as the name of a host', async (name) => {
    await expect(startOn('folder', [name])).rejects.toThrow('is no name for a host');
  });
});
