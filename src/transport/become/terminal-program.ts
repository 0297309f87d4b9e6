/**
 * Makes the terminal pass all bytes as they are, before anybody prints or reads: not every server heeds the modes that a client asks for (and ssh(1) asks
 * for none without a terminal of its own). sudo's `use_pty` copies them to its own terminal. Scripts find the environment that they have without one.
 */
export const RAW_TERMINAL = 'stty raw -echo -iexten 2>/dev/null; unset SSH_TTY TERM';

/**
 * The `sh` program between a terminal and BOOT: `$1` BOOT, `$2` marker, `$3` length, `$4` `$SSH_CONNECTION`. BOOT and its script find what they find
 * without a terminal: a pipe for standard output, no terminal of the session (setsid), so that no hang-up reaches what they leave behind. Standard
 * error goes to a file without a name, which is printed at the end behind `MARKER-err` and in front of `MARKER-end STATUS`, so that nobody waits
 * for a daemon that holds it open; where no file can be made it is lost. The inner
 * parentheses keep what the shell itself says of a killed script out of it.
 *
 * Standard input is a pipe, too: BOOT's watcher reads it until its end, and would hold the terminal open behind the script. sudo's `use_pty` may then wait
 * for that terminal's end, and the watcher for sudo's. So a `cat` that says its number first passes on what comes, and is ended with the script.
 * Nothing comes before BOOT has begun, so the number stands first.
 */
export const FROM_TERMINAL: string = [
  // TMPDIR may be the login user's own.
  's=$(command -v setsid); t=$(mktemp 2>/dev/null || mktemp /tmp/drover.XXXXXX) && [ -w "$t" ] || t=/dev/null',
  // The shell itself has nothing to say, such as that cat was ended.
  'exec 5>"$t" 6<"$t" 2>/dev/null; [ "$t" = /dev/null ] || rm -f "$t"',
  // The number of cat is that of the shell before it.
  'sh -c "echo $""$""; exec cat" 5>&- 6<&-' +
    ' | { read -r c; (exec $s /bin/sh -c "$1" drover "$2" "$3" "$4" 2>&5 5>&- 6<&-); set -- "$2" $?; kill "$c"' +
    '; echo "$1-err"; cat <&6; echo "$1-end $2"; } | cat',
].join('; ');
