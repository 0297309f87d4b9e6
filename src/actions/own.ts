import type { Ownership } from '../model/action.ts';
import { quote } from '../shell/quote.ts';

/** The `own` call for an ownership; empty where nothing is asked. chown(1): `owner:` with nothing behind it would set the login group. */
export function own(target: string, { mode, owner, group }: Ownership): string {
  if (mode === undefined && owner === undefined && group === undefined) return '';
  const who = group === undefined ? (owner ?? '') : `${owner ?? ''}:${group}`;
  return `own ${target} ${quote(who)} ${quote(mode ?? '')}`;
}

/** The umask under which new things get no more than the permission bits of a mode. */
export function umaskFor(mode: string): string {
  return (0o777 & ~Number.parseInt(mode, 8)).toString(8).padStart(3, '0');
}
