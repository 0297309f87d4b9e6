import type { BaseFacts, FactKind, FactRequest, FactState, FactValues } from '../model/fact.ts';

/** One kind of fact: turns any number of requests into one `sh` fragment of reads, and what it prints into values. */
export interface FactReader<K extends FactKind> {
  readonly kind: K;
  /**
   * A fragment that only reads, for POSIX `sh` (dash, busybox ash) with `LC_ALL=C`; it runs in the shell of the batch (a subshell each would
   * cost a process) with standard input closed, neither exits nor changes directory or options, and may use `mark` (prints the batch's separator on a line of its own) and `$M` (the separator's text).
   * No process per key.
   */
  script(requests: readonly FactRequest<K>[], base: BaseFacts): string;
  /** Pieces of the fragment's output between `mark`s → a state for every requested key. Keys without one count as unreadable. */
  parse(pieces: readonly Buffer[], requests: readonly FactRequest<K>[], base: BaseFacts): ReadonlyMap<string, FactState<FactValues[K]>>;
}

/** State of a fact that was read. */
export function known<V>(value: V): FactState<V> {
  return { state: 'known', value };
}

/** State of a fact that could not be read, with the reason. */
export function unreadable<V>(reason: string): FactState<V> {
  return { state: 'unreadable', reason };
}
