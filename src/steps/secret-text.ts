import { Secret } from '../model/secret.ts';

/** Text as it is to stand on a host; a secret gives away its value here. */
export function textOf(value: string | Secret): string {
  return value instanceof Secret ? value.reveal() : value;
}
