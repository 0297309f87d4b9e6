import { readFile } from 'node:fs/promises';
import ssh2, { type ParsedKey } from 'ssh2';

/** A private key file: a key, or the reason why there is none. */
export interface KeyFile {
  readonly file: string;
  readonly key: ParsedKey | null;
  /** Public half in SSH wire format, also of an encrypted key that has its `.pub` beside it. */
  readonly publicKey: Buffer | null;
  /** Why the key cannot be used; null where it can. */
  readonly problem: string | null;
  readonly missing: boolean;
}

/** Reads a private key file (OpenSSH or PEM). Never rejects. */
export async function loadKeyFile(file: string): Promise<KeyFile> {
  const text = await readFile(file).catch((cause: NodeJS.ErrnoException) => cause);
  if (text instanceof Error) return unusable(file, text.code === 'ENOENT' ? 'no such file' : text.message, text.code === 'ENOENT');
  const key: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(text);
  const first = Array.isArray(key) ? key[0] : key;
  if (first === undefined || first instanceof Error) return unparsed(file, first?.message ?? 'no key in it');
  if (!first.isPrivateKey()) return unusable(file, 'it is a public key');
  return { file, key: first, publicKey: first.getPublicSSH(), problem: null, missing: false };
}

async function unparsed(file: string, message: string): Promise<KeyFile> {
  if (!/encrypted|passphrase/i.test(message)) return unusable(file, message);
  const pub = await readFile(`${file}.pub`).catch(() => null);
  const key = pub === null ? null : ssh2.utils.parseKey(pub);
  const publicKey = key === null || key instanceof Error ? null : key.getPublicSSH();
  return { ...unusable(file, 'it is encrypted: add it to an agent with ssh-add'), publicKey };
}

function unusable(file: string, problem: string, missing = false): KeyFile {
  return { file, key: null, publicKey: null, problem, missing };
}
