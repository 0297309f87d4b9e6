import type { DiskFact } from '../model/disk-fact.ts';
import type { Step, StepOptions, StepPlan } from '../model/step.ts';
import { refuse } from './regular-file.ts';
import { checkPath, makeStep, StepArgumentError } from './step.ts';

/** Desired partition table of a disk. */
export interface DiskLabelOptions extends StepOptions {
  /** The whole disk by a name that stays: `/dev/disk/by-id/…`, `by-path`, `by-wwn`, `by-partuuid`, `by-label`. */
  readonly disk: string;
  /** The kind of partition table; there is no other yet. */
  readonly label: 'gpt';
  /** Serial number that the disk must have; with any other, or none, it is refused. Default: not compared. */
  readonly serial?: string | undefined;
  /** Take a name such as `/dev/sdb`, which may be another disk after the next boot. Default: false. */
  readonly allowUnstable?: boolean | undefined;
}

/**
 * A disk with a GPT label. Only a blank disk is labelled; a disk with anything on it (partitions, a signature of a file system, RAID, LVM or
 * swap, other data, a mount, a holder) is refused with what was found, and no option changes that. One with GPT already is left alone.
 * Needs root, and parted, sgdisk or an sfdisk that knows GPT. Cannot be undone. Throws StepArgumentError for wrong arguments.
 */
export function diskLabel(options: DiskLabelOptions): Step {
  const desired = desiredOf(options);
  return makeStep(
    {
      kind: 'diskLabel',
      subject: desired.disk,
      reads: [{ kind: 'disk', key: desired.disk }],
      wants: [{ field: 'label', after: 'gpt' }],
      plan: (facts) => planLabel(desired, facts.get('disk', desired.disk)),
    },
    options,
  );
}

interface Desired {
  readonly disk: string;
  readonly serial: string | undefined;
}

const STABLE = /^\/dev\/disk\/by-(id|path|wwn|partuuid|label)\/./;

function desiredOf({ disk, label, serial, allowUnstable = false }: DiskLabelOptions): Desired {
  const wrong = (what: string): never => {
    throw new StepArgumentError(`diskLabel: ${what}`);
  };
  checkPath('diskLabel', disk);
  if (!disk.startsWith('/dev/') || disk.includes('\n')) wrong(`disk ${JSON.stringify(disk)} must be a path below /dev`);
  if (label !== 'gpt') wrong(`label ${JSON.stringify(label)} must be 'gpt'`);
  if (typeof allowUnstable !== 'boolean') wrong(`allowUnstable ${JSON.stringify(allowUnstable)} must be true or false`);
  if (serial !== undefined && (typeof serial !== 'string' || serial.trim() === '' || /[\n\0]/.test(serial))) {
    wrong(`serial ${JSON.stringify(serial)} must be the serial number of the disk`);
  }
  if (!allowUnstable && !STABLE.test(disk)) {
    wrong(`${disk} may be another disk after the next boot; name it by /dev/disk/by-id/…, or say allowUnstable: true`);
  }
  return { disk, serial: serial?.trim() };
}

function planLabel({ disk, serial }: Desired, now: DiskFact): StepPlan {
  const problem = wrongDisk({ disk, serial }, now);
  if (problem !== null) return refuse(problem);
  if (now.label === 'gpt') return { result: 'ok' };
  const found = [...(now.label === null ? [] : [`partition table ${now.label}`]), ...now.findings];
  if (found.length > 0) return refuse(`${named(disk, now)} is not blank: ${found.join('; ')}. drover labels blank disks only`);
  const { device, bytes, serials } = now;
  if (device === null || bytes === null) return refuse(`${disk} has no size that could be read`);
  return {
    result: 'change',
    changes: [{ field: 'label', before: null, after: 'gpt' }],
    predicted: [{ kind: 'disk', key: disk, value: { type: 'disk', device, bytes, serials, label: 'gpt', findings: [] } }],
    actions: [{ kind: 'labelDisk', disk, device, bytes, serial }],
    irreversible: 'a label that is written is not taken away again',
  };
}

/** Why the path does not lead to the disk that is meant; null when it does. */
function wrongDisk({ disk, serial }: Desired, now: DiskFact): string | null {
  switch (now.type) {
    case 'absent':
      return `there is no ${disk} on this host`;
    case 'other':
      return `${disk} is no block device`;
    case 'partition':
      return `${named(disk, now)} is a partition; a label belongs on the whole disk`;
    case 'mapped':
      return `${named(disk, now)} is made by the device mapper out of other devices; a label belongs on a disk`;
    case 'disk':
      break;
  }
  if (now.bytes === 0) return `${named(disk, now)} has no medium`;
  if (serial === undefined || now.serials.includes(serial)) return null;
  const known = now.serials.length === 0 ? 'has no serial number that the host knows' : `has the serial number ${now.serials.join(' or ')}`;
  return `${named(disk, now)} ${known}, and not ${serial}`;
}

function named(disk: string, { device }: DiskFact): string {
  return device === null || device === disk ? disk : `${disk} (${device})`;
}
