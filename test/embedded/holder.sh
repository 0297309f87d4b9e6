# Runs as process 1 in fresh mount, UTS, IPC and PID namespaces (`unshare` starts it), builds the root that a host of the embedded fleet
# sees, moves into it, says `ready PID` (its process id on the machine) and then lives until its standard input closes. All that it mounts
# is private to these namespaces and gone with it.
#   holder.sh overlay NAME DIR   needs root: overlay of the machine's root, upper layer on a tmpfs
#   holder.sh copy NAME DIR      in a user namespace of one mapped user: there nobody may write to files of the machine's root user, not even
#                                through an overlay, so /usr is bound read-only and /etc is copied
# DIR: an empty directory of the machine, the mount point.
set -eu
umask 022
mode=$1 name=$2 base=$3
read -r pid _ </proc/self/stat
mount -t tmpfs -o mode=0755 tmpfs "$base"
root=$base/root
mkdir "$root"

is_mount() {
  while read -r _ _ _ _ point _; do [ "$point" != "$1" ] || return 0; done </proc/self/mountinfo
  return 1
}

# overlay DIR ID: the machine's DIR, copy on write. Only DIR's own file system is in it, not what is mounted below.
overlay() {
  mkdir "$base/upper-$2" "$base/work-$2"
  chmod "$(stat -c %a "$1")" "$base/upper-$2"
  mount -t overlay -o "nodev,lowerdir=$1,upperdir=$base/upper-$2,workdir=$base/work-$2" overlay "$root$1"
}

# read_only DIR: DIR and all below it; nosuid and nodev are kept because a user namespace may not drop them.
read_only() {
  while read -r _ _ _ _ point _; do
    point=$(printf '%b' "$point")
    case $point in "$1" | "$1"/*) mount -o remount,bind,ro,nosuid,nodev "$point" ;; esac
  done </proc/self/mountinfo
}

bind_read_only() {
  mkdir -p "$root$1"
  mount --rbind "$1" "$root$1"
  read_only "$root$1"
}

build_overlay() {
  overlay / root
  for dir in usr etc var home root opt srv boot; do
    if is_mount "/$dir"; then overlay "/$dir" "$dir"; fi
  done
  # Container engines mount single files over these.
  for file in /etc/hosts /etc/resolv.conf; do
    if is_mount "$file"; then cp "$file" "$root$file"; fi
  done
  mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/tmp"
  mount --bind /sys "$root/sys"
  mount -o remount,bind,ro "$root/sys"
}

build_copy() {
  mount -t tmpfs -o mode=0755 tmpfs "$root"
  for path in /usr /bin /sbin /lib /lib32 /lib64 /libx32 /opt /nix /var/lib/dpkg /var/lib/rpm; do
    if [ -L "$path" ]; then
      ln -s "$(readlink "$path")" "$root$path"
    elif [ -d "$path" ]; then
      bind_read_only "$path"
    fi
  done
  # What this user may not read (shadow, private keys) stays behind, and all owners become the one mapped user.
  cp -RP /etc "$root/etc" 2>/dev/null || :
  (cd "$root" && mkdir -p proc sys dev run tmp home srv mnt media boot var/lib var/cache var/log var/spool var/tmp)
  mkdir -m 700 "$root/root"
  chmod 1777 "$root/var/tmp"
  ln -s /run "$root/var/run"
  bind_read_only /sys
}

# Of /dev only what programs expect: no disks, no terminals.
build_dev() {
  mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
  for device in null zero full random urandom tty; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
  ln -s /proc/self/fd "$root/dev/fd"
  ln -s /proc/self/fd/0 "$root/dev/stdin"
  ln -s /proc/self/fd/1 "$root/dev/stdout"
  ln -s /proc/self/fd/2 "$root/dev/stderr"
  mkdir -m 1777 "$root/dev/shm"
}

# Kernel settings belong to the machine.
build_proc() {
  mount -t proc proc "$root/proc"
  for path in sys sysrq-trigger irq bus fs; do
    if [ -e "$root/proc/$path" ]; then
      mount --bind "$root/proc/$path" "$root/proc/$path"
      mount -o remount,bind,ro "$root/proc/$path"
    fi
  done
}

"build_$mode"
build_dev
# In a user namespace only the system call is allowed, and only Debian is sure to have the command.
hostname "$name" 2>/dev/null || echo "$name" >/proc/sys/kernel/hostname
build_proc
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mkdir -m 1777 "$root/run/lock"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
# This also proves that the host's /etc can be written.
rm -f "$root/etc/hostname"
echo "$name" >"$root/etc/hostname"

mkdir "$root/.machine"
cd "$root"
pivot_root . .machine
cd /
umount -l /.machine
rmdir /.machine
echo "ready $pid"
exec cat >/dev/null
