/** What is at the path of a disk, links followed, and everything that says that it is not blank. Nothing of it is judged here. */
export interface DiskFact {
  /** `mapped`: made by the device mapper out of other devices (a logical volume, an opened LUKS volume; a multipath disk counts as `disk`). */
  readonly type: 'absent' | 'other' | 'partition' | 'mapped' | 'disk';
  /** The device that the path leads to, such as `/dev/sdb`; null where there is none. */
  readonly device: string | null;
  /** Size; 0 where a drive has no medium. */
  readonly bytes: number | null;
  /** Every form of the serial number that the kernel and udev know; empty where they know none. */
  readonly serials: readonly string[];
  /** Partition table as libblkid calls it: `gpt`, `dos`, …; null where there is none. */
  readonly label: string | null;
  /** What was found on the disk, in words: partitions, signatures, mounts, swap, holders, other data. The label is not among them. */
  readonly findings: readonly string[];
}
