import { createHmac } from 'node:crypto';
import { fitsHostList } from './config/pattern.ts';

/** One key of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHost {
  /** Comma list of patterns, or one hashed name. */
  readonly names: string;
  readonly revoked: boolean;
  /** Key type, such as `ssh-ed25519`. */
  readonly type: string;
  /** The key, base64. */
  readonly key: string;
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
}

/** Reads a known_hosts file. Comments, blank and malformed lines, and `@cert-authority` lines are left out. */
export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return parseLines(text, file, (marker) => marker === null || marker === '@revoked');
}

/** Reads the `@cert-authority` lines of a known_hosts file: whose host certificates are trusted. */
export function parseCertAuthorities(text: string, file: string): readonly KnownHost[] {
  return parseLines(text, file, (marker) => marker === '@cert-authority');
}

function parseLines(text: string, file: string, isWanted: (marker: string | null) => boolean): readonly KnownHost[] {
  return text.split('\n').flatMap((source, index) => {
    const fields = source.trim().split(/\s+/);
    const marker = fields[0]?.startsWith('@') ? (fields.shift() ?? null) : null;
    const [names = '', type, key] = fields;
    if (!isWanted(marker) || names.startsWith('#') || type === undefined || key === undefined || !isKeyType(type)) return [];
    return [{ names, revoked: marker === '@revoked', type, key, file, line: index + 1 }];
  });
}

/** Lines of the first protocol have the number of bits in this place. */
function isKeyType(text: string): boolean {
  return /^(ssh-(ed25519|rsa|dss)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/.test(text);
}

/**
 * The name that a host is recorded by: its alias (HostKeyAlias) where it has one, else `address`, or `[address]:port` for ports other than 22.
 * Lower case.
 */
export function knownHostName(address: string, port: number, alias: string | null = null): string {
  if (alias !== null) return alias.toLowerCase();
  const name = address.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Whether a line of known_hosts is about a host. A negated pattern that fits wins over all others. */
export function isAbout(entry: Pick<KnownHost, 'names'>, name: string): boolean {
  return entry.names.startsWith('|') ? fitsHash(entry.names, name) : fitsHostList(name, entry.names);
}

/** Hides a name as `ssh-keygen -H` and HashKnownHosts do. The salt is 20 random bytes. */
export function hashName(name: string, salt: Buffer): string {
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

/** `|1|salt|hash`, both base64: HMAC-SHA1 of the name (ssh-keygen(1), -H). */
function fitsHash(names: string, name: string): boolean {
  const [, magic, salt = ''] = names.split('|');
  return magic === '1' && salt !== '' && hashName(name, Buffer.from(salt, 'base64')) === names;
}
