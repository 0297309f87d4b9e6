import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, test } from 'vitest';
import type { Action } from '../../src/model/action.ts';
import type { DiskFact } from '../../src/model/disk-fact.ts';
import type { StepPlan } from '../../src/model/step.ts';
import { broken, verifyRequests } from '../../src/plan/verify.ts';
import { type DiskLabelOptions, diskLabel } from '../../src/steps/disk-label.ts';
import { lvmLabel, raidSuperblock } from './support/disk-signatures.ts';
import { hosts, testBase } from './support/host.ts';
import { DISK_BYTES, type LoopDisk, makeLoopDisk, noLoopDisk } from './support/loop-disk.ts';
import { planOn, viewOf } from './support/view.ts';

const DISK = '/dev/disk/by-id/ata-DISK_S1';
const base = testBase(false);
const blank: DiskFact = { type: 'disk', device: '/dev/sdb', bytes: 4096, serials: ['S1', 'DISK_S1'], label: null, findings: [] };
const plan = (now: Partial<DiskFact>, options: Partial<DiskLabelOptions> = {}) => {
  const step = diskLabel({ disk: DISK, label: 'gpt', ...options });
  return planOn(step, { [`disk ${step.subject}`]: { ...blank, ...now } }, base);
};

describe('a disk label', () => {
  test('is written to a blank disk, and cannot be undone', () => {
    expect(plan({})).toEqual({
      result: 'change',
      changes: [{ field: 'label', before: null, after: 'gpt' }],
      predicted: [{ kind: 'disk', key: DISK, value: { ...blank, label: 'gpt' } }],
      actions: [{ kind: 'labelDisk', disk: DISK, device: '/dev/sdb', bytes: 4096, serial: undefined }],
      irreversible: 'a label that is written is not taken away again',
    });
  });

  test.each<[string, Partial<DiskFact>, Partial<DiskLabelOptions>]>([
    ['it is there', { label: 'gpt' }, {}],
    [
      'it is there, with partitions in use',
      { label: 'gpt', findings: ['partition /dev/sdb1 of 1 MiB', '/dev/sdb1 is mounted at /srv'] },
      {},
    ],
    ['it is there, on the disk with this serial number', { label: 'gpt' }, { serial: ' S1 ' }],
  ])('is nothing to do where %s', (_title, now, options) => {
    expect(plan(now, options)).toEqual({ result: 'ok' });
  });

  test.each<[Partial<DiskFact>, Partial<DiskLabelOptions>, string]>([
    [{ findings: ['signature of ext4'] }, {}, `${DISK} (/dev/sdb) is not blank: signature of ext4. drover labels blank disks only`],
    [{ label: 'dos', findings: ['partition /dev/sdb1 of 9 MiB', 'x'] }, {}, 'partition table dos; partition /dev/sdb1 of 9 MiB; x.'],
    [{ label: 'dos' }, {}, 'is not blank: partition table dos.'],
    [{ type: 'absent', device: null }, {}, `there is no ${DISK} on this host`],
    [{ type: 'other', device: null }, {}, `${DISK} is no block device`],
    [{ type: 'partition', label: 'gpt' }, {}, 'is a partition'],
    [{ type: 'mapped', device: '/dev/dm-0' }, {}, '(/dev/dm-0) is made by the device mapper'],
    [{ bytes: 0 }, {}, 'has no medium'],
    [{}, { serial: 'S2' }, `${DISK} (/dev/sdb) has the serial number S1 or DISK_S1, and not S2`],
    [{ label: 'gpt' }, { serial: 'S2' }, 'and not S2'],
    [{ serials: [] }, { serial: 'S2' }, 'has no serial number that the host knows, and not S2'],
  ])('is refused: %j %j', (now, options, reason) => {
    expect(plan(now, options)).toEqual({ result: 'refused', reason: expect.stringContaining(reason) });
  });

  test.each<[string]>([['by-id/x'], ['by-path/pci-0000:00:1f.2-ata-1'], ['by-wwn/x'], ['by-partuuid/x'], ['by-label/x']])(
    'takes /dev/disk/%s as a name that stays',
    (name) => {
      expect(diskLabel({ disk: `/dev/disk/${name}`, label: 'gpt' }).subject).toBe(`/dev/disk/${name}`);
    },
  );

  test.each<[object, string]>([
    [
      { disk: '/dev/sdb' },
      'diskLabel: /dev/sdb may be another disk after the next boot; name it by /dev/disk/by-id/…, or say allowUnstable',
    ],
    [{ disk: '/dev/disk/by-id/' }, 'must not end in /'],
    [{ disk: '/dev/disk/by-id/../../sda' }, 'must not contain . or ..'],
    [{ disk: '/srv/disk.img', allowUnstable: true }, 'diskLabel: disk "/srv/disk.img" must be a path below /dev'],
    [{ disk: '/dev/disk/by-id/a\nb' }, 'must be a path below /dev'],
    [{ disk: 'sdb', allowUnstable: true }, 'must be absolute'],
    [{ label: 'msdos' }, 'diskLabel: label "msdos" must be \'gpt\''],
    [{ serial: ' ' }, 'diskLabel: serial " " must be the serial number of the disk'],
    [{ allowUnstable: 'yes' }, 'diskLabel: allowUnstable "yes" must be true or false'],
  ])('does not take %j', (options, message) => {
    expect(() => diskLabel({ disk: DISK, label: 'gpt', ...options })).toThrow(message);
  });
});

