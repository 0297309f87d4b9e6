import type { Client } from 'ssh2';
import { Jump, JumpPool } from '../jump-pool.ts';
import type { Connected } from './attempt.ts';
import type { SshStop } from './stop.ts';

/** An authenticated client of a machine on the way. */
export class SshJump extends Jump {
  readonly client: Client;
  #trouble: string | null = null;

  constructor(name: string, { client }: Connected, { before, onEnd }: { readonly before: SshJump | null; readonly onEnd: () => void }) {
    super(name);
    this.client = client;
    client.on('error', (cause) => {
      this.#trouble ??= `the connection to ${name} was lost: ${cause.level === 'client-timeout' ? 'no answer to keepalives' : cause.message}`;
    });
    // One for each host behind it.
    client.setMaxListeners(0);
    client.once('close', () => {
      this.#trouble ??= before?.trouble() ?? `${name} closed the connection`;
      onEnd();
      before?.release();
    });
  }

  override trouble(): string | null {
    return this.#trouble;
  }

  protected override end(): void {
    this.client.end();
  }
}

type Connect = (stop: SshStop, before: SshJump | null, signal: AbortSignal) => Promise<Connected>;

/** Connections by drover's own SSH to machines on the way. */
export function sshJumps(connect: Connect): JumpPool<SshStop, SshJump> {
  return new JumpPool<SshStop, SshJump>({
    keyOf: (stops) => JSON.stringify(stops.map(({ name, address, port, user, proxyCommand }) => [name, address, port, user, proxyCommand])),
    nameOf: ({ name }) => name,
    connect: async (stop, before, { signal, onEnd }) => new SshJump(stop.name, await connect(stop, before, signal), { before, onEnd }),
  });
}
