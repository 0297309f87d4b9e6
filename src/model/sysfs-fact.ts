/** An attribute below /sys, white space folded; null value where there is none. */
export interface SysfsFact {
  readonly value: string | null;
  /** What can be chosen, where the attribute prints its choices with the present one in brackets: `none [mq-deadline]`. */
  readonly choices?: readonly string[];
}
