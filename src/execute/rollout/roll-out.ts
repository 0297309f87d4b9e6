import type { BatchRecord, Ending, Ledger } from '../../model/rollout.ts';

/** What a rollout does with hosts. None of these rejects. */
export interface RolloutDriver {
  /** True once the operator has stopped the run. */
  isStopped(): boolean;
  /** Called before the first host of a batch. */
  begin(index: number, batch: readonly string[]): void;
  /** Why a host cannot be begun whatever the rollout allows; null where it can. */
  obstacle(name: string): string | null;
  /** Carries out what is done once for the run or the batch; resolves to why it did not succeed and for which host, or null. */
  once(batch: readonly string[]): Promise<Closed | null>;
  /** Reads a host where it was not read lately; resolves to how its turn ends where that does not succeed, or null. */
  ready(name: string): Promise<Ending | null>;
  /** Carries out a host's whole turn. */
  work(name: string): Promise<Ending>;
  /** Called when a turn is over and accounted for. */
  worked(name: string, ending: Ending): void;
  /** Records why a host is not begun. */
  leaveOut(name: string, reason: string): void;
  /** Waits, and asks the gate behind a batch; resolves to why it does not open and for which hosts, or null. */
  gate(index: number, batch: readonly string[]): Promise<Closed | null>;
  /** Puts the hosts of a batch back to what they were. Resolves to what became of each. */
  undo(batch: readonly string[]): Promise<readonly Undone[]>;
  /** Called when nothing new may begin any more; running hosts are told to stop. */
  halt(reason: string): void;
  /** Called when a batch is over, with what became of it. */
  end(index: number, batch: Omit<BatchRecord, 'startedMs' | 'durationMs'>): Promise<void>;
  /** Runs the given work with as many hosts at once as forks allow. */
  each(names: readonly string[], work: (name: string) => Promise<void>): Promise<void>;
}

/** What keeps a rollout from going on, and the hosts that are to blame. */
export interface Closed {
  readonly reason: string;
  readonly hosts: readonly string[];
}

/** What became of putting a host back to what it was. */
export interface Undone extends Ending {
  readonly name: string;
  readonly isUndone: boolean;
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
    if (batch.some((name) => this.#obstacle(name) === null)) await this.#once(index, batch);
    const turned = new Set<string>();
    await this.#driver.each(batch, async (name) => {
      if (await this.#turn(name)) turned.add(name);
    });
    const begun = batch.filter((name) => turned.has(name));
    const closed = begun.length === 0 || this.#driver.isStopped() ? null : await this.#driver.gate(index, begun);
    const undone = closed !== null && (await this.#closed(index, begun, closed));
    const halted = this.#ledger.halted();
    const state = begun.length === 0 ? 'not-started' : closed !== null ? 'gate-failed' : halted === null ? 'done' : 'halted';
    await this.#driver.end(index, { hosts: batch, state, reason: closed?.reason ?? null, undone });
  }

  async #once(index: number, batch: readonly string[]): Promise<void> {
    this.#ledger.beginBatch(batch.length);
    this.#driver.begin(index, batch);
    const closed = await this.#driver.once(batch);
    if (closed === null) return;
    this.#halt(closed.reason);
    this.#blame(closed.hosts);
  }

  #obstacle(name: string): string | null {
    return this.#mayBegin() ? (this.#driver.obstacle(name) ?? this.#ledger.obstacle(name)) : this.#ledger.halted();
  }

  #mayBegin(): boolean {
    if (this.#driver.isStopped()) this.#halt(INTERRUPTED);
    return this.#ledger.halted() === null;
  }

  /** True where the host's turn was begun. */
  async #turn(name: string): Promise<boolean> {
    const obstacle = this.#obstacle(name);
    if (obstacle !== null) {
      this.#driver.leaveOut(name, obstacle);
      return false;
    }
    const wasOut = this.#ledger.isOut(name);
    this.#ledger.begin(name);
    const unready = await this.#driver.ready(name);
    // Others may have failed while it was read.
    const isBegun = unready !== null || this.#mayBegin();
    if (!isBegun) this.#driver.leaveOut(name, this.#ledger.halted() ?? INTERRUPTED);
    const ending = unready ?? (isBegun ? await this.#driver.work(name) : { failed: false, out: wasOut });
    this.#ledger.end(name, ending);
    this.#driver.worked(name, ending);
    const halted = this.#ledger.halted();
    if (halted !== null) this.#driver.halt(halted);
    return isBegun;
  }

  async #closed(index: number, begun: readonly string[], { reason, hosts }: Closed): Promise<boolean> {
    this.#halt(`the gate behind batch ${index + 1} did not open: ${reason}`);
    this.#blame(hosts);
    if (!this.#undoes || this.#driver.isStopped()) return false;
    const undone = await this.#driver.undo(begun);
    for (const { name, failed, out } of undone) this.#ledger.end(name, { failed: failed && !this.#ledger.failed.includes(name), out });
    return undone.every(({ isUndone }) => isUndone);
  }

  #blame(hosts: readonly string[]): void {
    for (const name of hosts)
      if (!this.#ledger.failed.includes(name)) this.#ledger.end(name, { failed: true, out: this.#ledger.isOut(name) });
  }

  #halt(reason: string): void {
    this.#ledger.halt(reason);
    this.#driver.halt(this.#ledger.halted() ?? reason);
  }
}
