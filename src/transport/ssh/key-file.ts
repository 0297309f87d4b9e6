import { readFile, stat } from 'node:fs/promises';
import ssh2, { type ParsedKey } from 'ssh2';
import type { Secret } from '../../model/secret.ts';
import { classifyKeyFile } from './key-file-class.ts';

/** A private key file: a key, or the reason why there is none. */
export interface KeyFile {
  readonly file: string;
  readonly key: ParsedKey | null;
  /** Public half in SSH wire format, also of an encrypted key whose form shows it or that has its `.pub` beside it. */
  readonly publicKey: Buffer | null;
  /** Why the key cannot be used; null where it can. */
  readonly problem: string | null;
  readonly missing: boolean;
  /** The contents of a key that only lacks its passphrase: for `unlockKey`. */
  readonly locked: Buffer | null;
}

/** Reads a private key file (OpenSSH, PEM or PuTTY). Never rejects. */
export async function loadKeyFile(file: string): Promise<KeyFile> {
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => cause);
  if (bytes instanceof Error) {
    const missing = bytes.code === 'ENOENT';
    return unusable(file, missing ? 'no such file' : bytes.message, { missing });
  }
  const key = await readKey(file, bytes);
  const exposed = key.key === null && key.locked === null ? null : await exposure(file);
  return exposed === null ? key : unusable(file, exposed, { publicKey: key.publicKey });
}

async function readKey(file: string, bytes: Buffer): Promise<KeyFile> {
  const { encrypted, publicKey, obstacle } = classifyKeyFile(bytes);
  if (obstacle !== null) return unusable(file, obstacle, { publicKey });
  if (encrypted) return lockedKey(file, bytes, publicKey);
  const key = parsePrivateKey(bytes, null);
  return 'problem' in key ? unusable(file, key.problem, { publicKey }) : usable(file, key);
}

/** Why ssh(1) would not use a key file of one's own: others may read or write it. */
async function exposure(file: string): Promise<string | null> {
  const { uid, mode } = await stat(file).catch(() => ({ uid: null, mode: 0 }));
  if (uid !== process.getuid?.() || (mode & 0o077) === 0) return null;
  return `others can open it (mode ${(mode & 0o777).toString(8)}), so ssh refuses it, too: chmod 600 ${file}`;
}

/** Opens an encrypted key. A wrong passphrase is told from other trouble. */
export function unlockKey({ file, locked }: KeyFile, passphrase: Secret): KeyFile | 'wrong-passphrase' {
  if (locked === null) throw new Error(`${file} is not locked`);
  const key = parsePrivateKey(locked, passphrase);
  if (!('problem' in key)) return usable(file, key);
  return key.wrongPassphrase ? 'wrong-passphrase' : unusable(file, key.problem);
}

function parsePrivateKey(bytes: Buffer, passphrase: Secret | null): ParsedKey | { problem: string; wrongPassphrase: boolean } {
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(bytes, passphrase?.reveal());
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined) return { problem: 'no key in it', wrongPassphrase: false };
  // ssh2 has no codes. Where decryption yields no key it asks "bad passphrase?", or hands on what OpenSSL says.
  if (key instanceof Error)
    return { problem: key.message, wrongPassphrase: /bad passphrase|bad decrypt|unable to authenticate data/i.test(key.message) };
  return key.isPrivateKey() ? key : { problem: 'it is a public key', wrongPassphrase: false };
}

async function lockedKey(file: string, bytes: Buffer, shown: Buffer | null): Promise<KeyFile> {
  const publicKey = shown ?? (await readFile(`${file}.pub`).then(classifyKeyFile, () => null))?.publicKey ?? null;
  return unusable(file, 'it is encrypted: add it to an agent with ssh-add', { publicKey, locked: bytes });
}

function usable(file: string, key: ParsedKey): KeyFile {
  return { file, key, publicKey: key.getPublicSSH(), problem: null, missing: false, locked: null };
}

function unusable(file: string, problem: string, more: Partial<KeyFile> = {}): KeyFile {
  return { file, key: null, publicKey: null, missing: false, locked: null, ...more, problem };
}
