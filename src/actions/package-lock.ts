import { commandLine } from '../shell/quote.ts';

/**
 * `wait_unlocked NAME SECONDS FILE…` waits while another process holds a write lock on one of the files, or lives and has its number in
 * it where it ends in `.pid`; then fails with the holder's name. A holder is known by the inode in /proc/locks (proc(5)) and, because an
 * inode number is not unique on a host, by the file that it has open.
 */
const WAIT = `
holder() {
  for f do
    case $f in *.pid) if read -r pid <"$f" && [ -d "/proc/$pid" ]; then printf '%s %s\\n' "$pid" "$f"; fi;; esac
  done 2>/dev/null
  stat -c '%i %n' "$@" 2>/dev/null | while read -r inode f; do
    while read -r _ type _ mode pid at _; do
      [ "$type" != '->' ] && [ "$mode" = WRITE ] && [ "\${at##*:}" = "$inode" ] || continue
      if ls -l "/proc/$pid/fd" 2>/dev/null | grep -qF " $f"; then printf '%s %s\\n' "$pid" "$f"; fi
    done </proc/locks
  done
}
wait_unlocked() {
  what=$1; limit=$2; shift 2; waited=0
  while held=$(holder "$@" | head -n 1); [ -n "$held" ]; do
    pid=\${held%% *}
    [ "$waited" -lt "$limit" ] ||
      die "$what lock \${held#* } held by pid $pid ($(tr '\\0\\n' '  ' <"/proc/$pid/cmdline" | sed 's/ $//')), waited $waited s"
    sleep 1; waited=$((waited + 1))
  done
}`.trim();

/** Waits for the lock of a package database, in seconds at most. `globs` are patterns of the machine's own, not quoted. */
export function waitUnlocked(what: string, files: readonly string[], { seconds, globs = '' }: { seconds: number; globs?: string }): string {
  return `${WAIT}\n${commandLine(['wait_unlocked', what, String(seconds), ...files])} ${globs}`.trimEnd();
}
