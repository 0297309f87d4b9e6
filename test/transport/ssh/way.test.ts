import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../src/model/host.ts';
import { createSshTransport } from '../../../src/transport/ssh/ssh-transport.ts';
import { connected, eventually, folder, hostWith, ME, routes, run, trouble } from '../world.ts';
import { freePort, noSshd, type Sshd, startSshd } from './sshd.ts';

const signal = new AbortController().signal;

describe.skipIf(noSshd !== null)('the way to a host', () => {
  let target: Sshd;
  let near: Sshd;
  let far: Sshd;
  beforeAll(async () => {
    [target, near, far] = await Promise.all([startSshd(), startSshd(), startSshd()]);
  });
  afterAll(async () => void (await Promise.all([target, near, far].map((sshd) => sshd.stop()))));

  /** A configuration file in which `near` and `far` are jump hosts and `web*` lie behind both. */
  const config = (more: readonly string[] = []): string => {
    const file = join(folder(), 'config');
    const stop = (name: string, { port, keyFile, knownHosts }: Sshd): readonly string[] => [
      `Host ${name}`,
      `  HostName 127.0.0.1\n  Port ${port}\n  User ${ME}\n  IdentityFile ${keyFile}\n  UserKnownHostsFile ${knownHosts}`,
    ];
    const lines = [...more, ...stop('near', near), ...stop('far', far), '  ProxyJump near', ...stop('web*', target), '  ProxyJump far'];
    writeFileSync(file, `${lines.join('\n')}\nHost *\n  GlobalKnownHostsFile none\n  IdentityAgent none\n`);
    return file;
  };
  const behind = (name: string, file: string): Host => ({
    ...hostWith({ address: name, sshConfigFile: file }),
    name,
    connection: { ...hostWith().connection, address: name, given: {}, sshConfigFile: file, hostKeyPolicy: null },
  });
  /** How many connections of this program a server has. */
  const sessions = ({ pid }: Sshd): number => {
    const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return listed === '' ? 0 : listed.split(' ').length;
  };
  const serverPort = async (host: Host, transport = createSshTransport(routes())): Promise<string> => {
    const { stdout } = await run(await connected(transport, host), 'echo "$SSH_CONNECTION"');
    return stdout.toString().trim().split(' ')[3] ?? '';
  };

  it('is what ssh_config says: name, port, user and key', async () => {
    const file = join(folder(), 'config');
    writeFileSync(
      file,
      `Host web1\nHostName 127.0.0.1\nPort ${target.port}\nUser ${ME}\nIdentityFile ${target.keyFile}\nUserKnownHostsFile ${target.knownHosts}\n`,
    );
    expect(await serverPort(behind('web1', file))).toBe(String(target.port));
  });

  it('goes through a chain of machines, to each of which there is one connection for all hosts behind it', async () => {
    const file = config();
    const transport = createSshTransport(routes());
    const before = [near, far, target].map(sessions);
    const hosts = ['web1', 'web2', 'web3', 'web4'].map((name) => behind(name, file));
    const connections = await Promise.all(hosts.map((host) => transport.connect(host, signal)));
    const counts = [near, far, target].map((sshd, index) => sessions(sshd) - (before[index] ?? 0));
    expect(counts).toEqual([1, 1, 4]);
    for (const connection of connections) expect((await run(connection, 'echo here')).stdout.toString()).toBe('here\n');
    await Promise.all(connections.map((connection) => connection.close()));
    await eventually(() => sessions(near) === before[0] && sessions(far) === before[1], 'end of the connections in between');
  });

  it('is told apart from the host itself in errors', async () => {
    const file = config(['Host far', `  Port ${await freePort()}`]);
    const error = await trouble(createSshTransport(routes()).connect(behind('web1', file), signal));
    expect(error.phase).toBe('connect');
    expect(error.message).toMatch(/^on the way through far: cannot connect to 127\.0\.0\.1 port \d+ through near: /);
    const dead = config(['Host web1', `  Port ${await freePort()}`]);
    const last = await trouble(createSshTransport(routes()).connect(behind('web1', dead), signal));
    expect([last.phase, last.message]).toEqual([
      'connect',
      expect.stringMatching(/^cannot connect to 127\.0\.0\.1 port \d+ through far: /),
    ]);
  });

  it('ends with the machine in between, and says so', async () => {
    const own = await startSshd();
    try {
      const file = config(['Host far', `  Port ${own.port}`, `  IdentityFile ${own.keyFile}`, `  UserKnownHostsFile ${own.knownHosts}`]);
      const connection = await connected(createSshTransport(routes()), behind('web1', file));
      const running = trouble(run(connection, 'sleep 5'));
      execFileSync('pkill', ['-P', String(own.pid)]);
      const error = await running;
      expect([error.phase, error.message]).toEqual(['link', 'the connection was lost: far closed the connection']);
    } finally {
      await own.stop();
    }
  });

  it('may be a ProxyCommand', async () => {
    const file = config(['Host web1', '  ProxyJump none', '  ProxyCommand nc -N %h %p || exit 3']);
    const relay = join(folder(), 'relay.mjs');
    writeFileSync(
      relay,
      "import{connect}from'node:net';const s=connect(+process.argv[2],'127.0.0.1');process.stdin.pipe(s).pipe(process.stdout);",
    );
    const through = config(['Host web1', '  ProxyJump none', `  ProxyCommand ${process.execPath} ${relay} %p`]);
    expect(await serverPort(behind('web1', through))).toBe(String(target.port));
    expect(file).not.toBe(through);
  });

  it('that is a ProxyCommand which fails is told by its own last words', async () => {
    const file = config(['Host web1', '  ProxyJump none', '  ProxyCommand sh -c "echo no way to %h >&2; exit 3"']);
    const error = await trouble(createSshTransport(routes()).connect(behind('web1', file), signal));
    expect([error.phase, error.message]).toEqual(['handshake', `127.0.0.1 port ${target.port}: ProxyCommand: no way to 127.0.0.1`]);
  });

  it('is tried again where the server hangs up before it said who it is', async () => {
    const { createServer } = await import('node:net');
    let count = 0;
    const server = createServer((socket) => {
      count += 1;
      if (count < 3) socket.destroy();
      else
        socket
          .pipe(connect(target.port, '127.0.0.1'))
          .pipe(socket)
          .on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const place = server.address();
    const port = place !== null && typeof place === 'object' ? place.port : 0;
    const known = join(folder(), 'known_hosts');
    writeFileSync(known, readFileSync(target.knownHosts, 'utf8').replace(String(target.port), String(port)));
    expect(await serverPort(hostWith({ port, keyFiles: [target.keyFile], knownHostsFiles: [known] }))).toBe(String(target.port));
    expect(count).toBe(3);
    server.close();
  });

  describe('with unknown machines on it', () => {
    it('shows their keys one layer after the other, each once, and records them in OpenSSH’s form', async () => {
      const known = join(folder(), 'known_hosts');
      const file = config(['Host *', `  UserKnownHostsFile ${known}`, '  HashKnownHosts yes', 'Host web*', '  HostKeyAlias %n']);
      const transport = createSshTransport(routes());
      const hosts = ['web1', 'web2'].map((name) => behind(name, file));
      const seen: string[][] = [];
      for (;;) {
        const entries = await transport.strangers(hosts, signal);
        if (entries.length === 0) break;
        seen.push(entries.map(({ hosts: of, name }) => `${of.join(' ')} = ${name}`));
        await transport.record(entries);
      }
      expect(seen).toEqual([
        [`near = [127.0.0.1]:${near.port}`],
        [`far = [127.0.0.1]:${far.port}`],
        [`web1, web2 = %n`.replace('web1, web2', 'web1 web2')],
      ]);
      expect(
        readFileSync(known, 'utf8')
          .split('\n')
          .filter((line) => line.startsWith('|1|')),
      ).toHaveLength(3);
      expect(execFileSync('ssh-keygen', ['-F', `[127.0.0.1]:${near.port}`, '-f', known], { encoding: 'utf8' })).toContain(
        near.hostKey('ed25519'),
      );
      expect(await serverPort(behind('web1', file), transport)).toBe(String(target.port));
    });

    it('asks about nobody who is known, strict, or accepted anyway', async () => {
      const transport = createSshTransport(routes());
      const known = join(folder(), 'none');
      const of = (hostKeyPolicy: 'strict' | 'ask' | 'accept-new', file: string): Host =>
        hostWith({ port: target.port, keyFiles: [target.keyFile], knownHostsFiles: [file], hostKeyPolicy });
      const silent = [of('ask', target.knownHosts), of('strict', known), of('accept-new', known)];
      expect(await transport.strangers(silent, signal)).toEqual([]);
      expect(await transport.strangers([of('ask', known)], signal)).toHaveLength(1);
      expect((await trouble(transport.connect(of('ask', known), signal))).phase).toBe('host-key');
    });
  });
});
