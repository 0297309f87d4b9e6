/** A parameter of Postfix (postconf(5)). Key: its name. */
export interface PostfixFact {
  /** False where the host has no Postfix (no `postconf`); then all else is null. */
  readonly exists: boolean;
  /** As main.cf sets it, unexpanded and in one line; null where it does not. */
  readonly value: string | null;
  /** Postfix's own default; null where it has no parameter of that name, or one that only the configuration defines. */
  readonly default: string | null;
}
