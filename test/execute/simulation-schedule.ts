import { vi } from 'vitest';

/** Decides which of the things under way goes on next: the same choices, the same run. Time passes only when nothing else is left. */
export class Schedule {
  #waiting: (() => void)[] = [];
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** Waits until it is this one's turn. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Lets one after the other go on, until the work is over. Rejects where nothing is left to go on with: the work hangs. */
  async drive<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    work.then(over, over);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isOver) return work;
      const [next] = this.#waiting.splice(this.#choose(this.#waiting.length), 1);
      if (next !== undefined) next();
      else if (vi.getTimerCount() > 0) vi.advanceTimersToNextTimer();
      else throw new Error('the run hangs: nothing is under way any more');
    }
  }

  #choose(count: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * count);
  }
}
