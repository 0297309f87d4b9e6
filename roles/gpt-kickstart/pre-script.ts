import type { Params } from './params.ts';

/** File that `%pre` writes and the kickstart includes: what names the disk. */
export const PARTS_FILE = '/tmp/gpt-kickstart.parts';
/** Where the installer keeps what `%pre` says. */
export const LOG_FILE = '/tmp/gpt-kickstart.log';

/** Stands for the disk's name in the lines that `%pre` writes: known only on the machine, and the same until it reboots. */
export const DISK = '$name';

/**
 * The `%pre` script, for any POSIX sh: finds the disk, refuses it when anything is on it, labels it GPT, and writes `lines` for the
 * installer to include. A failure ends the installation (`--erroronfail`) before anything was written to any disk.
 */
export function preScript({ disk, onExisting }: Pick<Params, 'disk' | 'onExisting'>, lines: readonly string[]): string {
  const settings = [
    `wanted_path=${quote(disk.path ?? '')}`,
    `wanted_serial=${quote(disk.serial ?? '')}`,
    `on_existing=${onExisting}`,
    `parts=${PARTS_FILE}`,
  ];
  const written = lines.map((line) => `  echo "${line}"`);
  return [HEAD, ...settings, FIND, LOOK, LABEL, '{', ...written, '} >"$parts" || fail "cannot write $parts"', ''].join('\n');
}

/** Roles see drover's public API only, and that has no quoting: the parameters' own patterns allow nothing that needs more. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const HEAD = `# Labels one blank disk GPT before the installer looks at it (role gpt-kickstart).
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH`;

const FIND = `
fail() {
  echo "gpt-kickstart: $*" >&2
  exit 1
}

rm -f "$parts"
for tool in parted blkid readlink sed dd tr wc; do
  command -v "$tool" >/dev/null || fail "$tool is missing"
done
udevadm settle --timeout=30 >/dev/null 2>&1 || :

# Every serial number by which the system knows a block device, one per line.
serials_of() {
  cat "/sys/class/block/$1/serial" "/sys/class/block/$1/device/serial" 2>/dev/null
  udevadm info --query=property --name="$(echo "$1" | tr '!' /)" 2>/dev/null |
    sed -n -e 's/^ID_SERIAL_SHORT=//p' -e 's/^ID_SCSI_SERIAL=//p' -e 's/^ID_SERIAL=//p'
}

has_serial() {
  serials_of "$1" | {
    while read -r each; do
      [ "$each" != "$wanted_serial" ] || exit 0
    done
    exit 1
  }
}

if [ -n "$wanted_path" ]; then
  [ -b "$wanted_path" ] || fail "there is no disk $wanted_path"
  real=$(readlink -f "$wanted_path") || fail "cannot follow $wanted_path"
else
  real=
  for each in /sys/class/block/*; do
    each=\${each##*/}
    [ ! -e "/sys/class/block/$each/partition" ] || continue
    has_serial "$each" || continue
    [ -z "$real" ] || fail "two disks have the serial number $wanted_serial: $real and $each"
    real=/dev/$(echo "$each" | tr '!' /)
  done
  [ -n "$real" ] || fail "no disk has the serial number $wanted_serial"
fi

name=\${real#/dev/}
block=$(echo "$name" | tr / '!')
sys=/sys/class/block/$block
[ -b "$real" ] && [ -d "$sys" ] || fail "$real is not a disk"
[ ! -e "$sys/partition" ] || fail "$real is a partition, not a disk"
case $block in dm-*) fail "$real is made by the device mapper, name the disk itself" ;; esac
[ "$(cat "$sys/ro")" = 0 ] || fail "$real cannot be written"
[ -z "$wanted_serial" ] || has_serial "$block" || fail "$real does not have the serial number $wanted_serial"`;

const LOOK = `
finds=
found() {
  finds="\${finds:+$finds; }$*"
}

# The disk and its partitions, as the kernel knows them now.
devices=$block
for each in "$sys/$block"*; do
  [ -e "$each/partition" ] || continue
  each=\${each##*/}
  devices="$devices $each"
  found "partition $each"
done

for each in $devices; do
  for holder in "/sys/class/block/$each/holders"/*; do
    [ ! -e "$holder" ] || found "$each is part of \${holder##*/}"
  done
  number=$(cat "/sys/class/block/$each/dev")
  while read -r _ _ device _ mountpoint _; do
    [ "$device" != "$number" ] || found "$each is mounted on $mountpoint"
  done </proc/self/mountinfo
  while read -r swap _; do
    [ "$swap" != "/dev/$(echo "$each" | tr '!' /)" ] || found "$each is used as swap"
  done </proc/swaps
done

# Reads the disk itself, no cache. Exit status 2: nothing is known of it.
signature=$(blkid -p "$real" 2>&1)
status=$?
case $status in
  0) found "$signature" ;;
  2) [ -z "$signature" ] || found "$signature" ;;
  *) found "blkid cannot tell what is on it (exit status $status)" ;;
esac
if command -v wipefs >/dev/null; then
  signatures=$(wipefs -n -p "$real" 2>/dev/null) || found "wipefs cannot tell what is on it"
  signatures=$(echo "$signatures" | sed -n 's/^0x.*,//p' | sort -u | tr '\\n' ' ')
  [ -z "$signatures" ] || found "signatures: $signatures"
fi

# What no program knows may be worth something, too: a database, a volume of plain dm-crypt.
edge() {
  count=$(dd if="$real" bs=32768 skip="$1" count=2 2>/dev/null | tr -d '\\000\\377' | wc -c)
  [ "$count" -eq 0 ] || found "data of an unknown kind at its $2, where the label would be written"
}
if [ -z "$finds" ]; then
  [ "$(dd if="$real" bs=512 count=1 2>/dev/null | wc -c)" -eq 512 ] || found "it cannot be read"
  edge 0 start
  edge $(($(cat "$sys/size") / 64 - 1)) end
fi

label_of() {
  parted -s "$real" print 2>/dev/null | sed -n 's/^Partition Table: //p'
}`;

const LABEL = `
if [ -z "$finds" ]; then
  echo "gpt-kickstart: $real is blank; labelling it GPT"
  parted -s "$real" mklabel gpt || fail "parted cannot label $real"
  partprobe "$real" 2>/dev/null || :
  udevadm settle --timeout=30 >/dev/null 2>&1 || :
  [ "$(label_of)" = gpt ] || fail "$real has no GPT label after parted made one"
elif [ "$on_existing" = keep ] && [ "$(label_of)" = gpt ]; then
  echo "gpt-kickstart: $real is GPT already and left as it is ($finds)"
elif [ "$on_existing" = keep ]; then
  fail "$real is not GPT and not blank, it stays as it is: $finds"
else
  fail "$real is not blank, it stays as it is: $finds"
fi
`;
