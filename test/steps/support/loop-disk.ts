import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An image file behind a loop device, and a name for it as udev would make one. */
export interface LoopDisk {
  /** `/dev/loopN`. */
  readonly device: string;
  /** A symbolic link to it. */
  readonly name: string;
  /** SHA-256 of the image file, after everything written to the device has reached it. */
  digest(): string;
  /** Writes bytes at an offset of the device. */
  put(at: number, bytes: Uint8Array): void;
  sh(script: string): string;
  remove(): void;
}

const MIB = 1024 * 1024;
export const DISK_BYTES: number = 64 * MIB;

/** Why this machine has no loop devices for tests, or null. */
export const noLoopDisk: string | null = ((): string | null => {
  if (process.getuid?.() !== 0) return 'only root may make loop devices';
  const found = spawnSync('losetup', ['--find'], { encoding: 'utf8' });
  return found.status === 0 ? null : `losetup --find: ${found.error?.message ?? found.stderr.trim()}`;
})();

/** A disk of zeroes of 64 MiB. */
export function makeLoopDisk(): LoopDisk {
  const folder = mkdtempSync(join(tmpdir(), 'drover-disk-'));
  const image = join(folder, 'image');
  closeSync(openSync(image, 'w'));
  truncateSync(image, DISK_BYTES);
  const device = execFileSync('losetup', ['--find', '--show', '--partscan', image], { encoding: 'utf8' }).trim();
  const name = join(folder, 'disk');
  symlinkSync(device, name);
  const sh = (script: string): string =>
    execFileSync('sh', ['-euc', script, 'sh', device, folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return {
    device,
    name,
    sh,
    digest() {
      sh('blockdev --flushbufs "$1"; sync');
      return createHash('sha256').update(readFileSync(image)).digest('hex');
    },
    put(at, bytes) {
      const fd = openSync(device, 'r+');
      writeSync(fd, bytes, 0, bytes.length, at);
      closeSync(fd);
    },
    remove() {
      sh('! grep -q "^$1 " /proc/swaps || swapoff "$1"; umount "$2/mnt" 2>/dev/null || :; losetup --detach "$1"');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
