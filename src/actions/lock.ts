import type { LockClaim } from '../model/ports.ts';
import type { ReadScript } from '../model/transport.ts';
import { quote } from '../shell/quote.ts';

/** How long a lock outlives the last script of its run, in seconds: time to read back what was done and to decide what comes next. */
const LEASE_S = 120;

/**
 * `claim`: takes the host for this run or says who has it, and ends the script. The lock is one file, made by link(2), which fails where it is:
 * `RUN LEASE-END PID START-TIME OWNER`. It is held while its script runs (the same process: proc(5), starttime) or its lease lasts, that of an
 * ended run (`$D`) only while its script runs; one that nobody holds any more is taken over by one at a time. `lend` renews the lease, `giveBack` ends it.
 */
const FUNCTIONS = `
born() { B=; [ -r "/proc/$1/stat" ] || return 0; read -r B <"/proc/$1/stat" || :; B=\${B##*) }; set -- $B; [ $# -lt 20 ] || { shift 19; B=$1; }; }
note() { printf '%s\\n' "$R $(($(date +%s) + ${LEASE_S})) $1 $2 $O" >"$L.$N"; }
busy() { rm -f "$L.$N"; say locked "$1"; exit 0; }
claim() {
  born $$; note $$ "\${B:-0}" 2>/dev/null || { say locked "- 0 nobody: \${L%/*} cannot be written"; exit 0; }
  ! ln "$L.$N" "$L" 2>/dev/null || { rm -f "$L.$N"; return 0; }
  look; [ "$r" != "$R" ] || { mv -f "$L.$N" "$L"; return 0; }
  [ -z "$held" ] || busy "$r $left $o"
  # One at a time takes over what nobody holds; who died in between left a folder that is soon old.
  mkdir "$L.take" 2>/dev/null || { [ -n "$(find "$L.take" -prune -mmin +1 2>/dev/null)" ] && rmdir "$L.take" && mkdir "$L.take"; } ||
    busy 'another 0 run that came first'
  look; [ -n "$held" ] || mv -f "$L.$N" "$L"
  rmdir "$L.take"; [ -z "$held" ] || busy "$r $left $o"
}
look() {
  r=; e=0; p=0; b=; o=; held=; read -r r e p b o 2>/dev/null <"$L" || :
  left=$((\${e:-0} - $(date +%s))); born "\${p:-0}"
  # Where no start time was to be had (no /proc) only the lease tells.
  case $D in *" $r "*) [ "\${p:-0}" != 0 ] && [ "\${b:-0}" = 0 ] || left=0 ;; esac
  if [ "$left" -gt 0 ] || { [ -n "$B" ] && [ "$B" = "\${b:-}" ]; }; then held=1; fi
}
lend() { note 0 0 && mv -f "$L.$N" "$L"; }
giveBack() { r=; read -r r x 2>/dev/null <"$L" || :; [ "$r" != "$R" ] || rm -f "$L"; }
`;

/** Defines the lock's functions for a claim. They need `$N` and `say`. */
export function lockFunctions({ run, owner, base, instead = [] }: LockClaim): string {
  const ended = instead.length === 0 ? '' : ` ${instead.join(' ')} `;
  return `${placeOf(base)}; R=${quote(run)}; O=${quote(owner)}; D=${quote(ended)}${FUNCTIONS}`;
}

/** Prints the name of the ended run whose script still runs on the host; nothing where there is none. Only reads. */
export function endedRunScript(claim: LockClaim): ReadScript {
  return { kind: 'read', text: `${lockFunctions(claim)}look; case $D in *" $r "*) [ -z "$held" ] || printf '%s\\n' "$r" ;; esac\n` };
}

/** Root's lies in /run, before that was (Red Hat 6) in /var/run. Others' lies at home, which several hosts may share: hence the host's name. */
function placeOf({ as, hostname }: LockClaim['base']): string {
  if (as.uid === 0) return 'L=/run/drover.lock; [ -d /run ] || L=/var/run/drover.lock; [ -w "${L%/*}" ] || L=/tmp/.drover.lock';
  return `L=${quote(`${as.home}/.drover-${hostname}.lock`)}; [ -w "\${L%/*}" ] || L=/tmp/.drover-${as.uid}.lock`;
}
