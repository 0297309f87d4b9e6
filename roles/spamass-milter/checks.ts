/**
 * Read-only checks, as `sh -c TEXT NAME ARGUMENT…`. They ask what runs, not what is written: a file that is right beside a daemon that was
 * started before it is a drift too, whoever left it.
 */

const DIE = `die() { echo "$*"; exit 1; }`;

/**
 * The daemon whose process id `$1` prints runs as `$2` (any account where that is empty) with a command line that contains all further words; behind
 * the word `and` comes another check.
 */
const RUNS = `${DIE}
pid=$1 user=$2; shift 2
p=$($pid 2>/dev/null) && [ -n "$p" ] && [ -d "/proc/$p" ] || die "it does not run"
line=" $(tr '\\0' ' ' <"/proc/$p/cmdline")END"
while [ $# -gt 0 ] && [ "$1" != and ]; do
  case "$line" in *" $1"*) shift ;; *) die "its command line is:\${line%END}" ;; esac
done
[ -z "$user" ] || [ "$(stat -c %U "/proc/$p")" = "$user" ] || die "its user is $(stat -c %U "/proc/$p")"
[ $# -eq 0 ] || { shift; exec "$@"; }
`;

/** spamd has read the file `$1`, with these further lines, since it wrote `$3`, and answers a message with the required score `$2`. */
const CONFIGURED = `${DIE}
config=$1 score=$2 since=$3; shift 3
for want do awk '{ $1 = $1; print }' "$config" | grep -qxF -e "$want" || die "$config does not say $want"; done
if [ "$config" -nt "$since" ]; then die "$config is newer than spamd"; fi
message='From: root@localhost\\nTo: root@localhost\\nSubject: which score is required\\nMessage-ID: <required-score@localhost>\\nDate: %s\\n\\nThis message is read by nobody.\\n'
found=$(printf "$message" "$(date -R)" | spamc -d 127.0.0.1 -c); [ "\${found##*/}" = "$score" ] || die "spamd answers with a required score of \${found##*/}"
`;

/** Where a daemon must be found, and how. */
export interface Running {
  readonly pid: string;
  /** Empty: any. */
  readonly user: string;
  /** Parts of the command line; `END` stands for its end. */
  readonly parts: readonly string[];
}

/** A daemon that runs with these options, and for which another check holds. */
export function runs({ pid, user, parts }: Running, and: readonly string[]): readonly string[] {
  return ['sh', '-c', RUNS, 'runs', pid, user, ...parts, 'and', ...and];
}

/** What spamd must have read. */
export interface Configured {
  readonly config: string;
  readonly score: number;
  /** File that is written when spamd starts. */
  readonly since: string;
  readonly lines: readonly string[];
}

/** A running spamd that has read its configuration: its own answer to a message names the required score. */
export function configured({ config, score, since, lines }: Configured): readonly string[] {
  return ['sh', '-c', CONFIGURED, 'configured', config, score.toFixed(1), since, ...lines];
}

/** The socket `$1` has owner and mode `$2`. */
const OWNED = `${DIE}
[ -S "$1" ] || die "there is no socket $1"
found=$(stat -c '%U:%G %a' "$1"); [ "$found" = "$2" ] || die "$1 is $found, not $2"
`;

/** A socket with this owner, group and mode (`postfix:postfix 660`). */
export function owned(socket: string, ownership: string): readonly string[] {
  return ['sh', '-c', OWNED, 'owned', socket, ownership];
}

/**
 * What master.cf(5) says of the smtpd that takes mail on port 25 (itself, or behind postscreen as `pass`), or of all where none does: with the
 * socket `path`, whether it is chrooted (column 5; `-` is no chroot from compatibility level 1 on); without, whether milters of its own or
 * `no_milters` there (`off`: in main.cf) stand against what main.cf tells of `milter`.
 */
