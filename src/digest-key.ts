import { createHmac, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Bytes of a key. */
const LENGTH = 32;

/** Makes digests that only the same key makes again: nobody without it can try out what a short value may have been. */
export interface DigestKey {
  /** Digests of keys with another id cannot be compared. */
  readonly id: string;
  /** 22 characters, equal for equal texts. */
  digest(text: string): string;
}

/** Where the key of a folder lies. */
export function digestKeyFile(cwd: string): string {
  return join(cwd, '.drover', 'key');
}

/** The key below the folder in which drover was started, made where there is none; for its owner alone. null where it cannot be read or kept. */
export function openDigestKey(cwd: string): DigestKey | null {
  const file = digestKeyFile(cwd);
  try {
    const key = readKey(file) ?? makeKey(file);
    return key === null ? null : createDigestKey(key);
  } catch {
    return null;
  }
}

/** Digests by these bytes. */
export function createDigestKey(key: Uint8Array): DigestKey {
  const digest = (text: string): string => createHmac('sha256', key).update(text).digest('base64url').slice(0, 22);
  return { id: digest('id').slice(0, 6), digest };
}

function readKey(file: string): Uint8Array | null {
  try {
    const key = Buffer.from(readFileSync(file, 'utf8'), 'base64url');
    return key.length === LENGTH ? key : null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Of two drovers that make it at once both take the one that was there first. What is no key (a write that was cut short) is replaced. */
function makeKey(file: string): Uint8Array | null {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${randomBytes(LENGTH).toString('base64url')}\n`, { mode: 0o600 });
  try {
    linkSync(temporary, file);
  } catch {
    if (readKey(file) === null) renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
  return readKey(file);
}
