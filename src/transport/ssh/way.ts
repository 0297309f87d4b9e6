import { spawn } from 'node:child_process';
import { createConnection, isIP, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'ssh2';
import { TransportError, type TroublePhase } from '../../model/transport.ts';
import { ChannelStream } from './channel-stream.ts';
import type { SshStop } from './stop.ts';

/** A stream of bytes to an SSH server, over which nothing was said yet. */
export interface Way {
  readonly stream: Duplex;
  /** What whoever carries the stream says of its end, which may come a moment later; null where that is nothing. */
  lastWords(): Promise<string | null>;
}

/** How long a ProxyCommand may take to end by itself behind the connection. */
const COMMAND_GRACE_MS = 1_000;
/** What is kept of a ProxyCommand's words, in characters. */
const KEPT_WORDS = 2_000;

/** Connects by TCP within the stop's deadline. Rejects with TransportError, and leaves no socket behind then. */
export function openTcp(stop: SshStop, signal: AbortSignal): Promise<Way> {
  const { address: host, port, connectMs, addressFamily: family, bindAddress } = stop;
  return new Promise((resolve, reject) => {
    let phase: TroublePhase = isIP(host) === 0 ? 'resolve' : 'connect';
    // Node's default of 250 ms for each address of a host is too short for slow links.
    const autoSelectFamilyAttemptTimeout = Math.ceil(connectMs / 4);
    const local = bindAddress === null ? {} : { localAddress: bindAddress };
    const socket = createConnection({ host, port, noDelay: true, family, autoSelectFamilyAttemptTimeout, ...local });
    const settle = (end: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.removeAllListeners();
      end();
    };
    const fail = (error: TransportError): void =>
      settle(() => {
        socket.on('error', () => {});
        socket.destroy();
        reject(error);
      });
    const abort = (): void => fail(stopped());
    const timer = setTimeout(() => fail(late(stop, phase)), connectMs);
    signal.addEventListener('abort', abort, { once: true });
    socket.once('lookup', (error: Error | null) => {
      if (error === null) phase = 'connect';
    });
    socket.once('error', (error) => fail(unreachable(error, stop)));
    socket.once('connect', () => settle(() => resolve(wayOf(socket))));
  });
}

function wayOf(stream: Socket): Way {
  return { stream, lastWords: async () => null };
}

function late({ address, port, connectMs }: SshStop, phase: TroublePhase): TransportError {
  const what = phase === 'resolve' ? `${address} was not resolved` : `no answer from ${address} port ${port}`;
  return new TransportError(phase, `${what} within ${connectMs} ms`, { deadline: true });
}

function unreachable(cause: NodeJS.ErrnoException, { address, port }: SshStop): TransportError {
  if (cause.syscall === 'getaddrinfo') {
    return new TransportError('resolve', `cannot resolve ${address}: ${cause.code ?? cause.message}`, {
      cause,
      hint: "check the host's name, or give its address in the inventory",
    });
  }
  // A host with several addresses fails with an AggregateError, whose own message is empty.
  const reasons = cause instanceof AggregateError ? cause.errors.map((error) => String(error.message)) : [cause.message];
  return new TransportError('connect', `cannot connect to ${address} port ${port}: ${reasons.join('; ')}`, { cause });
}

function stopped(): TransportError {
  return new TransportError('aborted', 'stopped while connecting');
}

/** Asks the machine before to connect (RFC 4254, 7.2), within the stop's deadline. Rejects with TransportError. */
export function openForward(client: Client, stop: SshStop, options: { readonly via: string; readonly signal: AbortSignal }): Promise<Way> {
  const { address, port, connectMs } = stop;
  const { via, signal } = options;
  return new Promise((resolve, reject) => {
    let isOver = false;
    const settle = (end: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      end();
    };
    const abort = (): void => settle(() => reject(stopped()));
    const where = `${address} port ${port} through ${via}`;
    const timer = setTimeout(
      () => settle(() => reject(new TransportError('connect', `no answer from ${where} within ${connectMs} ms`, { deadline: true }))),
      connectMs,
    );
    signal.addEventListener('abort', abort, { once: true });
    client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
      if (isOver) channel?.destroy();
      else if (error) settle(() => reject(notForwarded(error, where)));
      else settle(() => resolve({ stream: new ChannelStream(channel, client), lastWords: async () => null }));
    });
  });
}

function notForwarded(cause: Error, where: string): TransportError {
  const reason = cause.message.replace('(SSH) Channel open failure: ', '') || 'the machine in between refused';
  return new TransportError('connect', `cannot connect to ${where}: ${reason}`, {
    cause,
    hint: 'the machine in between must reach that address, and its sshd allow it (AllowTcpForwarding, PermitOpen)',
  });
}

/** Starts a ProxyCommand, whose input and output are the stream. Rejects with TransportError where it cannot be started. */
export function openCommand(command: string, signal: AbortSignal): Promise<Way> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(stopped());
      return;
    }
    // As ssh does: exec, so that there is no shell in between; a group of its own, so that Ctrl-C is drover's alone.
    const child = spawn('/bin/sh', ['-c', `exec ${command}`], { stdio: 'pipe', detached: true });
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-KEPT_WORDS);
    });
    const closed = new Promise<void>((done) => child.once('close', () => done()));
    const lastWords = async (): Promise<string | null> => {
      await Promise.race([closed, delay(COMMAND_GRACE_MS)]);
      const said = words.trim().split('\n').at(-1)?.trim() ?? '';
      if (said !== '') return `ProxyCommand: ${said}`;
      return child.exitCode === null ? null : `ProxyCommand ended with exit code ${child.exitCode}`;
    };
    child.once('error', (cause) => reject(new TransportError('connect', `cannot start the ProxyCommand: ${cause.message}`, { cause })));
    child.once('spawn', () => {
      const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
      for (const each of [stream, child.stdin, child.stdout]) each.on('error', () => {});
      stream.once('end', () => stream.destroy());
      stream.once('close', () => {
        const timer = setTimeout(() => child.kill(), COMMAND_GRACE_MS);
        child.once('exit', () => clearTimeout(timer));
      });
      resolve({ stream, lastWords });
    });
  });
}
