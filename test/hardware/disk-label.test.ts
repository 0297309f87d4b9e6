import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, cli, lastReport, workspace } from '../lab/drive.ts';
import { describeHardware, hardware } from './hardware.ts';
import { DISKS } from './vm/hosts.ts';

/** What a run says, without its line breaks. */
const said = ({ stdout, stderr }: CliResult): string => `${stdout}${stderr}`.replace(/\s+/g, ' ');

const ROLE = `import { defineRole, diskLabel, pkg, z } from 'drover';

export default defineRole({
  name: 'label',
  description: 'A disk with a GPT label',
  platforms: 'any',
  params: z.strictObject({ disk: z.string(), serial: z.string() }),
  steps: ({ params }) => ({ steps: [pkg({ name: 'parted' }), diskLabel({ ...params, label: 'gpt' })] }),
});
`;

async function sh(script: string): Promise<string> {
  const { code, stdout, stderr } = await hardware().exec('metal', ['sh', '-c', script]);
  expect(code, `${script}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}
const diskOf = (serial: string): string => `/dev/disk/by-id/virtio-${serial}`;
/** The whole disk, past the page cache. */
const digest = (serial: string): Promise<string> => sh(`blockdev --flushbufs ${diskOf(serial)}; sha256sum <${diskOf(serial)}`);
const tableOf = (serial: string): Promise<string> => sh(`blkid -p -s PTTYPE -o value ${diskOf(serial)} || [ $? = 2 ]`);

describeHardware('diskLabel', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  const run = async (command: string, disk: string, serial: string): Promise<CliResult> => {
    const play = `- hosts: metal\n  become: true\n  roles:\n    - role: label\n      params: { disk: ${disk}, serial: ${serial} }\n`;
    await writeFile(join(work.path, 'label.yml'), play);
    return cli(work.path, [command, ...(command === 'apply' ? ['--yes'] : []), 'label.yml', '-i', hardware().inventoryFile]);
  };

  beforeAll(async () => {
    work = await workspace();
    await mkdir(join(work.path, 'roles'));
    await writeFile(join(work.path, 'roles', 'label.ts'), ROLE);
  });
  afterAll(async () => {
    // Other files want a blank disk, too.
    const disk = diskOf(DISKS.blank);
    await sh(`wipefs -aq ${disk}; dd if=/dev/zero of=${disk} bs=1M count=64 2>/dev/null; blockdev --rereadpt ${disk}; udevadm settle`);
    await sh('apt-get purge -y -q parted');
    await work.remove();
  });

  test('a blank disk with another serial number is refused', async () => {
    const before = await digest(DISKS.blank);
    const apply = await run('apply', diskOf(DISKS.blank), 'BLANK2');
    expect(apply.code, apply.stdout + apply.stderr).toBe(2);
    expect(said(apply)).toMatch(/has the serial number BLANK1, and not BLANK2/);
    expect(await digest(DISKS.blank)).toBe(before);
  });

  test('a blank disk becomes GPT', async () => {
    expect(await tableOf(DISKS.blank)).toBe('');
    const check = await run('check', diskOf(DISKS.blank), DISKS.blank);
    expect(check.code, check.stdout + check.stderr).toBe(3);
    expect(await tableOf(DISKS.blank)).toBe('');
    const apply = await run('apply', diskOf(DISKS.blank), DISKS.blank);
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    expect(await tableOf(DISKS.blank)).toBe('gpt\n');
    expect(await sh(`parted -sm ${diskOf(DISKS.blank)} print`)).toMatch(/:gpt:/);
  });

  test('a second apply changes nothing on it, also with a partition', async () => {
    const again = async (): Promise<void> => {
      const before = await digest(DISKS.blank);
      const apply = await run('apply', diskOf(DISKS.blank), DISKS.blank);
      expect(apply.code, apply.stdout + apply.stderr).toBe(0);
      expect((await lastReport(work.path)).hosts.map(({ outcome }) => outcome)).toEqual(['ok']);
      expect(await digest(DISKS.blank)).toBe(before);
    };
    await again();
    await sh(`parted -s ${diskOf(DISKS.blank)} mkpart data 1MiB 9MiB; udevadm settle; mkfs.ext4 -q ${diskOf(DISKS.blank)}-part1`);
    await again();
  });

  test.each([
    ['an ext4 file system', DISKS.ext4, /signature of ext4/],
    ['a DOS table with a partition', DISKS.partitioned, /partition table dos; partition \/dev\/vd[a-z]1 of 16 MiB/],
    ['an LVM physical volume', DISKS.lvm, /signature of LVM2_member/],
  ])('a disk with %s is refused with what was found, and every byte stays', async (_title, serial, found) => {
    const before = await digest(serial);
    const apply = await run('apply', diskOf(serial), serial);
    expect(apply.code, apply.stdout + apply.stderr).toBe(2);
    expect(said(apply)).toMatch(found);
    expect(await digest(serial)).toBe(before);
  });

  test('a disk in use is refused with where it is mounted', async () => {
    await sh(`mkdir -p /run/mounted && mount -o ro ${diskOf(DISKS.ext4)} /run/mounted`);
    const apply = await run('apply', diskOf(DISKS.ext4), DISKS.ext4);
    await sh('umount /run/mounted');
    expect(apply.code, apply.stdout + apply.stderr).toBe(2);
    expect(said(apply)).toMatch(/\/dev\/vd[a-z] is mounted at \/run\/mounted/);
  });

  test('a name that may be another disk after the next boot is refused', async () => {
    const apply = await run('apply', '/dev/vdb', DISKS.blank);
    expect(apply.code, apply.stdout + apply.stderr).toBe(2);
    expect(said(apply)).toContain('may be another disk after the next boot');
  });
});
