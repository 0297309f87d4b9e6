import { createHmac } from 'node:crypto';

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
  return text.split('\n').flatMap((line, index) => parseLine(line, { file, line: index + 1 }));
}

function parseLine(text: string, place: { file: string; line: number }): readonly KnownHost[] {
  const fields = text.trim().split(/\s+/);
  const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
  const [names = '', type, key] = fields;
  const isUsable = marker === undefined || marker === '@revoked';
  if (names.startsWith('#') || type === undefined || key === undefined || !isUsable) return [];
  return [{ names, revoked: marker === '@revoked', type, key, ...place }];
}

/** The name that a host is recorded by: `address`, or `[address]:port` for ports other than 22. */
export function knownHostName(address: string, port: number): string {
  const name = address.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Whether a line of known_hosts is about a host. A negated pattern that fits wins over all others. */
export function isAbout(entry: Pick<KnownHost, 'names'>, name: string): boolean {
  if (entry.names.startsWith('|')) return fitsHash(entry.names, name);
  const patterns = entry.names.toLowerCase().split(',');
  const isDenied = patterns.some((pattern) => pattern.startsWith('!') && fitsPattern(pattern.slice(1), name));
  return !isDenied && patterns.some((pattern) => fitsPattern(pattern, name));
}

/** `|1|salt|hash`, both base64: HMAC-SHA1 of the name (ssh-keygen(1), -H). */
function fitsHash(names: string, name: string): boolean {
  const [, magic, salt = '', hash] = names.split('|');
  return magic === '1' && createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

function fitsPattern(pattern: string, name: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === name;
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name);
}
