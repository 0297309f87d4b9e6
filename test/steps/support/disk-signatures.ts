/** The label of an LVM2 physical volume in the disk's second sector; libblkid compares the checksum. */
export function lvmLabel(): Uint8Array {
  const sector = Buffer.alloc(512);
  sector.write('LABELONE', 0, 'latin1');
  sector.writeBigUInt64LE(1n, 8);
  sector.writeUInt32LE(32, 20);
  sector.write('LVM2 001', 24, 'latin1');
  sector.write('abcdefghijklmnopqrstuvwxyz012345', 32, 'latin1');
  sector.writeUInt32LE(lvmChecksum(sector.subarray(20)), 16);
  return sector;
}

/** The usual CRC-32, but with LVM's own start and without the inversion at the end. */
function lvmChecksum(bytes: Uint8Array): number {
  let crc = 0xf597a6cf;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return crc >>> 0;
}

/** A superblock of Linux software RAID, version 1.2: it lies 4 KiB behind the start. */
export function raidSuperblock(): Uint8Array {
  const block = Buffer.alloc(256);
  block.writeUInt32LE(0xa92b4efc, 0);
  block.writeUInt32LE(1, 4);
  block.fill(7, 16, 32);
  block.write('lab:0', 32, 'latin1');
  block.writeBigUInt64LE(8n, 144);
  return block;
}
