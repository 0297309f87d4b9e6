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
 * Postfix's own user may write to the socket `$1`, and smtpd looks for it there when it is told `$2`: a relative path counts from the queue
 * directory, chrooted or not; an absolute one needs an smtpd that is not chrooted (column 5 of master.cf(5); `-` is no chroot from
 * compatibility level 1 on).
 */
const CAN_OPEN = `${DIE}
queue=$(postconf -h queue_directory) && owner=$(postconf -h mail_owner) || exit 1
case $2 in
  unix:/*)
    chroot=$(awk '$1 == "smtp" && $2 == "inet" { print $5; exit }' "$(postconf -h config_directory)/master.cf")
    level=$(postconf -h compatibility_level 2>/dev/null); level=\${level%%.*}
    case $chroot in n) ;; -) [ "\${level:-0}" -ge 1 ] ;; *) false ;; esac ||
      die "smtpd is chrooted (master.cf, smtp inet, column 5 is $chroot), so it cannot open $1" ;;
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
  return ['sh', '-c', CAN_OPEN, 'canOpen', socket, milter];
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
