import type { Client, ClientChannel, ExecOptions, TerminalModes } from 'ssh2';
import { TransportError } from '../../model/transport.ts';
import type { Link } from '../script-session.ts';
import type { ProcessEnd, ShellProcess } from '../shell-process.ts';
import type { Dialled } from './dialer.ts';

/** How long a server may take to close the connection after it was told to. */
const CLOSE_GRACE_MS = 1_000;

/**
 * A terminal that passes all bytes as they are in both directions (RFC 4254, section 8; termios(3)): nothing is echoed, edited, translated, or taken
 * for a signal or for flow control.
 */
const RAW: TerminalModes = {
  ...{ IGNPAR: 0, PARMRK: 0, INPCK: 0, ISTRIP: 0, INLCR: 0, IGNCR: 0, ICRNL: 0, IUCLC: 0, IXON: 0, IXANY: 0, IXOFF: 0, IMAXBEL: 0 },
  ...{ ISIG: 0, ICANON: 0, ECHO: 0, ECHOE: 0, ECHOK: 0, ECHONL: 0, ECHOCTL: 0, ECHOKE: 0, IEXTEN: 0 },
  ...{ OPOST: 0, ONLCR: 0, OCRNL: 0, CS8: 1, PARENB: 0 },
};

/** One authenticated SSH connection. */
export class SshLink implements Link {
  readonly connectMs: number;
  readonly #client: Client;
  readonly #dialled: Dialled;
  readonly #channelMs: number;
  #ended: TransportError | null = null;

  constructor(dialled: Dialled, figures: { connectMs: number; channelMs: number }) {
    const { client } = dialled;
    this.#client = client;
    this.#dialled = dialled;
    this.connectMs = figures.connectMs;
    this.#channelMs = figures.channelMs;
    client.on('error', (cause) => this.#lose(cause.level === 'client-timeout' ? 'no answer to keepalives' : cause.message, cause));
    client.once('close', () => {
      this.#lose(dialled.carrierTrouble() ?? 'closed by the host');
      dialled.release();
    });
  }

  lost(): TransportError {
    return this.#ended ?? new TransportError('link', 'the channel was closed without an exit status');
  }

  open(command: string): Promise<ShellProcess> {
    return this.#open(command, {});
  }

  openTerminal(command: string): Promise<ShellProcess> {
    return this.#open(command, { pty: { term: 'dumb', modes: RAW } });
  }

  #open(command: string, options: ExecOptions): Promise<ShellProcess> {
    // ssh2 throws where the socket is no longer writable.
    if (!this.#dialled.stream.writable) this.#lose(this.#dialled.carrierTrouble() ?? 'closed by the host');
    if (this.#ended !== null) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        reject(lateChannel(this.#channelMs));
      }, this.#channelMs);
      // ssh2 does not call back for a channel that the end of the connection comes before.
      const gone = (): void => {
        clearTimeout(timer);
        reject(this.lost());
      };
      this.#client.once('close', gone);
      const opened = (error: Error | undefined, channel: ClientChannel): void => {
        clearTimeout(timer);
        this.#client.off('close', gone);
        if (error) reject(this.#ended ?? (options.pty === undefined ? noChannel(error) : noTerminal(error)));
        else if (isLate) channel.close();
        else resolve(sshProcess(channel));
      };
      this.#client.exec(command, options, opened);
    });
  }

  close(): Promise<void> {
    this.#lose('closed by drover');
    const { stream } = this.#dialled;
    if (stream.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => stream.destroy(), CLOSE_GRACE_MS);
      stream.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#client.end();
    });
  }

  #lose(reason: string, cause?: unknown): void {
    this.#ended ??= new TransportError('link', `the connection was lost: ${reason}`, { cause });
  }
}

/** The end is noted from the first: it may be in the same packet as the word that the channel is open, before anybody can listen. */
function sshProcess(channel: ClientChannel): ShellProcess {
  const exit = new Promise<ProcessEnd>((resolve) => {
    channel.once('exit', (code: number | null, signal?: string) => resolve(processEnd(code, signal)));
  });
  const close = new Promise<void>((resolve) => {
    channel.once('close', () => resolve());
  });
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    onExit: (listener) => void exit.then(listener),
    onClose: (listener) => void close.then(listener),
    destroy: () => channel.close(),
  };
}

function processEnd(exitCode: number | null, signal: string | undefined): ProcessEnd {
  return { exitCode, signal: exitCode === null ? (signal ?? null) : null };
}

function lateChannel(ms: number): TransportError {
  return new TransportError('channel', `the host opened no channel within ${ms} ms`, { deadline: true });
}

function noChannel(cause: Error): TransportError {
  return new TransportError('channel', `the host refused a channel: ${cause.message.replace('(SSH) Channel open failure: ', '')}`, {
    cause,
    hint: 'sshd allows MaxSessions channels at once on a connection (sshd_config(5))',
  });
}

function noTerminal(cause: Error): TransportError {
  if (!cause.message.includes('pseudo-terminal')) return noChannel(cause);
  return new TransportError('become', 'the host gives no terminal, which the privilege program needs', {
    cause,
    hint: 'sshd must allow terminals: PermitTTY in sshd_config(5), no "no-pty" or "restrict" in authorized_keys',
  });
}
