/** What a play allows its roles to do beyond changing the host: each is off unless the play says so. */
export interface Allowance {
  /** Reboot the host where a change needs it. */
  readonly reboot: boolean;
  /** Change what carries the connection that drover came by. */
  readonly disconnect: boolean;
}

/** The words of a play's `allow`. */
export const ALLOWANCES: readonly (keyof Allowance)[] = ['reboot', 'disconnect'];

/** An allowance from its words. */
export function allowanceOf(words: readonly string[]): Allowance {
  return { reboot: words.includes('reboot'), disconnect: words.includes('disconnect') };
}
