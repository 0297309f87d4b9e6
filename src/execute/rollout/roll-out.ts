import type { BatchRecord, Ending, Ledger } from '../../model/rollout.ts';

/** What a rollout does with hosts. None of these rejects. */
export interface RolloutDriver {
  /** True once the operator has stopped the run. */
  isStopped(): boolean;
  /** Called before the first host of a batch. */
  begin(index: number, batch: readonly string[]): void;
  /** Carries out what is done once for the run or the batch; resolves to why it did not succeed, or null. */
  once(batch: readonly string[]): Promise<string | null>;
  /** Carries out a host's whole turn. */
  work(name: string): Promise<Ending>;
  /** Called when a turn is over and accounted for. */
  worked(name: string, ending: Ending): void;
  /** Records why a host is not begun. */
  leaveOut(name: string, reason: string): void;
  /** Waits, and asks the gate behind a batch; resolves to why it does not open and for which hosts, or null. */
  gate(index: number, batch: readonly string[]): Promise<Closed | null>;
  /** Puts the hosts of a batch back to what they were. Resolves to those that are out of service then. */
  undo(batch: readonly string[]): Promise<ReadonlySet<string>>;
  /** Called when nothing new may begin any more; running hosts are told to stop. */
  halt(reason: string): void;
  /** Called when a batch is over, with what became of it. */
  end(index: number, batch: Omit<BatchRecord, 'durationMs'>): Promise<void>;
  /** Runs the given work with as many hosts at once as forks allow. */
  each(names: readonly string[], work: (name: string) => Promise<void>): Promise<void>;
}

/** A gate that does not open. */
export interface Closed {
  readonly reason: string;
  readonly hosts: readonly string[];
}

const INTERRUPTED = 'the run was interrupted';

/** Goes through the batches in order; what the ledger halts is not begun. Every host is worked on or left out, once. */
export async function rollOut(
  batches: readonly (readonly string[])[],
  ledger: Ledger,
  driver: RolloutDriver,
  undoes: boolean,
): Promise<void> {
  const rollout = new Rolling(ledger, driver, undoes);
  for (const [index, batch] of batches.entries()) await rollout.batch(index, batch);
}

class Rolling {
  readonly #ledger: Ledger;
  readonly #driver: RolloutDriver;
  readonly #undoes: boolean;

  constructor(ledger: Ledger, driver: RolloutDriver, undoes: boolean) {
    this.#ledger = ledger;
    this.#driver = driver;
    this.#undoes = undoes;
  }

  async batch(index: number, batch: readonly string[]): Promise<void> {
    if (this.#mayBegin()) await this.#once(index, batch);
    const begun: string[] = [];
    await this.#driver.each(batch, async (name) => {
      const obstacle = this.#mayBegin() ? this.#ledger.obstacle(name) : this.#ledger.halted();
      if (obstacle === null) begun.push(name);
      await this.#turn(name, obstacle);
    });
    const closed = begun.length === 0 || this.#driver.isStopped() ? null : await this.#driver.gate(index, begun);
    const undone = closed !== null && (await this.#closed(index, begun, closed));
    const halted = this.#ledger.halted();
    const state = begun.length === 0 ? 'not-started' : closed !== null ? 'gate-failed' : halted === null ? 'done' : 'halted';
    await this.#driver.end(index, { hosts: batch, state, reason: closed?.reason ?? null, undone });
  }

  async #once(index: number, batch: readonly string[]): Promise<void> {
    this.#ledger.beginBatch(batch.length);
    this.#driver.begin(index, batch);
    const reason = await this.#driver.once(batch);
    if (reason !== null) this.#halt(reason);
  }

  #mayBegin(): boolean {
    if (this.#driver.isStopped()) this.#halt(INTERRUPTED);
    return this.#ledger.halted() === null;
  }

  async #turn(name: string, obstacle: string | null): Promise<void> {
    if (obstacle !== null) {
      this.#driver.leaveOut(name, obstacle);
      return;
    }
    this.#ledger.begin(name);
    const ending = await this.#driver.work(name);
    this.#ledger.end(name, ending);
    this.#driver.worked(name, ending);
    const halted = this.#ledger.halted();
    if (halted !== null) this.#driver.halt(halted);
  }

  async #closed(index: number, begun: readonly string[], { reason, hosts }: Closed): Promise<boolean> {
    this.#halt(`the gate behind batch ${index + 1} did not open: ${reason}`);
    for (const name of hosts)
      if (!this.#ledger.failed.includes(name)) this.#ledger.end(name, { failed: true, out: this.#ledger.isOut(name) });
    if (!this.#undoes) return false;
    const out = await this.#driver.undo(begun);
    for (const name of begun) this.#ledger.end(name, { failed: false, out: out.has(name) });
    return true;
  }

  #halt(reason: string): void {
    this.#ledger.halt(reason);
    this.#driver.halt(this.#ledger.halted() ?? reason);
  }
}
