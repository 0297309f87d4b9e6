import { TransportError } from '../../model/transport.ts';
import type { Link } from '../script-session.ts';
import type { ShellProcess } from '../shell-process.ts';
import type { SshSurroundings } from './effective-config.ts';
import type { Master } from './master.ts';
import type { MasterJump } from './master-jump.ts';
import type { Dialled } from './openssh-dialer.ts';
import { startOnTerminal, startRemote } from './remote-process.ts';

/** One connection that ssh(1) holds. */
export class OpenSshLink implements Link {
  readonly connectMs: number;
  readonly #master: Master;
  #jump: MasterJump | null;
  readonly #surroundings: SshSurroundings;

  constructor({ master, jump }: Dialled, surroundings: SshSurroundings, connectMs: number) {
    this.#master = master;
    this.#jump = jump;
    this.#surroundings = surroundings;
    this.connectMs = connectMs;
  }

  async open(command: string): Promise<ShellProcess> {
    return this.#start(startRemote, command);
  }

  async openTerminal(command: string): Promise<ShellProcess> {
    return this.#start(startOnTerminal, command);
  }

  async #start(start: typeof startRemote, command: string): Promise<ShellProcess> {
    if (this.#master.trouble() !== null) throw this.lost();
    return start(this.#master, command, this.#surroundings);
  }

  lost(): TransportError {
    const trouble = this.#master.trouble();
    const carrier = trouble === null ? null : (this.#jump?.trouble() ?? null);
    if (carrier !== null) return new TransportError('link', `the connection was lost: ${carrier}`);
    return trouble ?? new TransportError('link', 'the channel was closed without an exit status');
  }

  async close(): Promise<void> {
    await this.#master.close();
    this.#jump?.release();
    this.#jump = null;
  }
}
