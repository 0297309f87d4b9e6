import { Jump } from '../jump-pool.ts';
import type { Master } from './master.ts';

/** A machine on the way to which a master holds the connection. */
export class MasterJump extends Jump {
  readonly #master: Master;
  readonly #before: MasterJump | null;

  constructor(name: string, master: Master, { before, onEnd }: { readonly before: MasterJump | null; readonly onEnd: () => void }) {
    super(name);
    this.#master = master;
    this.#before = before;
    master.onEnd(() => {
      onEnd();
      before?.release();
      void master.close();
    });
  }

  /** A ProxyCommand of ssh(1) that goes on from there. */
  get proxyCommand(): string {
    return this.#master.forwardCommand;
  }

  /** Waits for the end of the connection, at most so long. */
  ended(ms: number): Promise<boolean> {
    return this.#master.ended(ms);
  }

  override trouble(): string | null {
    const trouble = this.#master.trouble();
    if (trouble === null) return null;
    return this.#before?.trouble() ?? trouble.message.replace('the connection', `the connection to ${this.name}`);
  }

  /** Why the machine did not connect further; null where it says nothing. */
  refusal(address: string, port: string): string | null {
    return this.#master.refusal(`${address}:${port}`);
  }

  protected override end(): void {
    void this.#master.close();
  }
}
