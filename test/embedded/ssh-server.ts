import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import type { EmbeddedHost } from './embedded-host.ts';
import type { KeyPair } from './keys.ts';
import { killGroup } from './process-group.ts';

/** A host's SSH server on 127.0.0.1. */
export interface SshServer {
  readonly port: number;
  /** Ends its connections and stops listening. */
  close(): Promise<void>;
}

function isAllowed(context: AuthContext, user: string, clientKey: ssh2.ParsedKey): boolean {
  if (context.method !== 'publickey' || context.username !== user) return false;
  if (!context.key.data.equals(clientKey.getPublicSSH())) return false;
  // Without a signature the client only asks whether this key would do (RFC 4252, section 7).
  if (context.signature === undefined || context.blob === undefined) return true;
  return clientKey.verify(context.blob, context.signature, context.hashAlgo) === true;
}

/** Resolves when all that was written before has been sent. */
function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => void stream.write(Buffer.alloc(0), () => resolve()));
}

function isSignal(name: string): name is NodeJS.Signals {
  return name in constants.signals;
}

/** Joins a command and its channel as sshd does without a terminal: nothing is killed when the client leaves, only the pipes close. */
function join(child: ChildProcessWithoutNullStreams, channel: ServerChannel): void {
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.stdin.on('error', () => channel.unpipe(child.stdin).resume());
  channel.on('error', () => {});
  channel.stderr.on('error', () => {});
  channel.once('close', () => {
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
  });
  child.once('error', (error) => channel.stderr.write(`${error.message}\n`));
  child.once('close', async (code, signal) => {
    await Promise.all([flushed(channel), flushed(channel.stderr)]);
    if (signal === null) channel.exit(code === null || code < 0 ? 127 : code);
    else channel.exit(signal.replace('SIG', ''));
    channel.end();
  });
}

function serveSessions(client: Connection, host: EmbeddedHost): void {
  // Whatever has no listener here (shell, pty, subsystem, forwarding, env) ssh2 refuses.
  client.on('session', (accept) => {
    const session = accept();
    session.once('exec', (acceptExec, reject, { command }) => {
      try {
        const child = host.spawn(command);
        session.on('signal', (_accept, _reject, { name }) => {
          const signal = name.replace(/^(SIG)?/, 'SIG');
          if (isSignal(signal) && child.exitCode === null) killGroup(child, signal);
        });
        join(child, acceptExec());
      } catch {
        // Such as a command longer than the kernel takes (E2BIG).
        reject();
      }
    });
  });
}

/** Serves a host on 127.0.0.1 at a free port: public keys only, and of those only `clientKey`; exec requests only. */
export async function startSshServer(host: EmbeddedHost, hostKey: KeyPair, clientKey: KeyPair): Promise<SshServer> {
  const allowed = ssh2.utils.parseKey(clientKey.publicKey);
  if (allowed instanceof Error) throw allowed;
  const ssh = new ssh2.Server({ hostKeys: [hostKey.privateKey], ident: 'drover_embedded' }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => (isAllowed(context, host.user, allowed) ? context.accept() : context.reject(['publickey'])));
    client.once('ready', () => serveSessions(client, host));
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { port: address.port, close };
}