if (noLoopDisk !== null) console.warn(`left out: labels on real disks: ${noLoopDisk}`);

/** What is put on a disk, and what a refusal must then say. Mounted read-only: else the kernel itself goes on writing. */
const CONTENTS: readonly (readonly [title: string, put: (disk: LoopDisk) => void, found: readonly RegExp[]])[] = [
  ['an ext4 file system', (disk) => disk.sh('mkfs.ext4 -q "$1"'), [/signature of ext4/]],
  [
    'a mounted file system',
    (disk) => disk.sh('mkfs.ext4 -q "$1"; mkdir "$2/mnt"; mount -o ro "$1" "$2/mnt"'),
    [/signature of ext4/, /loop\d+ is mounted at \/.*\/mnt/],
  ],
  [
    'a DOS table with a partition',
    (disk) => disk.sh('parted -s "$1" mklabel msdos mkpart primary 1MiB 9MiB'),
    [/partition table dos/, /partition \/dev\/loop\d+p1 of 8 MiB/],
  ],
  ['an empty DOS table', (disk) => disk.sh('parted -s "$1" mklabel msdos'), [/partition table dos\./]],
  [
    'a mounted partition of a DOS table',
    (disk) =>
      disk.sh('parted -s "$1" mklabel msdos mkpart primary 1MiB 60MiB; mkfs.ext4 -q "$1p1"; mkdir "$2/mnt"; mount -o ro "$1p1" "$2/mnt"'),
    [/partition table dos/, /loop\d+p1 is mounted at/],
  ],
  ['swap', (disk) => disk.sh('mkswap "$1"'), [/signature of swap/]],
  ['an LVM physical volume', (disk) => disk.put(512, lvmLabel()), [/signature of LVM2_member/]],
  ['a member of a software RAID', (disk) => disk.put(4096, raidSuperblock()), [/signature of linux_raid_member/]],
  ['data of an unknown kind', (disk) => disk.put(700, Buffer.from('secret')), [/data of an unknown kind at byte 0/]],
  [
    'data of an unknown kind at its end',
    (disk) => disk.put(DISK_BYTES - 9, Buffer.from('secret')),
    [/data of an unknown kind at byte 67076096/],
  ],
  [
    'two signatures at once',
    (disk) =>
      disk.sh(
        'mkswap "$1"; dd if=/dev/zero of="$2/fs" bs=1M count=8 2>/dev/null; mkfs.ext4 -q "$2/fs"; dd if="$2/fs" of="$1" bs=1 skip=1080 seek=1080 count=2 conv=notrunc 2>/dev/null',
      ),
    [/signature of swap/],
  ],
  [
    'the second copy of a GPT alone',
    (disk) => disk.sh('parted -s "$1" mklabel gpt; dd if=/dev/zero of="$1" bs=512 count=34 conv=notrunc 2>/dev/null'),
    [/signature of gpt/],
  ],
  ['another loop device on it', (disk) => disk.sh('losetup --find "$1"'), [/loop\d+ is behind \/dev\/loop\d+/]],
];

/** Tools that a busybox host gets from packages (Alpine: blkid, wipefs, parted). */
const tools = mkdtempSync(join(tmpdir(), 'drover-disk-tools-'));
afterAll(() => rmSync(tools, { recursive: true, force: true }));
for (const name of ['blkid', 'wipefs', 'parted']) {
  for (const path of [`/sbin/${name}`, `/usr/sbin/${name}`].filter(existsSync).slice(0, 1)) symlinkSync(path, join(tools, name));
}
const withTools = (text: string): string => `PATH=$PATH:${tools}\n${text}`;