const SMTPD = `
function note(what) { if (!(first in notes)) notes[first] = what }
function value(name,   rest) {
  if (!match(line, "-o[ \\t]*[{]?[ \\t]*" name "[ \\t]*=")) return ""
  rest = substr(line, RSTART + RLENGTH)
  if (index(substr(line, RSTART, RLENGTH), "{")) { sub(/[}][ \\t]*(-o.*)?$/, "", rest); sub(/^[ \\t]+/, "", rest); return "=" rest }
  sub(/[ \\t].*/, "", rest); return "=" rest
}
function look(   f, port, own, options) {
  if (split(line, f) < 8 || f[8] != "smtpd" || (f[2] != "inet" && f[2] != "pass")) return
  port = f[1]; sub(/.*:/, "", port)
  first = f[2] == "pass" || port == "smtp" || port == "25"
  seen[first] = 1
  if (path != "") {
    if (f[5] == "y" || (f[5] == "-" && level < 1)) note("smtpd is chrooted (master.cf, " f[1] " " f[2] ", column 5 is " f[5] "), so it cannot open " path)
    return
  }
  own = value("smtpd_milters")
  if (own != "" && !index(own, milter)) note("master.cf gives " f[1] " " f[2] " milters of its own (-o smtpd_milters" own "), so " milter " would not be asked: take that out there, or add it")
  options = value("receive_override_options")
  if (options == "") options = off
  if (index(options, "no_milters")) note("no milter is asked on " f[1] " " f[2] ": receive_override_options has no_milters")
}
/^[ \\t]*(#|$)/ { next }
/^[ \\t]/ { line = line " " $0; next }
{ look(); line = $0 }
END {
  look()
  if (!(1 in seen) && !(0 in seen)) notes[first = 0] = "master.cf has no smtpd"
  first = (1 in seen) ? 1 : 0
  if (first in notes) { print notes[first]; exit 1 }
}`;

const MASTER = `master=$(postconf -h config_directory)/master.cf || exit 1`;

/**
 * Postfix's own user may write to the socket `$1`, and smtpd looks for it there when it is told `$2`: a relative path counts from the queue
 * directory, chrooted or not; an absolute one needs an smtpd that is not chrooted, which the awk program `$3` tells.
 */
const CAN_OPEN = `${DIE}
queue=$(postconf -h queue_directory) && owner=$(postconf -h mail_owner) || exit 1
case $2 in
  unix:/*)
    ${MASTER}
    level=$(postconf -h compatibility_level 2>/dev/null)
    awk -v path="$1" -v level="$((\${level%%[!0-9]*} + 0))" "$3" "$master" || exit 1 ;;
  *) [ "$queue/\${2#unix:}" = "$1" ] || die "the queue directory is $queue, so smtpd would look for the socket at $queue/\${2#unix:}" ;;
esac
[ -S "$1" ] || die "there is no socket $1"
# coreutils before 7.5 have no --userspec; the socket's owner is checked apart from this.
if chroot --userspec=root:root / true 2>/dev/null; then
  chroot --userspec="$owner:$(id -gn "$owner")" / test -w "$1" || die "$owner may not open $1"
fi
`;

/** Postfix can open the socket when a milter is given to it in these words. */
export function canOpen(socket: string, milter: string): readonly string[] {
  return ['sh', '-c', CAN_OPEN, 'canOpen', socket, milter, SMTPD];
}

/** The smtpd of port 25 goes by main.cf when it asks milters. */
export function asks(milter: string): readonly string[] {
  const text = `${MASTER}\nawk -v milter="$1" -v off="$(postconf -h receive_override_options)" "$2" "$master"`;
  return ['sh', '-c', text, 'asks', milter, SMTPD];
}

/** Postfix's master runs; systemd's unit of Debian says nothing of it. */
export const MASTER_RUNS = [
  'sh',
  '-c',
  'read -r p <"$(postconf -h queue_directory)/pid/master.pid" && grep -qx master "/proc/$p/comm"',
] as const;

/**
 * SpamAssassin takes a directory, not a file: the new local.cf is tried among the site's other files. Words for `validate`.
 */
export function lint(siteConfig: string): readonly string[] {
  const text = `d=$(mktemp -d) && trap 'rm -rf "$d"' EXIT && cp -R "$1/." "$d" && rm -f "$d"/.drover-* && cp "$2" "$d/local.cf" &&
spamassassin --lint --siteconfigpath="$d" </dev/null`;
  return ['sh', '-c', text, 'lint', siteConfig, '%s'];
}
