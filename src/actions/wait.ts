import type { CompiledAction } from '../model/ports.ts';
import type { WaitAction, WaitFor } from '../model/wait-action.ts';
import { quote } from '../shell/quote.ts';
import { LIMIT, nap } from '../shell/wait.ts';

/** What the engine's deadline adds to that of a wait, which ends by itself: for its last check and its last message. */
const MARGIN_MS = 30_000;

/** Sets `t` to hundredths of a second of a clock that nobody sets (proc(5), /proc/uptime), without a process. */
const CLOCK = `now() { read -r t _ </proc/uptime; t=\${t%.*}\${t#*.}; }
unless_stopped() { [ ! -e "$S" ] || die 'interrupted while it waited'; }`;

/** A loop that looks until something holds. */
export interface Wait {
  readonly what: string;
  /** `sh` that succeeds when it holds, and otherwise prints what it sees; `$left` are the seconds to the deadline, at least 1. */
  readonly look: string;
  readonly intervalMs: number;
  readonly deadlineMs: number;
  readonly times: number;
  /** `sh` for a deadline that passed; `$why` says what was seen last. */
  readonly late: string;
}

/** The loop as `sh`. It ends between two looks when the run is stopped. */
export function waitLoop({ what, look, intervalMs, deadlineMs, times, late }: Wait): string {
  return [
    CLOCK,
    `nl='\n'; row=0; last=; now; end=$((t + ${Math.ceil(deadlineMs / 10)}))`,
    'while :; do',
    '  left=$(((end - t) / 100 + 1)); [ "$left" -gt 0 ] || left=1',
    `  if said=$(${look} 2>&1); then row=$((row + 1)); [ "$row" -lt ${times} ] || exit 0`,
    // The status of what the substitution ran.
    '  else code=$?; row=0; said=${said##*"$nl"}; last=${said:-exit status $code}; fi',
    '  unless_stopped; now; [ "$t" -lt "$end" ] || break',
    `  ${nap(intervalMs)}; now`,
    'done',
    `[ "$row" = 0 ] || last="it held $row of ${times} times in a row"`,
    `why=${quote(`waited ${deadlineMs / 1000} s for ${what}; last seen: `)}$last`,
    late,
  ].join('\n');
}

/** The longest that such a wait takes, in milliseconds: its last look may begin one interval after the deadline. */
export function longestWaitMs({ intervalMs, deadlineMs }: Pick<Wait, 'intervalMs' | 'deadlineMs'>): number {
  return deadlineMs + Math.ceil(intervalMs / 1000) * 1000 + MARGIN_MS;
}

/** A wait for a check, or for time alone. Fails at its deadline with what was seen last. */
export function wait(action: WaitAction): CompiledAction {
  return action.kind === 'pause' ? pause(action.seconds) : waitFor(action);
}

function waitFor(action: WaitFor): CompiledAction {
  const look = `limit "$left" sh -c -- ${quote(action.check)}`;
  return {
    summary: `wait for ${action.what}`.replaceAll('\n', ' '),
    script: [LIMIT, waitLoop({ ...action, look, late: 'die "$why"' })].join('\n'),
    deadlineMs: longestWaitMs(action),
  };
}

/** In short sleeps: a stopped run need not wait for the end of a long one. */
function pause(seconds: number): CompiledAction {
  return {
    summary: `pause for ${seconds} s`,
    script: [CLOCK, `now; end=$((t + ${seconds * 100}))`, 'while [ "$t" -lt "$end" ]; do unless_stopped; sleep 1; now; done'].join('\n'),
    deadlineMs: seconds * 1000 + MARGIN_MS,
  };
}