describe.skipIf(noLoopDisk !== null).each(hosts)('labels on real disks, by $name', (host) => {
  let disk: LoopDisk | undefined;
  const made = (): LoopDisk => {
    disk = makeLoopDisk();
    return disk;
  };
  afterEach(() => {
    disk?.sh('for each in $(losetup --associated "$1" --noheadings --output NAME); do losetup --detach "$each"; done');
    disk?.remove();
    disk = undefined;
  });
  const planned = ({ device }: LoopDisk): StepPlan => {
    const step = diskLabel({ disk: device, label: 'gpt', allowUnstable: true });
    return step.plan(viewOf(host.read(step.reads, withTools), host.base));
  };
  /** Exit status and output. */
  const write = (actions: readonly Action[]): string =>
    host
      .write(actions, withTools)
      .flatMap((event) => (event.kind === 'end' ? [`${event.exitCode} ${event.output}`] : []))
      .join('\n');
  const actionsOf = (plan: StepPlan): readonly Action[] => (plan.result === 'change' ? plan.actions : []);
  const tableOf = (on: LoopDisk): string => on.sh('blkid -p -s PTTYPE -o value "$1"');

  it('labels a blank one, once, as it was foreseen', () => {
    const on = made();
    const plan = planned(on);
    expect(write(actionsOf(plan))).toMatch(/^0 /);
    expect(tableOf(on)).toBe('gpt\n');
    expect(on.sh('parted -sm "$1" print')).toMatch(/:gpt:/);
    const predictions = plan.result === 'change' ? plan.predicted.map((prediction) => ({ prediction, by: 'diskLabel' })) : [];
    expect(predictions).toHaveLength(1);
    expect(broken(predictions, host.read(verifyRequests(predictions), withTools))).toEqual([]);
    expect(planned(on)).toEqual({ result: 'ok' });
  });

  it('leaves a GPT with partitions as it is', () => {
    const on = made();
    on.sh('parted -s "$1" mklabel gpt mkpart data 1MiB 20MiB; mkfs.ext4 -q "$1p1"; mkdir "$2/mnt"; mount -o ro "$1p1" "$2/mnt"');
    expect(planned(on)).toEqual({ result: 'ok' });
  });

  it.each(CONTENTS)('refuses %s, and leaves every byte', (_title, put, found) => {
    const on = made();
    put(on);
    const before = on.digest();
    const plan = planned(on);
    expect(plan).toMatchObject({ result: 'refused' });
    for (const each of found) expect(plan).toMatchObject({ reason: expect.stringMatching(each) });
    const action: Action = { kind: 'labelDisk', disk: on.device, device: on.device, bytes: DISK_BYTES, serial: undefined };
    expect(write([action])).toMatch(/^1 .*is not blank, nothing is written/);
    expect(on.digest()).toBe(before);
  });

  it('refuses swap that is in use', () => {
    const on = made();
    on.sh('mkswap "$1"; chmod 600 "$1"; swapon "$1"');
    expect(planned(on)).toMatchObject({ result: 'refused', reason: expect.stringMatching(/\/dev\/loop\d+ is used as swap/) });
    // The kernel may write to it at any time, so its bytes are not compared.
    expect(on.sh('blkid -p -s TYPE -o value "$1"')).toBe('swap\n');
  });

  it('does not write when the name leads to another disk than the planned one', () => {
    const on = made();
    const action: Action = { kind: 'labelDisk', disk: on.name, device: on.device, bytes: DISK_BYTES, serial: undefined };
    const before = on.digest();
    for (const wrong of [{ device: '/dev/loop99' }, { bytes: 1 }, { serial: 'S1' }, { disk: '/dev/null' }, { disk: `${on.name}-gone` }]) {
      expect(write([{ ...action, ...wrong }])).toMatch(/^1 .*plan again/);
    }
    expect(on.digest()).toBe(before);
    expect(write([action])).toMatch(/^0 /);
    expect(write([action])).toMatch(/^0 it has the label already/);
    expect(tableOf(on)).toBe('gpt\n');
  });

  it('tells a partition, a file and nothing from a disk', () => {
    const on = made();
    on.sh('parted -s "$1" mklabel gpt mkpart data 1MiB 20MiB');
    const type = (key: string): unknown => host.read([{ kind: 'disk', key }], withTools).get(`disk ${key}`);
    expect(type(`${on.device}p1`)).toMatchObject({ value: { type: 'partition', bytes: 19 * 1024 * 1024 } });
    expect(type('/dev/null')).toMatchObject({ value: { type: 'other' } });
    expect(type("/dev/disk/by-id/it's $(not) there")).toMatchObject({ value: { type: 'absent', device: null } });
    expect(type(on.name)).toMatchObject({ value: { type: 'disk', device: on.device, bytes: DISK_BYTES, label: 'gpt' } });
  });

  it('takes nothing for blank where no blkid looks at the device, and writes nothing without a tool', () => {
    const on = made();
    const hidden = (text: string): string => text.replaceAll('blkid -p', 'no-blkid -p');
    const found = host.read([{ kind: 'disk', key: on.device }], (text) => hidden(withTools(text)));
    expect(found.get(`disk ${on.device}`)).toEqual({ state: 'unreadable', reason: expect.stringContaining('no blkid') });
    const before = on.digest();
    const actions = actionsOf(planned(on));
    for (const tamper of [hidden, (text: string) => text.replaceAll(/parted|sgdisk|sfdisk/g, 'no-$&')]) {
      expect(host.write(actions, (text) => tamper(withTools(text)))[1]).toMatchObject({ kind: 'end', exitCode: 1 });
    }
    expect(on.digest()).toBe(before);
  });
});
