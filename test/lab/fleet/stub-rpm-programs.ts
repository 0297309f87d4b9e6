/** Runs as the user of `-u`, as spamd does after it has opened its port; its name in the process list is spamd's. */
export const SPAMD = `#!/bin/sh
user=$(id -un)
pidfile=
previous=
for option do
  case $option in
    --username=*) user=\${option#*=} ;;
    -u?*) user=\${option#-u} ;;
    --pidfile=*) pidfile=\${option#*=} ;;
  esac
  case $previous in -u | --username) user=$option ;; esac
  previous=$option
done
if [ "$user" != "$(id -un)" ]; then exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups /usr/bin/spamd "$@"; fi
[ -z "$pidfile" ] || echo "$$" >"$pidfile"
trap 'kill "$!"' HUP
while :; do sleep 3600 & wait "$!"; done
`;

/** Answers for spamd: it is there (-K), and what local.cf says now is the required score (-c). */
export const SPAMC = `#!/bin/sh
case " $* " in
  *" -K "*) pgrep -x spamd >/dev/null ;;
  *" -c "*) cat >/dev/null; awk '$1 == "required_score" { n = $2 } END { printf "0.0/%.1f\\n", n }' /etc/mail/spamassassin/local.cf ;;
esac
`;

/** Postfix's master(8): only there, under its name, with its process id where the real one has it. */
export const MASTER = `#!/bin/sh
mkdir -p /var/spool/postfix/pid
echo "$$" >/var/spool/postfix/pid/master.pid
trap : HUP
while :; do sleep 3600 & wait "$!"; done
`;

/** Only listens on its socket, which it gives to the group of `-g`, and hangs up. */
export const MILTER = `#!/usr/bin/perl
use Socket;
my ($path, $group, $pidfile);
while (@ARGV) {
  my $option = shift;
  $path = shift if $option eq '-p';
  $group = shift if $option eq '-g';
  $pidfile = shift if $option eq '-P';
  last if $option eq '--';
}
$path =~ s/^(unix|local)://;
unlink $path;
socket(my $listener, PF_UNIX, SOCK_STREAM, 0) or die $!;
umask 0117;
bind($listener, sockaddr_un($path)) or die "$path: $!";
listen($listener, 5) or die $!;
if (defined $group) { chown(-1, scalar getgrnam($group), $path) or die "$path: $!"; } else { chmod 0600, $path; }
if (defined $pidfile) { open(my $file, '>', $pidfile) or die "$pidfile: $!"; print $file "$$\\n"; close $file; }
while (1) { close $connection if accept(my $connection, $listener); }
`;

/** postconf(1) as far as roles ask it: NAME…, -h, -d, -n, -e NAME=VALUE, -X NAME, -M [TYPE]. */
export const POSTCONF = `#!/bin/sh
main=/etc/postfix/main.cf
mode=show plain=
while :; do
  case \${1-} in
    -h) plain=yes ;;
    -d) mode=default ;;
    -n) mode=named ;;
    -e) mode=edit ;;
    -X) mode=exclude ;;
    -M) mode=master ;;
    -hd | -dh) plain=yes mode=default ;;
    -*) echo "postconf: fatal: usage: $1 is not known to the stub" >&2; exit 1 ;;
    *) break ;;
  esac
  shift
done
default() {
  case $1 in
    milter_default_action) echo tempfail ;;
    milter_protocol) echo 6 ;;
    inet_interfaces | inet_protocols) echo all ;;
    mail_version) echo 3.5.25 ;;
    queue_directory) echo /var/spool/postfix ;;
    config_directory) echo /etc/postfix ;;
    mail_owner) echo postfix ;;
    myhostname) hostname ;;
    smtpd_milters | non_smtpd_milters | relayhost) echo ;;
    *) return 1 ;;
  esac
}
named() { sed -n "s/^$1[[:space:]]*=[[:space:]]*//p" "$main" | tail -n 1; }
without() { sed "/^$1[[:space:]]*=/d" "$main"; }
replace() { cat >"$main.new" && cat "$main.new" >"$main" && rm "$main.new"; }
show() {
  if [ "$mode" != default ] && grep -q "^$1[[:space:]]*=" "$main"; then value=$(named "$1")
  elif value=$(default "$1"); then :
  else echo "postconf: warning: $1: unknown parameter" >&2; return; fi
  if [ "$plain" ]; then echo "$value"; else echo "$1 = $value"; fi
}
trim() { echo "$1" | sed 's/^[[:space:]]*//; s/[[:space:]]*$//'; }
case $mode in
  show | default) for name do show "$name"; done ;;
  named) sed -n 's/^\\([a-z_0-9]*\\)[[:space:]]*=[[:space:]]*/\\1 = /p' "$main" ;;
  exclude) for name do without "$name" | replace; done ;;
  edit)
    for pair do
      name=$(trim "\${pair%%=*}") value=$(trim "\${pair#*=}")
      { without "$name"; echo "$name = $value"; } | replace
    done ;;
  master)
    type=$(echo "\${1-}" | sed 's,/, *,; s/[.]/ */')
    grep -v '^#' /etc/postfix/master.cf | grep "^$type" ;;
esac
`;

