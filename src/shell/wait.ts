/**
 * `limit SECONDS PROGRAM …` runs a program for so long at most, by timeout(1) of coreutils or busybox (before 1.30: `-t SECONDS`); where
 * there is none (coreutils before 7) without a limit.
 */
export const LIMIT = `limit() {
  s=$1; shift
  if timeout 1 true 2>/dev/null; then timeout "$s" "$@"
  elif timeout -t 1 true 2>/dev/null; then timeout -t "$s" "$@"
  else "$@"; fi
}`;

/** Sleeps so many milliseconds; rounded up to seconds where sleep(1) takes whole ones only, as POSIX has it. */
export function nap(ms: number): string {
  const whole = Math.ceil(ms / 1000);
  return whole * 1000 === ms ? `sleep ${whole}` : `{ sleep ${ms / 1000} 2>/dev/null || sleep ${whole}; }`;
}
