import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Content } from '../model/content.ts';
import type { Secret } from '../model/secret.ts';
import { textOf } from './secret-text.ts';
import { StepArgumentError } from './step.ts';

/** Content with its digest, from text (UTF-8), a secret, or bytes. */
export function contentOf(value: string | Secret | Uint8Array): Content {
  const bytes = value instanceof Uint8Array ? value : Buffer.from(textOf(value), 'utf8');
  return { kind: 'content', digest: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, bytes };
}

/**
 * Bytes of a file beside a role: `localFile(import.meta.url, 'motd.txt')`. Read at once, on the machine that runs drover.
 * Throws StepArgumentError when it cannot be read.
 */
export function localFile(base: string | URL, path: string): Uint8Array {
  return readLocal(isAbsolute(path) ? path : resolve(dirname(fileURLToPath(base)), path));
}

/** Bytes of a local file by its absolute path. Throws StepArgumentError when it is not absolute or cannot be read. */
export function readLocal(path: string): Uint8Array {
  if (!isAbsolute(path)) {
    throw new StepArgumentError(
      `source ${JSON.stringify(path)} must be absolute; beside a role: content: localFile(import.meta.url, ${JSON.stringify(path)})`,
    );
  }
  try {
    return readFileSync(path);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new StepArgumentError(`cannot read the local file ${path}: ${LOCAL_TROUBLE[why] ?? why}`);
  }
}

const LOCAL_TROUBLE: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
};
