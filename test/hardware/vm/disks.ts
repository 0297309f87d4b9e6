import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../../lab/fleet/command.ts';
import { DISKS } from './hosts.ts';
import { put } from './root.ts';

const MIB = 1024 * 1024;

/** File of a data disk in the image's folder. */
export function diskFile(directory: string, serial: string): string {
  return join(directory, `${serial}.raw`);
}

/** Makes the disks that roles are let loose on: a blank one and three that must be refused. */
export async function makeDisks(directory: string): Promise<void> {
  for (const serial of Object.values(DISKS)) makeSparse(diskFile(directory, serial), 64 * MIB);
  const tree = join(directory, 'ext4-content');
  put(join(tree, 'letter.txt'), 'This must stay.\n');
  await mustRun(['mkfs.ext4', '-q', '-L', 'keepme', '-d', tree, diskFile(directory, DISKS.ext4)]);
  rmSync(tree, { recursive: true });
  await mustRun(['sfdisk', '--quiet', diskFile(directory, DISKS.partitioned)], { input: 'label: dos\nstart=2048, size=32768, type=83\n' });
  writeLvmLabel(diskFile(directory, DISKS.lvm));
}

/** Makes a file of holes. */
export function makeSparse(file: string, bytes: number): void {
  mkdirSync(join(file, '..'), { recursive: true });
  const descriptor = openSync(file, 'w');
  ftruncateSync(descriptor, bytes);
  closeSync(descriptor);
}

/** The label of an LVM2 physical volume in sector 1 (LVM2, lib/label/label.h: id, sector, CRC from the offset on, offset, type), as blkid checks it. */
function writeLvmLabel(file: string): void {
  const sector = Buffer.alloc(512);
  sector.write('LABELONE', 0);
  sector.writeBigUInt64LE(1n, 8);
  sector.writeUInt32LE(32, 20);
  sector.write('LVM2 001', 24);
  sector.write(randomBytes(16).toString('hex'), 32);
  sector.writeBigUInt64LE(BigInt(64 * MIB), 64);
  sector.writeUInt32LE(crc32(sector.subarray(20)), 16);
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, sector, 0, 512, 512);
  closeSync(descriptor);
}

/** LVM2's CRC: the reflected CRC-32 with its own start value and no final inversion. */
function crc32(bytes: Buffer): number {
  let crc = 0xf597a6cf;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return crc >>> 0;
}
