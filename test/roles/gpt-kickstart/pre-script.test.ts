import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { renderKickstart } from '../../../roles/gpt-kickstart/render.ts';
import { lvmLabel, raidSuperblock } from '../../steps/support/disk-signatures.ts';
import { given } from './support/given.ts';
import { type Machine, type PreResult, runPre } from './support/installer.ts';
import { type LoopDisk, must, noLoopDisk, openLoopDisk, put } from './support/loop-disk.ts';

if (noLoopDisk !== null) console.warn(`skipped: %pre of gpt-kickstart on real disks: ${noLoopDisk}`);

const SHELLS = [['dash'], ['busybox', 'ash'], ['bash', '--norc', '--posix']].filter(([command = '']) => {
  const isThere = spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
  if (!isThere) console.warn(`skipped: %pre of gpt-kickstart by ${command}: it is not installed`);
  return isThere;
});

const physicalVolume = (image: string): void => put(image, 512, lvmLabel());
const raidMember = (image: string): void => put(image, 4096, raidSuperblock());
const msdos = (image: string): void => void must('parted', '-s', image, 'mklabel', 'msdos', 'mkpart', 'primary', '1MiB', '8MiB');
const gpt = (image: string): void => void must('parted', '-s', image, 'mklabel', 'gpt', 'mkpart', 'data', '1MiB', '8MiB');
const ext4 = (image: string): void => void must('mkfs.ext4', '-q', image);

/** What partitioning tools leave in front of a file system that fills the disk. */
function labelled(image: string): void {
  ext4(image);
  put(image, 510, Buffer.from([0x55, 0xaa]));
}

