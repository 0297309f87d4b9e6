import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIZE = 16 * 1024 * 1024;

/** Why no loop disk can be made here; null when one can. */
export const noLoopDisk: string | null = whyNot();

function whyNot(): string | null {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/dev/loop-control')) return 'there are no loop devices';
  for (const tool of ['losetup', 'parted', 'blkid', 'mkfs.ext4', 'mkswap']) {
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0) return `${tool} is not installed`;
  }
  return spawnSync('unshare', ['-m', 'true']).status === 0 ? null : 'needs unshare(1) with mount namespaces';
}

/** An image file of 16 MiB behind a loop device. */
export interface LoopDisk {
  readonly image: string;
  /** Such as `loop3`. */
  readonly name: string;
  digest(): string;
  /** blkid's low-level answer for one tag, read from the image. Throws where it finds nothing. */
  tag(tag: string): string;
  close(): void;
}

/** Runs a tool that must succeed. */
export function must(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}${error?.message ?? ''}`);
  return stdout;
}

/** Writes bytes at an offset of an image. */
export function put(image: string, offset: number, bytes: Uint8Array): void {
  const file = openSync(image, 'r+');
  writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
}

/** Makes an image, lets `fill` put something on it, and attaches it, with its partitions. */
export function openLoopDisk(fill: (image: string) => void = () => {}): LoopDisk {
  const folder = mkdtempSync(join(tmpdir(), 'drover-disk-'));
  const image = join(folder, 'disk.img');
  const file = openSync(image, 'w');
  ftruncateSync(file, SIZE);
  closeSync(file);
  fill(image);
  const device = must('losetup', '--find', '--show', '--partscan', image).trim();
  return {
    image,
    name: device.slice('/dev/'.length),
    digest: () => createHash('sha256').update(readFileSync(image)).digest('hex'),
    tag: (tag) => must('blkid', '-p', '-s', tag, '-o', 'value', image).trim(),
    close: () => {
      must('losetup', '--detach', device);
      rmSync(folder, { recursive: true });
    },
  };
}
