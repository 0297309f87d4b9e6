import { createHash } from 'node:crypto';

/** Longer names end in a digest: file systems take 255 bytes, and something is appended. */
const LONGEST = 150;

/**
 * A name that every file system takes and that no other host has: capitals, signs and what is not ASCII stand as `%XX`, so that hosts that differ
 * only in case have two files where case does not count.
 */
export function safeFileName(host: string): string {
  const safe = [...Buffer.from(host, 'utf8')]
    .map((byte, index) => {
      const character = String.fromCharCode(byte);
      const isPlain = index === 0 ? /[a-z0-9_]/ : /[a-z0-9._-]/;
      return isPlain.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
  return safe.length <= LONGEST ? safe : `${safe.slice(0, LONGEST - 33)}-${createHash('sha256').update(host).digest('hex').slice(0, 32)}`;
}
