/** What lies where a label is written: GPT takes 34 sectors at the start and 33 at the end, of 512 or 4096 bytes. */
const EDGE_BYTES = 32_768;

/**
 * `disk_probe PATH` prints what is at the path of a disk, one `word text` a line: `type`, `device`, `bytes`, `serial`, `label`, `found`, or
 * `unreadable` with a reason. It only reads; used both by the reader and, right before a disk is written, by the action.
 * Looks at blkid(8) in its low-level mode, which reads the device and not a cache, at wipefs(8), which also sees what blkid(8) takes for
 * contradictory, at sysfs (holders, partitions), mountinfo (proc(5)) and swaps.
 */
export const DISK_PROBE: string = `
disk_probe() {
  if [ ! -e "$1" ]; then echo 'type absent'; return 0; fi
  if [ ! -b "$1" ]; then echo 'type other'; return 0; fi
  dp_dev=$(readlink -f "$1")
  printf 'device %s\\n' "$dp_dev"
  dp_hex=$(stat -L -c '%t:%T' "$1")
  dp_no=$((0x\${dp_hex%:*})):$((0x\${dp_hex#*:}))
  dp_sys=$(readlink -f "/sys/dev/block/$dp_no") || dp_sys=
  if [ ! -r "$dp_sys/size" ]; then echo "unreadable sysfs does not know the device $dp_no"; return 0; fi
  dp_name=\${dp_sys##*/}
  disk_type
  dp_sectors=$(cat "$dp_sys/size")
  echo "bytes $((dp_sectors * 512))"
  [ "$dp_sectors" != 0 ] || return 0
  disk_serials | sed 's/^[[:space:]]*//; s/[[:space:]]*$//; /^$/d; s/^/serial /' | sort -u
  disk_signatures
  if [ "$(cat "$dp_sys/ro")" = 1 ]; then echo 'found it is read-only'; fi
  disk_uses "$dp_name" | sed 's/^/found /'
}
disk_type() {
  if [ -e "$dp_sys/partition" ]; then echo 'type partition'
  elif [ -e "$dp_sys/dm" ] && ! grep -q '^mpath-' "$dp_sys/dm/uuid"; then echo 'type mapped'
  else echo 'type disk'; fi
}
disk_serials() {
  cat "$dp_sys/serial" "$dp_sys/device/serial" 2>/dev/null || :
  # The first four bytes of this SCSI page are its header.
  tail -c +5 "$dp_sys/device/vpd_pg80" 2>/dev/null | tr -d '\\000' || :
  echo
  sed -n 's/^E:ID_SERIAL\\(_SHORT\\)\\{0,1\\}=//p; s/^E:ID_SCSI_SERIAL=//p' "/run/udev/data/b$dp_no" 2>/dev/null || :
}
disk_signatures() {
  # blkid(8) says "nothing found" of a device that it cannot open, too.
  if [ "$(dd if="$dp_dev" bs=512 count=1 2>/dev/null | wc -c)" -eq 0 ]; then echo "unreadable $dp_dev cannot be read"; return 0; fi
  dp_rc=0
  dp_out=$(blkid -p -o udev "$dp_dev" 2>/dev/null) || dp_rc=$?
  case $dp_rc in
    0|2|8) ;;
    *) echo 'unreadable there is no blkid that looks at the device itself (util-linux), so nobody can say whether the disk is blank'; return 0;;
  esac
  [ $dp_rc != 8 ] || echo 'found signatures that contradict each other'
  dp_label=$(printf '%s\\n' "$dp_out" | sed -n 's/^ID_PART_TABLE_TYPE=//p')
  [ -z "$dp_label" ] || echo "label $dp_label"
  # Three sources may name the same thing.
  {
    printf '%s\\n' "$dp_out" | sed -n 's/^ID_FS_TYPE=//p'
    # Both spellings of -n (no act) and -p (parsable) are as old as wipefs(8) itself.
    wipefs -n -p "$dp_dev" 2>/dev/null | sed -n 's/^0x.*,//p'
  } | case $dp_label in
    gpt) grep -vx -e gpt -e PMBR;;
    ?*) grep -vxF -e "$dp_label";;
    *) cat;;
  esac | sort -u | sed 's/^/found signature of /'
  [ -n "$dp_label$dp_out" ] || disk_edges
}
disk_edges() {
  dp_last=$((dp_sectors * 512 / ${EDGE_BYTES} - 1))
  for dp_at in 0 $dp_last; do
    [ "$dp_at" -ge 0 ] || continue
    dp_count=$(dd if="$dp_dev" bs=${EDGE_BYTES} skip="$dp_at" count=2 2>/dev/null | tr -d '\\000\\377' | wc -c)
    [ "$dp_count" -eq 0 ] || echo "found data of an unknown kind at byte $((dp_at * ${EDGE_BYTES})), where the label would be written"
  done
}
disk_uses() {
  # /dev/cciss/c0d0 is called cciss!c0d0 there.
  dp_path=$(printf '/dev/%s' "$1" | tr ! /)
  dp_mm=$(cat "/sys/class/block/$1/dev")
  sed -n "s/^[0-9]* [0-9]* $dp_mm [^ ]* \\\\([^ ]*\\\\) .*/\\\\1/p" /proc/self/mountinfo | sort -u |
    sed "s|^/\\$|/ (the root file system)|; s|^|$dp_path is mounted at |"
  if grep -q "^$dp_path[[:space:]]" /proc/swaps; then echo "$dp_path is used as swap"; fi
  for dp_each in /sys/block/loop*/loop/backing_file; do
    if [ -r "$dp_each" ] && [ "$(cat "$dp_each")" = "$dp_path" ]; then
      dp_each=\${dp_each%/loop/backing_file}
      echo "$dp_path is behind /dev/\${dp_each##*/}"
    fi
  done
  # Nothing that was set above is looked at behind a call of itself.
  for dp_each in "/sys/class/block/$1/holders/"*; do
    [ -e "$dp_each" ] || continue
    dp_each=\${dp_each##*/}
    echo "/dev/$1 is part of /dev/$dp_each$(sed 's/^/ (/; s/$/)/' "/sys/class/block/$dp_each/dm/name" 2>/dev/null || :)"
    disk_uses "$dp_each"
  done
  for dp_each in "/sys/class/block/$1/$1"*; do
    [ -e "$dp_each/partition" ] || continue
    dp_each=\${dp_each##*/}
    echo "partition /dev/$dp_each of $(($(cat "/sys/class/block/$dp_each/size") / 2048)) MiB"
    disk_uses "$dp_each"
  done
}
`;
