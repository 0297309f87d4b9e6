import type { SecretState } from '../model/secret.ts';

/** Why a file cannot be read. */
export function readingTrouble(path: string, error: unknown): { readonly missing: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why = new Map([
    ['ENOENT', 'there is no such file'],
    ['EACCES', 'permission denied'],
    ['EISDIR', 'it is a directory'],
  ]).get(code);
  return { missing: `${path} cannot be read: ${why ?? (error instanceof Error ? error.message : String(error))}` };
}

/** Bytes as the text of a secret: UTF-8, without one newline at the end. */
export function secretText(bytes: Uint8Array, name: string): SecretState {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
    return text === '' ? { missing: `${name} is empty` } : { text };
  } catch {
    return { missing: `${name} is not UTF-8 text` };
  }
}
