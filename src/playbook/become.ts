import type { Become, BecomeMethod } from '../model/host.ts';

/** Whom to become, as a typed playbook says it. */
export interface BecomeDefinition {
  /** Default: as the play says, else `root`. */
  readonly user?: string;
  /** Default: as the play says, else `sudo`. */
  readonly method?: BecomeMethod;
}

/** What a play or a role use says about whom its steps become; null: nothing. */
export interface BecomeWords {
  readonly isOn: boolean | null;
  readonly user: string | null;
  readonly method: BecomeMethod | null;
}

/** Says nothing. */
export const NO_BECOME: BecomeWords = { isOn: null, user: null, method: null };

/** What a typed play or role use says. */
export function becomeWords(become: boolean | BecomeDefinition | undefined): BecomeWords {
  if (typeof become !== 'object') return { ...NO_BECOME, isOn: become ?? null };
  return { isOn: true, user: become.user ?? null, method: become.method ?? null };
}

/** Whom the steps of a play become. */
export function becomeOfPlay({ isOn, user, method }: BecomeWords): Become | null {
  return isOn === true ? { method: method ?? 'sudo', user: user ?? 'root' } : null;
}

/** Whom the steps of a role use become: what it leaves open is as in its play. Empty where it says nothing. */
export function becomeOfUse(own: BecomeWords, play: BecomeWords): { readonly become?: Become | null } {
  if (own.isOn === null && own.user === null && own.method === null) return {};
  return { become: becomeOfPlay({ isOn: own.isOn ?? play.isOn, user: own.user ?? play.user, method: own.method ?? play.method }) };
}
