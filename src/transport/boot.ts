import { randomBytes } from 'node:crypto';
import type { Become } from '../model/host.ts';
import { commandLine } from '../shell/quote.ts';
import { PROGRAMS } from './become/program.ts';
import { FROM_TERMINAL, RAW_TERMINAL } from './become/terminal-program.ts';

/**
 * The `sh` program that every script is started by. `$1` is a marker line that it prints on both outputs when it has begun, `$2` the
 * number of bytes that it then reads from standard input and evaluates; a shorter script (dropped link) is not run. As another user `$3` is the
 * login's `$SSH_CONNECTION`, which sudo and doas remove.
 *
 * The script sees an empty standard input, no arguments, `LC_ALL=C`, and a PATH that has the administrator's directories. Standard input stays
 * open for a watcher outside the shell's own children (so a plain `wait` does not wait for it): a line on it ends the process group, with TERM and
 * two seconds later with KILL; its end alone ends nothing, so an action survives a dropped link (unless it prints: then SIGPIPE ends it;
 * the package actions keep the output to themselves for that reason). Where the shell leads no process group
 * (sudo without `use_pty`, doas, su, dropbear without setsid) the watcher takes that program's group or the shell alone, never the server's.
 *
 * Free of `'`, `!`, backslash and newline, so that it means the same between single quotes to every login shell (csh(1), fish(1)).
 * `kill` has no `--` here because busybox takes that for a process.
 */
export const BOOT: string = [
  'echo "$1"; echo "$1" >&2',
  'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; LC_ALL=C; : "${SSH_CONNECTION=$3}"; export PATH LC_ALL SSH_CONNECTION',
  'unset drover_script; drover_script=$(head -c "$2"); [ ${#drover_script} = "$2" ] || exit 125',
  'exec 3<&0 </dev/null',
  '(while trap "" TERM; read -r drover_script; do g=$$' +
    '; kill -TERM "-$g" || { [ $# = 3 ] && g=$PPID && kill -TERM "-$g"; } || { kill $$; exit; }' +
    '; sleep 2; kill -KILL "-$g"; done <&3 >/dev/null 2>&1 &)',
  'exec 3<&-',
  'eval "set --; unset drover_script; $drover_script"',
].join('; ');

/**
 * What the login shell starts: `$1` BOOT, `$2` marker, `$3` length, and to become somebody `$4` user, `$5` prompt, `$6` what stands between the
 * terminal and BOOT, where there is one. dropbear runs commands in the process group of its own connection; setsid(1), where there is one, gives
 * them their own, but would take a terminal away. Whoever is that user already needs no privilege program.
 */
const OWN_GROUP = 's=; kill -0 "-$$" 2>/dev/null || s=$(command -v setsid)';
const AS_LOGIN = '-c "$1" drover "$2" "$3"';
const AS_OTHER = `${AS_LOGIN} "$SSH_CONNECTION"`;
const ON_TERMINAL = '-c "$6" drover "$1" "$2" "$3" "$SSH_CONNECTION"';
/** Behind this line come the program's own words, in the language that drover knows. */
const READY = 'LC_ALL=C; export LC_ALL; echo "$2-as"; echo "$2-as" >&2';

/** How a script is started. */
export interface Start {
  readonly become: Become | null;
  /** A privilege program may ask for a password; else it is told to do without, where it can be told. */
  readonly mayAsk: boolean;
  /** The command gets a terminal for its standard input and both outputs. */
  readonly onTerminal: boolean;
}

/** What starts one script, and what to watch for. */
export interface Boot {
  /** Command for the login shell. Holds neither the script nor a password. */
  readonly command: string;
  /** What goes to standard input when the shell reads: the script. */
  readonly body: Buffer;
  /** Line that the shell prints on both outputs when it has begun. */
  readonly marker: string;
  /** Line behind which a privilege program speaks. */
  readonly ready: string;
  /** What sudo prints when it wants the password. */
  readonly prompt: string;
  /** True where the script must wait for the marker: somebody else may read standard input before. */
  readonly mustWait: boolean;
}

/** Prepares the start of one script, with fresh marker and prompt. */
export function bootScript(text: string, { become, mayAsk, onTerminal }: Start): Boot {
  // The comment keeps trailing newlines, which `$(…)` would strip, and leaves the exit status alone.
  const body = Buffer.from(`${text}\n#`);
  const marker = `drover-${randomBytes(12).toString('hex')}`;
  const prompt = `drover-${randomBytes(12).toString('hex')}:`;
  const launch = become === null ? `${OWN_GROUP}; exec $s /bin/sh ${AS_LOGIN}` : launchAs(become, mayAsk, onTerminal);
  const more = become === null ? [] : [become.user, prompt, ...(onTerminal ? [FROM_TERMINAL] : [])];
  return {
    command: `exec ${commandLine(['/bin/sh', '-c', launch, 'drover', BOOT, marker, `${body.length}`, ...more])}`,
    body,
    marker,
    ready: `${marker}-as`,
    prompt,
    mustWait: onTerminal || (become !== null && (mayAsk || PROGRAMS[become.method].alwaysAsks)),
  };
}

function launchAs({ method }: Become, mayAsk: boolean, onTerminal: boolean): string {
  const isAlready = '[ "$(id -un)" = "$4" ]';
  const { start } = PROGRAMS[method];
  if (onTerminal) return `${RAW_TERMINAL}; ${isAlready} && exec /bin/sh ${ON_TERMINAL}; ${READY}; exec ${start(ON_TERMINAL, mayAsk)}`;
  return `${OWN_GROUP}; ${isAlready} && exec $s /bin/sh ${AS_LOGIN}; ${READY}; exec $s ${start(AS_OTHER, mayAsk)}`;
}