/** postfix(1): hands over to systemd, and refuses to reload what does not run. */
export const POSTFIX = `#!/bin/sh
running() { systemctl --quiet is-active postfix; }
case \${1-} in
  check) exit 0 ;;
  status) running && exit 0; echo 'postfix/postfix-script: the Postfix mail system is not running' >&2; exit 1 ;;
  start | stop) exec systemctl "$1" postfix ;;
  reload)
    running || { echo 'postfix/postfix-script: fatal: the Postfix mail system is not running' >&2; exit 1; }
    exec systemctl reload postfix ;;
  *) echo 'postfix: fatal: usage: postfix command' >&2; exit 1 ;;
esac
`;

/** grubby(8) for two kernels whose arguments lie in /var/lib/grubby-stub: --info, --default-kernel, --update-kernel with --args and --remove-args. */
export const GRUBBY = `#!/bin/sh
state=/var/lib/grubby-stub
version=5.14.0-427.13.1.el9_4.x86_64
kernels="0 $version
1 0-rescue-lab"
info= update= add= remove= default=
while [ $# -gt 0 ]; do
  case $1 in
    --info=*) info=\${1#*=} ;;
    --info) info=$2; shift ;;
    --update-kernel=*) update=\${1#*=} ;;
    --update-kernel) update=$2; shift ;;
    --args=*) add=\${1#*=} ;;
    --args) add=$2; shift ;;
    --remove-args=*) remove=\${1#*=} ;;
    --remove-args) remove=$2; shift ;;
    --default-kernel) default=yes ;;
    *) echo "grubby: $1 is not known to the stub" >&2; exit 1 ;;
  esac
  shift
done
mkdir -p "$state"
for index in 0 1; do [ -e "$state/$index" ] || echo 'ro crashkernel=1G-4G:192M,4G-64G:256M,64G-:512M quiet' >"$state/$index"; done
# An argument goes by its whole text where a value is given with it, else with any value.
drop() {
  for word in $2; do
    case $1 in
      *=*) [ "$word" = "$1" ] || printf '%s ' "$word" ;;
      *) [ "\${word%%=*}" = "$1" ] || printf '%s ' "$word" ;;
    esac
  done
}
edit() {
  words=$(cat "$1")
  for argument in $remove; do words=$(drop "$argument" "$words"); done
  for argument in $add; do words="$(drop "\${argument%%=*}" "$words") $argument"; done
  echo $words >"$1"
}
entry() {
  cat <<END
index=$1
kernel="/boot/vmlinuz-$2"
args="$(cat "$state/$1")"
root="/dev/mapper/rl-root"
initrd="/boot/initramfs-$2.img"
title="Rocky Linux ($2) 9.4"
id="lab-$2"
END
}
meant() {
  case $1 in
    ALL) ;;
    DEFAULT) [ "$2" = 0 ] ;;
    *) [ "$1" = "/boot/vmlinuz-$3" ] || [ "$1" = "$2" ] ;;
  esac
}
[ -z "$default" ] || echo "/boot/vmlinuz-$version"
echo "$kernels" | while read -r index name; do
  if [ -n "$update" ] && meant "$update" "$index" "$name"; then edit "$state/$index"; fi
  if [ -n "$info" ] && meant "$info" "$index" "$name"; then entry "$index" "$name"; fi
done
`;

/** ipvsadm(8), ipvsadm-save(8) and ipvsadm-restore(8) by their names: the table is a file of the lines of `-S`, to which `-A` and `-a` add. */
export const IPVSADM = `#!/bin/sh
table=/run/ipvsadm-stub
[ -e "$table" ] || : >"$table"
case \${0##*/} in
  ipvsadm-restore) exec cat >"$table" ;;
  ipvsadm-save) exec cat "$table" ;;
esac
case \${1-} in
  -C) : >"$table" ;;
  -A | -a) echo "$*" >>"$table" ;;
  -S) cat "$table" ;;
  -R) cat >"$table" ;;
  '' | -L | -Ln | -l | -ln) cat "$table" ;;
  *) echo "ipvsadm: $1 is not known to the stub" >&2; exit 2 ;;
esac
`;
