import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket, connect as tcpConnect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Host } from '../../../src/model/host.ts';
import { freePort, noSshd, type Sshd, startSshd } from '../ssh/sshd.ts';
import { connected, eventually, folder, hostWith, isRunning, ME, run, trouble } from '../world.ts';
import { openSsh, runningWith, type SocketPlace, socketPlace } from './processes.ts';

const signal = new AbortController().signal;

describe.skipIf(noSshd !== null)('trouble on the way to a host by the system’s ssh', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  const host = (settings: Parameters<typeof hostWith>[0] = {}): Host =>
    hostWith({ port: sshd.port, keyFiles: [sshd.keyFile], knownHostsFiles: [sshd.knownHosts], ...settings });
  /** Fails to connect, and leaves nothing. */
  const refused = async (of: Host, stop = signal): ReturnType<typeof trouble> => {
    const place = socketPlace();
    const error = await trouble(openSsh().connect(of, stop));
    // A machine in between is kept for a moment, for others.
    if (of.connection.given.proxyJump === undefined) expect(place.left()).toEqual([]);
    await eventually(() => place.left().length === 0, 'end of the folders');
    await nothingRuns(place);
    return error;
  };

  it('a name that does not exist is phase resolve', async () => {
    const error = await refused(host({ address: 'no-such-host.invalid' }));
    expect([error.phase, error.deadline]).toEqual(['resolve', false]);
    expect(error.message).toMatch(/^cannot resolve no-such-host\.invalid: /);
    expect(error.hint).not.toBeNull();
  });

  it('a dead port is phase connect', async () => {
    const port = await freePort();
    const error = await refused(host({ port }));
    expect([error.phase, error.message]).toEqual(['connect', `cannot connect to 127.0.0.1 port ${port}: Connection refused`]);
  });

  it('a server that accepts and never answers is phase handshake, at the deadline', async () => {
    const { port, sockets } = await serve(() => {});
    const error = await refused(host({ port, deadlines: { connectMs: 700 } }));
    expect([error.phase, error.deadline]).toEqual(['handshake', true]);
    expect(error.message).toBe(`127.0.0.1 port ${port} accepts connections, but no SSH handshake was done within 700 ms`);
    await eventually(() => sockets.every((socket) => socket.destroyed), 'end of the socket');
  });

  it('a server that falls silent after the key exchange is phase authenticate, at the deadline', async () => {
    const { port } = await proxy(sshd.port, { afterPieces: 4 });
    const error = await refused(
      host({ port, hostKeyPolicy: 'accept-new', knownHostsFiles: [join(folder(), 'known')], deadlines: { authenticateMs: 500 } }),
    );
    expect([error.phase, error.deadline, error.message]).toEqual([
      'authenticate',
      true,
      `${ME}@127.0.0.1 was not authenticated within 500 ms`,
    ]);
  });

  it('a machine in between that cannot go on is phase connect, for each host with its own reason', async () => {
    const [port, other] = [await freePort(), await freePort()];
    const file = join(folder(), 'config');
    const lines = [
      'Host jump',
      'HostName 127.0.0.1',
      `Port ${sshd.port}`,
      `IdentityFile ${sshd.keyFile}`,
      `UserKnownHostsFile ${sshd.knownHosts}`,
      '',
    ];
    writeFileSync(file, lines.join('\n'));
    const to = (settings: Parameters<typeof hostWith>[0]): Host =>
      host({ ...settings, sshConfigFile: file, given: { proxyJump: [{ host: 'jump' }] } });
    const error = await refused(to({ port }));
    expect([error.phase, error.message]).toEqual(['connect', `cannot connect to 127.0.0.1 port ${port} through jump: Connection refused`]);
    expect(error.hint).toContain('AllowTcpForwarding');
    const transport = openSsh();
    const hosts = [to({ port }), to({ address: 'no-such-host.invalid', port: other }), to({ port: other })];
    const errors = await Promise.all(hosts.map((of) => trouble(transport.connect(of, signal))));
    expect(errors.map(({ message }) => message)).toEqual([
      `cannot connect to 127.0.0.1 port ${port} through jump: Connection refused`,
      expect.stringMatching(new RegExp(`^cannot connect to no-such-host.invalid port ${other} through jump: .* not known`)),
      `cannot connect to 127.0.0.1 port ${other} through jump: Connection refused`,
    ]);
  });

  it('a machine in between that may not go on says so', async () => {
    const jump = await startSshd({ config: ['AllowTcpForwarding no'] });
    const file = join(folder(), 'config');
    const lines = [
      `Host jump`,
      'HostName 127.0.0.1',
      `Port ${jump.port}`,
      `IdentityFile ${jump.keyFile}`,
      `UserKnownHostsFile ${jump.knownHosts}`,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const error = await refused(host({ sshConfigFile: file, given: { proxyJump: [{ host: 'jump' }] } }));
    expect([error.phase, error.message]).toEqual([
      'connect',
      `cannot connect to 127.0.0.1 port ${sshd.port} through jump: administratively prohibited: open failed`,
    ]);
    await jump.stop();
  });

  it('a server that hangs up at first is connected to again', async () => {
    let count = 0;
    const { port } = await serve((socket) => {
      count += 1;
      if (count < 3) socket.end();
      else socket.pipe(tcpConnect({ port: sshd.port, host: '127.0.0.1' })).pipe(socket);
    });
    const connection = await connected(openSsh(), host({ port, hostKeyPolicy: 'accept-new', knownHostsFiles: [join(folder(), 'known')] }));
    expect((await run(connection, 'echo there')).stdout.toString()).toBe('there\n');
    expect(count).toBe(3);
  });

  it('a server that always hangs up is phase handshake', async () => {
    const { port } = await serve((socket) => socket.end());
    const error = await refused(host({ port }));
    expect([error.phase, error.deadline]).toEqual(['handshake', false]);
  });

  it.each([
    ['a file that is not there', { sshConfigFile: '/no/such/config' }, /Can't open user config file \/no\/such\/config/],
    ['a wrong line of ssh_config', { sshConfigFile: 'Port none\n' }, /config:? line 1/],
    ['an argument that ssh does not know', { sshArguments: ['-o', 'NoSuchOption=1'] }, /Bad configuration option: nosuchoption/],
  ])('%s is phase resolve', async (_, settings, message) => {
    const file = join(folder(), 'config');
    const text = 'sshConfigFile' in settings && settings.sshConfigFile?.endsWith('\n') ? settings.sshConfigFile : null;
    if (text !== null) writeFileSync(file, text);
    const error = await refused(host(text === null ? settings : { sshConfigFile: file }));
    expect([error.phase, error.message.startsWith('ssh cannot follow its settings: ')]).toEqual(['resolve', true]);
    expect(error.message).toMatch(message);
  });

  it('an abort while connecting is phase aborted', async () => {
    const { port, sockets } = await serve(() => {});
    const stop = new AbortController();
    const error = refused(host({ port }), stop.signal);
    await eventually(() => sockets.length === 1, 'connection');
    stop.abort();
    expect([(await error).phase, (await error).deadline]).toEqual(['aborted', false]);
    await eventually(() => sockets.every((socket) => socket.destroyed), 'end of the socket');
  });

  it('an abort before connecting contacts nobody', async () => {
    const { port, sockets } = await serve(() => {});
    expect((await refused(host({ port }), AbortSignal.abort())).phase).toBe('aborted');
    expect(sockets).toEqual([]);
  });

  it('a machine without ssh is told what to install', async () => {
    path(folder());
    const error = await refused(host());
    expect([error.phase, error.message.includes('not in PATH')]).toEqual(['connect', true]);
    expect(error.hint).toContain('openssh-client');
  });

  it('a key that waits for a touch is told of', async () => {
    const key = '/keys/id_ed25519_sk ED25519-SK SHA256:abc explicit';
    ssh(
      `printf 'debug1: SSH2_MSG_NEWKEYS received\\r\\ndebug1: Server accepts key: ${key}\\r\\n' >&2`,
      "echo 'me@192.0.2.1: Permission denied (publickey).' >&2; exit 255",
    );
    const said: string[] = [];
    const error = await trouble(openSsh((sentence) => void said.push(sentence)).connect(host(), signal));
    expect(said).toEqual(['web1: touch the security key to log in: /keys/id_ed25519_sk ED25519-SK SHA256:abc']);
    expect([error.phase, error.message]).toEqual(['authenticate', '192.0.2.1 does not let me log in']);
  });
});

describe.skipIf(noSshd !== null)('a connection that ssh holds', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd({ config: ['MaxSessions 3'] });
  });
  afterAll(() => sshd.stop());

  const host = (settings: Parameters<typeof hostWith>[0] = {}): Host =>
    hostWith({ port: sshd.port, keyFiles: [sshd.keyFile], knownHostsFiles: [sshd.knownHosts], ...settings });

  it('serves all scripts with one login, and leaves neither process nor folder behind', async () => {
    const place = socketPlace();
    const before = logins(sshd);
    const connection = await connected(openSsh(), host());
    const results = await Promise.all(['echo a', 'echo b', 'echo c'].map((text) => run(connection, `sleep 0.2; ${text}`)));
    expect(results.map(({ stdout }) => stdout.toString())).toEqual(['a\n', 'b\n', 'c\n']);
    expect([logins(sshd) - before, place.left().length]).toEqual([1, 1]);
    await connection.close();
    expect(place.left()).toEqual([]);
    await nothingRuns(place);
  });

  it('that is lost with its master fails the script with phase link, and what is asked later', async () => {
    const place = socketPlace();
    const connection = await connected(openSsh(), host());
    const begun: Buffer[] = [];
    const running = trouble(run(connection, 'echo begun; sleep 5', { onStdout: (chunk) => void begun.push(chunk) }));
    await eventually(() => begun.length > 0, 'start of the script');
    process.kill(masterOf(place), 'SIGKILL');
    const error = await running;
    expect([error.phase, error.message]).toEqual(['link', 'the connection was lost: ssh ended with signal SIGKILL']);
    expect((await trouble(run(connection, ':'))).phase).toBe('link');
    await connection.close();
    expect(place.left()).toEqual([]);
    await nothingRuns(place);
  });

  it('serves further scripts when the ssh of one was killed, which is told at once', async () => {
    const place = socketPlace();
    const connection = await connected(openSsh(), host());
    const begun: Buffer[] = [];
    const running = trouble(run(connection, 'echo begun; sleep 5', { onStdout: (chunk) => void begun.push(chunk) }));
    await eventually(() => begun.length > 0, 'start of the script');
    const client = runningWith(place.path).find(({ command }) => command.startsWith('ssh -S '));
    process.kill(client?.pid ?? Number.NaN, 'SIGKILL');
    const error = await running;
    expect([error.phase, error.message]).toEqual(['link', 'the channel was closed without an exit status']);
    expect((await run(connection, 'echo up')).stdout.toString()).toBe('up\n');
    await connection.close();
    await nothingRuns(place);
  });

  it('that the host closes fails the script with phase link', async () => {
    const connection = await connected(openSsh(), host());
    const begun: Buffer[] = [];
    const running = trouble(run(connection, 'echo $PPID; sleep 5', { onStdout: (chunk) => void begun.push(chunk) }));
    await eventually(() => begun.length > 0, 'start of the script');
    process.kill(parentOf(Number(begun.join(''))), 'SIGKILL');
    const error = await running;
    expect([error.phase, error.message]).toEqual(['link', 'the connection was lost: closed by the host']);
  });

  it('that dies without a word is found by keepalive', async () => {
    const { port, freeze } = await proxy(sshd.port);
    const given = { serverAliveIntervalSec: 1, serverAliveCountMax: 1 };
    const connection = await connected(
      openSsh(),
      host({ port, given, hostKeyPolicy: 'accept-new', knownHostsFiles: [join(folder(), 'known')] }),
    );
    const running = trouble(run(connection, 'echo begun; sleep 30', { deadlineMs: 20_000, onStdout: () => freeze() }));
    const error = await running;
    expect([error.phase, error.message]).toEqual(['link', 'the connection was lost: no answer to keepalives']);
  });

  it('ends with drover, also when drover is killed', async () => {
    const place = socketPlace();
    const transport = new URL('../../../src/transport/openssh/openssh-transport.ts', import.meta.url).href;
    const code = `
      import { createOpenSshTransport } from ${JSON.stringify(transport)};
      const transport = createOpenSshTransport({ username: 'me', home: '/', cwd: '/', agentSocket: null });
      await transport.connect(${JSON.stringify(host())}, new AbortController().signal);
      console.log('connected');
      setInterval(() => {}, 1000);`;
    const drover = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => drover.stdout.once('data', resolve));
    const master = masterOf(place);
    drover.kill('SIGKILL');
    await eventually(() => !isRunning(master) && place.left().length === 0, 'end of the master');
    await nothingRuns(place);
  });

  it('names the limit when sshd opens no further channel, and goes on', async () => {
    const connection = await connected(openSsh(), host());
    const begun: Buffer[] = [];
    const holding = () => run(connection, 'echo begun; sleep 1', { onStdout: (chunk) => void begun.push(chunk) });
    const running = [holding(), holding(), holding()];
    await eventually(() => begun.length === 3, 'three scripts');
    const error = await trouble(run(connection, ':'));
    expect([error.phase, error.message]).toEqual(['channel', 'the host refused a channel']);
    expect(error.hint).toContain('MaxSessions');
    await Promise.all(running);
    expect((await run(connection, 'echo again')).stdout.toString()).toBe('again\n');
  });

  it('does not wait for a daemon that holds the outputs open', async () => {
    const connection = await connected(openSsh(), host());
    const file = join(folder(), 'pid');
    const result = await run(connection, `sleep 600 & echo $! >${file}; echo started; exit 4`);
    process.kill(Number(readFileSync(file, 'utf8')));
    expect([result.exitCode, result.stdout.toString(), result.stderr.toString()]).toEqual([4, 'started\n', '']);
  });

  it.each([3, 255])('tells exit status %d of a script from an end of its own', async (status) => {
    const { exitCode } = await run(await connected(openSsh(), host()), `exit ${status}`);
    expect(exitCode).toBe(status);
  });

  it('keeps the script out of every command line on both sides', async () => {
    const connection = await connected(openSsh(), host());
    const begun: Buffer[] = [];
    const running = run(connection, 'echo begun; sleep 0.3; : needle-in-the-script', { onStdout: (chunk) => void begun.push(chunk) });
    await eventually(() => begun.length > 0, 'start of the script');
    expect(runningWith('needle-in-the-script')).toEqual([]);
    await running;
  });

  it.each([
    [
      'that refuse',
      'echo This account is closed >&2; exit 1',
      'the login shell ended with exit code 1 and ran nothing: This account is closed',
    ],
    [
      'that refuse in their output',
      'echo This account is for git only',
      'the login shell ended with exit code 0 and ran nothing: This account is for git only',
    ],
    ['that refuse with 255', 'echo Closed >&2; exit 255', 'the login shell ended with exit code 255 and ran nothing: Closed'],
    ['that say nothing', 'sleep 5', 'no shell within 1500 ms'],
  ])('login shells %s are trouble with the channel', async (_, command, message) => {
    const closed = await startSshd({ config: [`ForceCommand ${command}`] });
    const of = hostWith({
      port: closed.port,
      keyFiles: [closed.keyFile],
      knownHostsFiles: [closed.knownHosts],
      deadlines: { channelMs: 1_500 },
    });
    const error = await trouble(run(await connected(openSsh(), of), 'echo never'));
    expect([error.phase, error.message]).toEqual(['channel', message]);
    await closed.stop();
  });
});

