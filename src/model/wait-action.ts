/** Actions that only let time pass. */
export type WaitAction = WaitFor | { readonly kind: 'pause'; readonly seconds: number };

/** Makes a check again and again until it holds. */
export interface WaitFor {
  readonly kind: 'waitFor';
  /** What is waited for, in plain words: `port 25`. */
  readonly what: string;
  /** A line for `sh -c` that only reads, and succeeds when it holds. */
  readonly check: string;
  readonly intervalMs: number;
  readonly deadlineMs: number;
  /** How many times in a row it must hold. */
  readonly times: number;
}
