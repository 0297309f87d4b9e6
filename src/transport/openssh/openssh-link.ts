import { TransportError } from '../../model/transport.ts';
import type { Link } from '../script-session.ts';
import type { ShellProcess } from '../shell-process.ts';
import type { SshSurroundings } from './effective-config.ts';
import type { Master } from './master.ts';
import { startOnTerminal, startRemote } from './remote-process.ts';

/** One connection that ssh(1) holds. */
export class OpenSshLink implements Link {
  readonly connectMs: number;
  readonly #master: Master;
  readonly #surroundings: SshSurroundings;

  constructor(master: Master, surroundings: SshSurroundings, connectMs: number) {
    this.#master = master;
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
    const trouble = this.#master.trouble();
    if (trouble !== null) throw trouble;
    return start(this.#master, command, this.#surroundings);
  }

  lost(): TransportError {
    return this.#master.trouble() ?? new TransportError('link', 'the channel was closed without an exit status');
  }

  close(): Promise<void> {
    return this.#master.close();
  }
}