async function nothingRuns(place: SocketPlace): Promise<void> {
  await eventually(() => runningWith(place.path).length === 0, `end of ${JSON.stringify(runningWith(place.path))}`);
}

function masterOf(place: SocketPlace): number {
  const [master] = runningWith(place.path).filter(({ command }) => command.startsWith('ssh -M '));
  if (master === undefined) throw new Error('no master runs');
  return master.pid;
}

function parentOf(pid: number): number {
  const parent = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  // 0 would be the group of this process.
  if (!(parent > 1)) throw new Error(`no parent of ${pid}`);
  return parent;
}

function logins(sshd: Sshd): number {
  return sshd.log().match(/Accepted publickey/g)?.length ?? 0;
}

/** A TCP server that ends with the test. */
async function serve(onSocket: (socket: Socket) => void): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}).resume());
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, sockets };
}

/** A way to a server that falls silent when it is told to, or after some pieces from the client. */
async function proxy(to: number, { afterPieces = Number.POSITIVE_INFINITY } = {}): Promise<{ port: number; freeze(): void }> {
  let left = afterPieces;
  const { port } = await serve((socket) => {
    const server = tcpConnect({ port: to, host: '127.0.0.1' }).on('error', () => {});
    onTestFinished(() => void server.destroy());
    server.on('data', (chunk) => left > 0 && socket.write(chunk));
    socket.on('data', (chunk) => {
      if (left > 0) server.write(chunk);
      left -= 1;
    });
  });
  const freeze = (): void => {
    left = 0;
  };
  return { port, freeze };
}

function path(value: string): void {
  const before = process.env.PATH;
  process.env.PATH = value;
  onTestFinished(() => {
    process.env.PATH = before;
  });
}

/** Puts an `ssh` first in PATH, which says these when it is to connect. */
function ssh(...lines: readonly string[]): void {
  const bin = folder();
  writeFileSync(join(bin, 'ssh'), `#!/bin/sh\n[ "$1" = -G ] && exit 0\n${lines.join('\n')}\n`);
  chmodSync(join(bin, 'ssh'), 0o755);
  path(`${bin}:${process.env.PATH}`);
}
