import type { Amount, Ending, Ledger, RolloutHost, RolloutSettings } from '../model/rollout.ts';
import { domainOf } from './batches.ts';

/** Opens the account of a rollout over these hosts. */
export function openLedger(hosts: readonly RolloutHost[], rollout: Pick<RolloutSettings, 'maxFailures' | 'spread'>): Ledger {
  return new RolloutLedger(hosts, rollout);
}

class RolloutLedger implements Ledger {
  readonly #hosts: ReadonlyMap<string, RolloutHost>;
  readonly #rollout: Pick<RolloutSettings, 'maxFailures' | 'spread'>;
  /** Hosts that are being worked on, or stayed out of service. */
  readonly #out = new Set<string>();
  readonly #failed: string[] = [];
  #failedInBatch = 0;
  /** null before the first batch. */
  #batchSize: number | null = null;
  #halted: string | null = null;

  constructor(hosts: readonly RolloutHost[], rollout: Pick<RolloutSettings, 'maxFailures' | 'spread'>) {
    this.#hosts = new Map(hosts.map((host) => [host.name, host]));
    this.#rollout = rollout;
  }

  get failed(): readonly string[] {
    return this.#failed;
  }

  beginBatch(size: number): void {
    this.#batchSize = size;
    this.#failedInBatch = 0;
  }

  begin(name: string): void {
    this.#out.add(name);
  }

  end(name: string, { failed, out }: Ending): void {
    if (out) this.#out.add(name);
    else this.#out.delete(name);
    if (!failed) return;
    this.#failed.push(name);
    this.#failedInBatch += 1;
    const { total, batch } = this.budget();
    if (total !== null && total < 0) this.#spend(this.#failed.length, this.#failed.length + total, '');
    if (this.#batchSize !== null && batch !== null && batch < 0)
      this.#spend(this.#failedInBatch, this.#failedInBatch + batch, ' of this batch');
  }

  isOut(name: string): boolean {
    return this.#out.has(name);
  }

  borne(size: number): { readonly total: number | null; readonly batch: number | null } {
    const { batch, total } = this.#rollout.maxFailures;
    return { total: total === null ? null : borne(total, this.#hosts.size), batch: batch === null ? null : borne(batch, size) };
  }

  budget(): { readonly total: number | null; readonly batch: number | null } {
    const { total, batch } = this.borne(this.#batchSize ?? this.#hosts.size);
    return {
      total: total === null ? null : total - this.#failed.length,
      batch: batch === null ? null : batch - this.#failedInBatch,
    };
  }

  halted(): string | null {
    return this.#halted;
  }

  halt(reason: string): void {
    this.#halted ??= reason;
  }

  obstacle(name: string): string | null {
    return this.#halted ?? this.crowd(name);
  }

  crowd(name: string): string | null {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`host ${name} is not part of the rollout`);
    // The turn of a host that is out already brings it back.
    if (this.#out.has(name)) return null;
    for (const { by, max } of this.#rollout.spread) {
      const domain = domainOf(by, host);
      const out = [...this.#out].filter((other) => this.#domain(by, other) === domain);
      if (out.length >= max)
        return `${out.join(', ')} ${out.length === 1 ? 'is' : 'are'} out of service, and of ${domain} at most ${max} may be`;
    }
    return null;
  }

  #domain(by: string, name: string): string | null {
    const host = this.#hosts.get(name);
    return host === undefined ? null : domainOf(by, host);
  }

  #spend(failures: number, borne: number, where: string): void {
    const hosts = failures === 1 ? '1 host' : `${failures} hosts`;
    this.halt(`the failure budget is spent: ${hosts}${where} failed or could not be reached, ${borne === 0 ? 'none' : borne} may`);
  }
}

/** Failures that are borne: shares are rounded down, and less than one host is none. */
function borne(amount: Amount, total: number): number {
  return amount.kind === 'count' ? amount.count : Math.floor((total * amount.percent) / 100);
}
