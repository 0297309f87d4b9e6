import type { Action } from '../model/action.ts';
import type { CompiledAction } from '../model/ports.ts';
import { DISK_PROBE } from '../shell/disk.ts';
import { quote } from '../shell/quote.ts';

/**
 * Labels a disk that is still the planned one and still blank: all of it is looked at again right before the write, and anything found
 * fails the action with the disk untouched. A disk with this label already is left alone.
 */
export function labelDisk(action: Extract<Action, { kind: 'labelDisk' }>): CompiledAction {
  const { disk, device, bytes, serial } = action;
  const facts = ['type disk', `device ${device}`, `bytes ${bytes}`, ...(serial === undefined ? [] : [`serial ${serial}`])];
  return {
    summary: `label ${disk} (${device}) GPT`,
    script: [
      DISK_PROBE,
      PARTS,
      `dl_disk=${quote(disk)}; dl_dev=${quote(device)}`,
      'dl_found=$(disk_probe "$dl_disk")',
      ...facts.map((line) => `dl_expect ${quote(line)}`),
      "if dl_has 'label gpt'; then echo 'it has the label already'; else dl_blank; dl_write; fi",
    ].join('\n'),
  };
}

/**
 * sfdisk(8) before util-linux 2.26 knows no GPT and would take its input for a DOS table, so it must know `--label`. The check is not repeated
 * between the probe and the write, which are milliseconds apart; parted and sfdisk refuse a disk that was mounted in between by themselves.
 */
const PARTS = `
dl_has() { printf '%s\\n' "$dl_found" | grep -qxF -e "$1"; }
dl_expect() { dl_has "$1" || die "$dl_disk is no longer the disk that was planned for (no longer: $1); plan again"; }
dl_blank() {
  dl_bad=$(printf '%s\\n' "$dl_found" | sed -n 's/^found //p; s/^label /partition table /p; s/^unreadable //p')
  [ -z "$dl_bad" ] || die "$dl_disk is not blank, nothing is written: $dl_bad"
}
dl_write() {
  if command -v parted >/dev/null; then parted -s "$dl_dev" mklabel gpt
  elif command -v sgdisk >/dev/null; then sgdisk --clear "$dl_dev" >/dev/null
  elif sfdisk --help 2>/dev/null | grep -q -e '--label'; then echo 'label: gpt' | sfdisk "$dl_dev" >/dev/null
  else die 'the host has none of parted, sgdisk, and an sfdisk that knows GPT'; fi
  # The kernel and udev follow by themselves as a rule; that they do not is no failure of the label.
  blockdev --rereadpt "$dl_dev" 2>/dev/null || partprobe "$dl_dev" 2>/dev/null || :
  if command -v udevadm >/dev/null; then udevadm settle --timeout=30 || :; fi
}
`;
