import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Host } from '../../../src/model/host.ts';
import { createSshTransport } from '../../../src/transport/ssh/ssh-transport.ts';
import { connected, eventually, hostWith, routes, run, trouble } from '../world.ts';
import { freePort, noSshd, type Sshd, startSshd } from './sshd.ts';

const signal = new AbortController().signal;

describe.skipIf(noSshd !== null)('trouble on the way to a host', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  const host = (settings: Parameters<typeof hostWith>[0] = {}): Host =>
    hostWith({ keyFiles: [sshd.keyFile], knownHostsFiles: [sshd.knownHosts], ...settings });
  const refused = (of: Host, stop = signal): ReturnType<typeof trouble> => trouble(createSshTransport(routes()).connect(of, stop));

  it('a name that does not exist is phase resolve', async () => {
    const error = await refused(host({ address: 'no-such-host.invalid' }));
    expect([error.phase, error.deadline]).toEqual(['resolve', false]);
    expect(error.message).toMatch(/^cannot resolve no-such-host\.invalid: E/);
    expect(error.hint).not.toBeNull();
  });

  it('a closed port is phase connect', async () => {
    const port = await freePort();
    const error = await refused(host({ port }));
    expect([error.phase, error.message]).toEqual([
      'connect',
      `cannot connect to 127.0.0.1 port ${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
    ]);
  });

  it('a closed port behind a name with several addresses names each', async () => {
    const error = await refused(host({ address: 'localhost', port: await freePort() }));
    expect([error.phase, error.message.includes('ECONNREFUSED')]).toEqual(['connect', true]);
  });

  it('a server that accepts and never answers is phase handshake, at the deadline', async () => {
    const { port, sockets } = await serve(() => {});
    const error = await refused(host({ port, deadlines: { connectMs: 200 } }));
    expect([error.phase, error.deadline]).toEqual(['handshake', true]);
    expect(error.message).toBe(`127.0.0.1 port ${port} accepts connections, but no SSH handshake was done within 200 ms`);
    await eventually(() => sockets.every((socket) => socket.destroyed), 'end of the socket');
  });

  it('a server that closes at once is phase handshake', async () => {
    const { port } = await serve((socket) => socket.end());
    const error = await refused(host({ port }));
    expect([error.phase, error.deadline]).toEqual(['handshake', false]);
    expect(error.message).toBe(`127.0.0.1 port ${port} hung up before it said anything`);
  });

  it('a server that resets the connection is phase handshake', async () => {
    const { port } = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect((await refused(host({ port }))).phase).toBe('handshake');
  });

  it('a server of another protocol is phase handshake, at the deadline', async () => {
    const { port } = await serve((socket) => socket.write('220 mail.example.com ESMTP\r\n'));
    const error = await refused(host({ port, deadlines: { connectMs: 200 } }));
    expect([error.phase, error.deadline]).toEqual(['handshake', true]);
  });

  it('a server that falls silent after the key exchange is phase authenticate, at the deadline', async () => {
    const { port, freeze } = await proxy(sshd.port);
    const transport = createSshTransport(routes());
    const frozen = { ...host({ port, hostKeyPolicy: 'accept-new', knownHostsFiles: [`${sshd.folder}/frozen`] }) };
    const slow = { ...frozen, connection: { ...frozen.connection, deadlines: { ...frozen.connection.deadlines, authenticateMs: 200 } } };
    // The client's reply to the host's key is its last word that gets through.
    freeze(4);
    const error = await trouble(transport.connect(slow, signal));
    expect([error.phase, error.deadline]).toEqual(['authenticate', true]);
  });

  it('an abort while connecting is phase aborted, and frees the socket', async () => {
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

  it('a link that dies without a word fails the script by keepalive', async () => {
    const { port, freeze } = await proxy(sshd.port);
    const transport = createSshTransport(routes());
    const given = { serverAliveIntervalSec: 0.1, serverAliveCountMax: 2 };
    const connection = await connected(
      transport,
      host({ port, given, hostKeyPolicy: 'accept-new', knownHostsFiles: [`${sshd.folder}/dead`] }),
    );
    await run(connection, ':');
    const running = trouble(run(connection, 'sleep 3'));
    freeze(0);
    const error = await running;
    expect([error.phase, error.message]).toEqual(['link', 'the connection was lost: no answer to keepalives']);
  });

  it('a half-open connection gives no channel, at the deadline', async () => {
    const { port, freeze } = await proxy(sshd.port);
    const half = host({ port, hostKeyPolicy: 'accept-new', knownHostsFiles: [`${sshd.folder}/half`], deadlines: { channelMs: 200 } });
    const connection = await connected(createSshTransport(routes()), half);
    freeze(0);
    const error = await trouble(run(connection, ':'));
    expect([error.phase, error.deadline, error.message]).toEqual(['channel', true, 'the host opened no channel within 200 ms']);
  });
});

/** A TCP server that ends with the test. */
async function serve(onSocket: (socket: Socket) => void): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
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

/** A way to a server that can be frozen: after some more pieces from the client nothing gets through, and nobody is told. */
async function proxy(to: number): Promise<{ port: number; freeze(afterPieces: number): void }> {
  let left = Number.POSITIVE_INFINITY;
  const freeze = (afterPieces: number): void => {
    left = afterPieces;
  };
  const { port } = await serve((socket) => {
    const server = tcpConnect({ port: to, host: '127.0.0.1' }).on('error', () => {});
    onTestFinished(() => void server.destroy());
    server.on('data', (chunk) => left > 0 && socket.write(chunk));
    socket.on('data', (chunk) => {
      if (left > 0) server.write(chunk);
      left -= 1;
    });
  });
  return { port, freeze };
}
