#!/bin/sh
# The part of the lab that must outlive the test process. What belongs to fleet N is found by name, never by guessing:
# folder DIR/N, control group drover-lab-N, bridge dlN, links vb-dlN-*, containers dlN-*.
#   fleet.sh supervise GROUP MACHINE PIDFILE COMMAND…   run the container in its own control group, again when it reboots
#   fleet.sh kill GROUP MACHINE                         power it off at once
#   fleet.sh clean DIR/N                                remove everything of a fleet
#   fleet.sh guard DIR/N                                wait until standard input ends (its writer has gone, however it went), then clean

# The hierarchies systemd uses: pure v2, or v1's name=systemd and the hybrid's unified.
hierarchies() {
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ -e "$hierarchy/cgroup.procs" ] && echo "$hierarchy"
  done
}

members() {
  for hierarchy in $(hierarchies); do
    [ -d "$hierarchy/$1" ] && find "$hierarchy/$1" -name cgroup.procs -exec cat {} + 2>/dev/null
  done | sort -u
}

# Ends every process of a control group. Ending nspawn alone would leave the container's processes running.
end_group() {
  tries=0
  while pids=$(members "$1") && [ -n "$pids" ] && [ $tries -lt 200 ]; do
    kill -KILL $pids 2>/dev/null
    sleep 0.05
    tries=$((tries + 1))
  done
  for hierarchy in $(hierarchies); do
    [ -d "$hierarchy/$1" ] && find "$hierarchy/$1" -depth -type d -exec rmdir {} + 2>/dev/null
  done
}

# What nspawn leaves behind when it is killed, and what it trips over when the same name starts again.
forget() {
  ip link delete "vb-$1" 2>/dev/null
  rm -rf "/run/systemd/nspawn/propagate/$1" "/run/systemd/nspawn/unix-export/$1"
}

supervise() {
  group=$1 machine=$2 pidfile=$3
  shift 3
  for hierarchy in $(hierarchies); do
    mkdir -p "$hierarchy/$group" && echo $$ >"$hierarchy/$group/cgroup.procs"
  done
  echo $$ >"$pidfile"
  while :; do
    "$@"
    status=$?
    forget "$machine"
    # 133: with --keep-unit nspawn leaves it to its supervisor to boot the container again.
    [ $status = 133 ] || exit $status
  done
}

clean() {
  directory=$1
  number=${directory##*/}
  end_group "drover-lab-$number"
  for link in $(ip -o link | sed -n "s/^[0-9]*: \(vb-dl$number-[^@:]*\).*/\1/p"); do forget "${link#vb-}"; done
  rm -rf /run/systemd/nspawn/propagate/dl"$number"-*
  ip link delete "dl$number" 2>/dev/null
  while read -r _ point _; do
    case $point in "$directory"/*) echo "$point" ;; esac
  done </proc/mounts | sort -r | while read -r point; do
    rm -f "/run/systemd/nspawn/locks/inode-$(stat -c %d:%i "$point")"
    umount "$point" || umount --lazy "$point"
  done
  rm -rf --one-file-system "$directory"
}

case $1 in
  supervise) shift && supervise "$@" ;;
  kill) end_group "$2" && forget "$3" ;;
  clean) clean "$2" ;;
  guard)
    trap '' INT TERM HUP
    cat >/dev/null
    clean "$2"
    ;;
esac
exit 0
