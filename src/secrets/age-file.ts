import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseYamlSource } from '../errors/yaml-source.ts';
import { isMapping } from '../model/host.ts';
import type { SecretSource, SecretState } from '../model/secret.ts';
import { readingTrouble, secretText } from './secret-text.ts';

type AgeSource = Extract<SecretSource, { readonly age: string }>;

/** Where identities are looked for. */
export interface AgeSurroundings {
  readonly home: string;
  readonly env: { readonly [name: string]: string | undefined };
}

interface Decrypted {
  readonly state: SecretState;
  /** The identities that were read, and all that the file holds. */
  readonly learned: readonly string[];
}

/** Decrypts an age file (age-encryption.org/v1, also armoured) by the identities of a file, and takes an entry of it where one is named. */
export async function readAge({ age: path, key, identity }: AgeSource, { home, env }: AgeSurroundings): Promise<Decrypted> {
  const identityFile = identity ?? (env.DROVER_AGE_IDENTITY || join(home, '.config', 'drover', 'age-identity.txt'));
  const [file, keys] = await Promise.all([readBytes(path), readBytes(identityFile)]);
  if (!(file instanceof Uint8Array)) return { state: file, learned: [] };
  if (!(keys instanceof Uint8Array)) return { state: { missing: `the age identity ${keys.missing}` }, learned: [] };
  const identities = identitiesOf(Buffer.from(keys).toString('utf8'));
  const strange = identities.find((line) => !/^AGE-SECRET-KEY-(?:PQ-)?1/.test(line));
  if (identities.length === 0 || strange !== undefined) {
    const why = strange === undefined ? 'holds no identity' : 'holds what is no identity of age itself (AGE-SECRET-KEY-1…)';
    return { state: { missing: `the age identity file ${identityFile} ${why}` }, learned: identities };
  }
  const bytes = await decrypt(file, identities);
  if (typeof bytes === 'string') return { state: { missing: `${path} cannot be decrypted: ${bytes}` }, learned: identities };
  const whole = secretText(bytes, path);
  if (key === null || typeof whole === 'string' || 'missing' in whole) return { state: whole, learned: identities };
  return { state: entryOf(whole.text, path, key), learned: identities };
}

async function readBytes(path: string): Promise<Uint8Array | { readonly missing: string }> {
  return readFile(path).catch((error: unknown) => readingTrouble(path, error));
}

/** One a line; comments and empty lines are passed over. */
function identitiesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

const ARMOUR = '-----BEGIN AGE ENCRYPTED FILE-----';

/** The plain bytes, or why there are none; the library is loaded where something is encrypted. */
async function decrypt(file: Uint8Array, identities: readonly string[]): Promise<Uint8Array | string> {
  const { armor, Decrypter } = await import('age-encryption');
  try {
    const decrypter = new Decrypter();
    for (const each of identities) decrypter.addIdentity(each);
    const text = Buffer.from(file).toString('latin1');
    return await decrypter.decrypt(text.trimStart().startsWith(ARMOUR) ? armor.decode(text) : file);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** An entry of a YAML or JSON mapping; its syntax errors are not told, for they quote it. */
function entryOf(text: string, path: string, key: string): SecretState {
  const { root, usable, value } = parseYamlSource(path, text);
  const map = usable ? value(root) : null;
  if (!isMapping(map)) return { missing: `${path} holds no YAML or JSON mapping to take "${key}" from` };
  if (!Object.hasOwn(map, key)) return { missing: `${path} has no entry "${key}"` };
  const found = map[key];
  if (typeof found !== 'string' && typeof found !== 'number') return { missing: `the entry "${key}" of ${path} is no text` };
  return found === '' ? { missing: `the entry "${key}" of ${path} is empty` } : { text: String(found) };
}