describe.skipIf(noLoopDisk !== null).each(SHELLS.map((shell) => ({ shell, name: shell.join(' ') })))('%pre run by $name', ({ shell }) => {
  const open: LoopDisk[] = [];
  afterEach(() => {
    for (const disk of open.splice(0)) disk.close();
  });
  const attach = (fill?: (image: string) => void): LoopDisk => {
    const disk = openLoopDisk(fill);
    open.push(disk);
    return disk;
  };
  /** The section for this disk by its unstable name, which is all that a loop device has. */
  const pre = (disk: LoopDisk, changes: Readonly<Record<string, unknown>> = {}, machine: Partial<Machine> = {}): PreResult =>
    runPre(renderKickstart(given({ disk: { path: `/dev/${disk.name}`, allowUnstable: true }, ...changes })), shell, {
      disks: [disk.name],
      ...machine,
    });

  test('labels a blank disk GPT and names it in the lines to include', () => {
    const disk = attach();
    const { code, log, parts } = pre(disk, { release: 'el8' });
    expect({ code, log }).toEqual({ code: 0, log: `gpt-kickstart: /dev/${disk.name} is blank; labelling it GPT\n` });
    expect(disk.tag('PTTYPE')).toBe('gpt');
    expect(must('parted', '-sm', disk.image, 'print')).toMatch(/:gpt:/);
    expect(parts).toBe(
      [
        `ignoredisk --only-use=${disk.name}`,
        `bootloader --location=mbr --boot-drive=${disk.name}`,
        `part biosboot --fstype=biosboot --size=1 --ondisk=${disk.name}`,
        `part /boot --fstype=xfs --size=1024 --ondisk=${disk.name}`,
        `part swap --fstype=swap --size=2048 --ondisk=${disk.name}`,
        `part / --fstype=xfs --size=4096 --grow --ondisk=${disk.name}`,
        '',
      ].join('\n'),
    );
  });

  test.each<[string, (image: string) => void, RegExp]>([
    ['an MS-DOS label with a partition', msdos, /not blank, it stays as it is: .*PTTYPE="dos"/],
    ['an empty MS-DOS label', (image) => must('parted', '-s', image, 'mklabel', 'msdos'), /PTTYPE="dos"/],
    ['a GPT with a partition', gpt, /PTTYPE="gpt"/],
    ['an ext4 file system', ext4, /TYPE="ext4"/],
    ['swap space', (image) => must('mkswap', image), /TYPE="swap"/],
    ['an LVM physical volume', physicalVolume, /TYPE="LVM2_member"/],
    ['a RAID member', raidMember, /TYPE="linux_raid_member"/],
    ['a label and a file system at once', labelled, /ext4/],
    ['data of an unknown kind', (image) => put(image, 700, Buffer.from('secret')), /data of an unknown kind at its start/],
    [
      'data of an unknown kind at its end',
      (image) => put(image, statSync(image).size - 9, Buffer.from('secret')),
      /data of an unknown kind at its end/,
    ],
  ])('stops at %s, whose bytes stay as they are', (_, fill, reason) => {
    const disk = attach(fill);
    const before = disk.digest();
    const { code, log, parts } = pre(disk);
    expect(log).toMatch(reason);
    expect({ code, parts }).toEqual({ code: 1, parts: null });
    expect(disk.digest()).toBe(before);
  });

  test('keep leaves a disk that is GPT as it is, with its partitions, and goes on', () => {
    const disk = attach(gpt);
    const before = disk.digest();
    const { code, log, parts } = pre(disk, { onExisting: 'keep' });
    expect(log).toMatch(/is GPT already and left as it is/);
    expect(code).toBe(0);
    expect(parts).toContain(`part / --fstype=xfs --size=4096 --grow --ondisk=${disk.name}\n`);
    expect(disk.digest()).toBe(before);
  });

  test('keep labels a blank disk, and stops at one that is not GPT', () => {
    const blank = attach();
    expect(pre(blank, { onExisting: 'keep' }).code).toBe(0);
    expect(blank.tag('PTTYPE')).toBe('gpt');
    for (const fill of [msdos, ext4, physicalVolume]) {
      const disk = attach(fill);
      const before = disk.digest();
      const { code, log } = pre(disk, { onExisting: 'keep' });
      expect(log).toMatch(/is not GPT and not blank, it stays as it is/);
      expect(code).toBe(1);
      expect(disk.digest()).toBe(before);
    }
  });

  test('stops at a disk that is used as swap or held by another device, though it looks blank', () => {
    const disk = attach();
    const before = disk.digest();
    const swaps = `printf '%s\\n' Filename '/dev/${disk.name} partition 65532 0 -2' >/tmp/swaps; mount --bind /tmp/swaps /proc/swaps`;
    expect(pre(disk, {}, { before: swaps })).toMatchObject({ code: 1, log: expect.stringContaining(`${disk.name} is used as swap`) });
    const holders = `/sys/class/block/${disk.name}/holders`;
    const held = `mount -t tmpfs tmpfs ${holders}; mkdir ${holders}/dm-0`;
    expect(pre(disk, {}, { before: held })).toMatchObject({ code: 1, log: expect.stringContaining(`${disk.name} is part of dm-0`) });
    expect(disk.digest()).toBe(before);
  });

  test('says where a disk is mounted', () => {
    const disk = attach(ext4);
    const { code, log } = pre(disk, {}, { before: `mount -o ro,noload /dev/${disk.name} /mnt` });
    expect(log).toContain(`${disk.name} is mounted on /mnt`);
    expect(code).toBe(1);
  });

  test('finds the disk by its serial number among others', () => {
    const [other, disk] = [attach(), attach()];
    const before = other.digest();
    const machine = { disks: [other.name, disk.name], serials: { [other.name]: 'AAA1', [disk.name]: 'BBB2' } };
    const { code, log, parts } = pre(disk, { disk: { serial: 'BBB2' } }, machine);
    expect(code, log).toBe(0);
    expect(parts).toContain(`ignoredisk --only-use=${disk.name}\n`);
    expect(disk.tag('PTTYPE')).toBe('gpt');
    expect(other.digest()).toBe(before);
  });

  test('follows a stable path, and stops when the disk behind it has another serial number', () => {
    const disk = attach();
    const before = disk.digest();
    const machine = { byId: { 'ata-DISK_BBB2': disk.name }, serials: { [disk.name]: 'BBB2' } };
    const path = '/dev/disk/by-id/ata-DISK_BBB2';
    const wrong = pre(disk, { disk: { path, serial: 'AAA1' } }, machine);
    expect(wrong).toMatchObject({ code: 1, log: expect.stringContaining('does not have the serial number AAA1') });
    expect(disk.digest()).toBe(before);
    expect(pre(disk, { disk: { path, serial: 'BBB2' } }, machine).parts).toContain(`--only-use=${disk.name}\n`);
    expect(disk.tag('PTTYPE')).toBe('gpt');
  });

  test('stops when no disk fits, when two have the serial number, and at what is no disk', () => {
    const [one, two] = [attach(), attach()];
    const disks = [one.name, two.name];
    const before = [one.digest(), two.digest()];
    expect(pre(one, { disk: { serial: 'CCC3' } }, { disks }).log).toContain('no disk has the serial number CCC3');
    const twice = { disks, serials: { [one.name]: 'AAA1', [two.name]: 'AAA1' } };
    expect(pre(one, { disk: { serial: 'AAA1' } }, twice)).toMatchObject({
      code: 1,
      log: expect.stringMatching(/two disks have the serial/),
    });
    expect(pre(one, { disk: { path: '/dev/disk/by-id/none' } })).toMatchObject({
      code: 1,
      log: expect.stringContaining('there is no disk'),
    });
    const file = { before: 'touch /dev/file' };
    expect(pre(one, { disk: { path: '/dev/file', allowUnstable: true } }, file).code).toBe(1);
    expect([one.digest(), two.digest()]).toEqual(before);
  });

  test('an include file that an earlier try left does not outlive a refusal', () => {
    const disk = attach(ext4);
    expect(pre(disk, {}, { before: 'echo stale >/tmp/gpt-kickstart.parts' })).toMatchObject({ code: 1, parts: null });
  });
});
