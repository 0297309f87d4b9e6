import type { VarValue } from '../model/host.ts';
import type { BatchSettings } from '../model/ports.ts';
import type { Amount, Batches, Order, RolloutHost, Spread } from '../model/rollout.ts';

/** An amount as a number of hosts. Percentages are rounded down, and are at least one host. */
export function countOf(amount: Amount, total: number): number {
  return amount.kind === 'count' ? amount.count : Math.max(1, Math.floor((total * amount.percent) / 100));
}

/**
 * Puts hosts into batches: none is larger than `serial` says, and none holds more than `max` hosts of a failure domain. A host that does
 * not fit into a batch waits for the next, before those that come behind it.
 */
export function planBatches(hosts: readonly RolloutHost[], rollout: BatchSettings): Batches {
  const problems = rollout.spread.flatMap((spread) => spreadProblems(spread, hosts));
  if (problems.length > 0) return { batches: [], problems };
  const batches: string[][] = [];
  let waiting = inOrder(hosts, rollout.order);
  while (waiting.length > 0) {
    const batch = new Batch(sizeOf(rollout, batches.length), rollout.spread);
    waiting = waiting.filter((host) => !batch.take(host));
    batches.push(batch.names);
  }
  return { batches, problems: [] };
}

/** Size of a batch; the last amount of `serial` repeats. */
function sizeOf({ serial, first, total }: BatchSettings, index: number): number {
  const amount = serial[Math.min(first + index, serial.length - 1)];
  return amount === undefined ? total : countOf(amount, total);
}

/** One batch while it is filled. */
class Batch {
  readonly names: string[] = [];
  readonly #size: number;
  readonly #spread: readonly Spread[];
  readonly #taken = new Map<string, number>();

  constructor(size: number, spread: readonly Spread[]) {
    this.#size = size;
    this.#spread = spread;
  }

  /** Takes a host in where it fits. An empty batch takes any: every domain lets one host go. */
  take(host: RolloutHost): boolean {
    const domains = this.#spread.map(({ by, max }) => ({ key: domainOf(by, host), max }));
    const fits = this.names.length < this.#size && domains.every(({ key, max }) => (this.#taken.get(key) ?? 0) < max);
    if (!fits) return false;
    this.names.push(host.name);
    for (const { key } of domains) this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1);
    return true;
  }
}

/** Names a failure domain: a var and its value on this host. */
export function domainOf(by: string, { vars }: RolloutHost): string {
  return `${by}=${JSON.stringify(vars[by])}`;
}

/** Why hosts cannot be told apart by a failure domain: each must have the var. */
export function spreadProblems({ by, max }: Spread, hosts: readonly RolloutHost[]): string[] {
  if (!Number.isInteger(max) || max < 1) return [`spread by ${by}: with max ${max} no host could ever be worked on; it must be at least 1`];
  const without = hosts.filter(({ vars }) => !isDomain(vars[by])).map(({ name }) => name);
  if (without.length === 0) return [];
  const shown = without.length > 3 ? `${without.slice(0, 3).join(', ')} and ${without.length - 3} more` : without.join(', ');
  return [`spread by ${by}: ${shown} ${without.length === 1 ? 'has' : 'have'} no such var with text, a number or true or false`];
}

function isDomain(value: VarValue | undefined): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function inOrder(hosts: readonly RolloutHost[], order: Order): readonly RolloutHost[] {
  switch (order.kind) {
    case 'inventory':
      return hosts;
    case 'reverse':
      return hosts.toReversed();
    case 'shuffle':
      return shuffled(hosts, order.seed);
  }
}

/** Fisher–Yates with a generator of its own: the same seed gives the same order, in the plan and in every resumed run. */
function shuffled(hosts: readonly RolloutHost[], seed: string): readonly RolloutHost[] {
  const result = [...hosts];
  const random = generator(seed);
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const [a, b] = [result[last], result[other]];
    if (a === undefined || b === undefined) continue;
    result[last] = b;
    result[other] = a;
  }
  return result;
}

/** Numbers from 0 to 1, the same ones for the same seed: FNV-1a of the seed feeds a linear congruential generator (Numerical Recipes' constants). */
function generator(seed: string): () => number {
  let state = 2_166_136_261;
  for (const char of seed) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 16_777_619);
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
