import { createHash } from 'node:crypto';
import { TransportError } from '../../model/transport.ts';
import { commandLine } from '../../shell/quote.ts';
import { isAbout, type KnownHost } from './known-hosts.ts';

/** What known_hosts says of the key that a server showed. */
export type KeyVerdict =
  | { readonly kind: 'known' }
  /** `authority`: a line that trusts whoever has a certificate of another key for this host. */
  | { readonly kind: 'unknown'; readonly authority: KnownHost | null }
  | { readonly kind: 'changed'; readonly old: KnownHost }
  | { readonly kind: 'revoked'; readonly old: KnownHost };

/**
 * Compares a server's key (SSH wire format, RFC 4253, 6.6) with what is known of the host. A host of which only other keys are known has changed,
 * also where their types differ: else whoever stands in between would just show a key of another type. Lines whose key cannot be read say nothing.
 */
export function judgeKey(entries: readonly KnownHost[], name: string, key: Buffer, authorities: readonly KnownHost[] = []): KeyVerdict {
  const encoded = key.toString('base64');
  const about = entries.filter((entry) => isAbout(entry, name) && isReadable(entry));
  const revoked = about.find((entry) => entry.revoked && entry.key === encoded);
  if (revoked !== undefined) return { kind: 'revoked', old: revoked };
  const valid = about.filter((entry) => !entry.revoked);
  if (valid.some((entry) => entry.key === encoded)) return { kind: 'known' };
  const old = valid.find((entry) => entry.type === keyType(key)) ?? valid[0];
  if (old !== undefined) return { kind: 'changed', old };
  return { kind: 'unknown', authority: authorities.find((entry) => isAbout(entry, name)) ?? null };
}

/**
 * The same as ssh judges it: of a host on a port of its own of which nobody knows anything, a key that is known of the host without that port
 * will do.
 */
export function judgeKeyOnPort(
  entries: readonly KnownHost[],
  name: string,
  key: Buffer,
  authorities: readonly KnownHost[] = [],
): KeyVerdict {
  const verdict = judgeKey(entries, name, key, authorities);
  const [, plain] = /^\[(.+)\]:\d+$/.exec(name) ?? [];
  if (verdict.kind !== 'unknown' || plain === undefined) return verdict;
  return judgeKey(entries, plain, key).kind === 'known' ? { kind: 'known' } : verdict;
}

/** Whether the key of a line is of the type that the line names. */
function isReadable({ type, key }: KnownHost): boolean {
  const bytes = Buffer.from(key, 'base64');
  return bytes.length > 4 && keyType(bytes) === type;
}

/** Host key algorithms to offer, those first for which a key of the host is known. */
export function hostKeyAlgorithms(entries: readonly KnownHost[], name: string): HostKeyAlgorithm[] {
  const known = new Set(entries.filter((entry) => !entry.revoked && isAbout(entry, name) && isReadable(entry)).map((entry) => entry.type));
  const isKnown = (algorithm: HostKeyAlgorithm): boolean => known.has(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);
  return [...HOST_KEY_ALGORITHMS.filter(isKnown), ...HOST_KEY_ALGORITHMS.filter((algorithm) => !isKnown(algorithm))];
}

/** The cheapest to verify first. `rsa-` ones are signatures by `ssh-rsa` keys (RFC 8332). */
export const HOST_KEY_ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
] as const;
export type HostKeyAlgorithm = (typeof HOST_KEY_ALGORITHMS)[number];

/** Type name of a public key in SSH wire format: its first string. */
export function keyType(key: Buffer): string {
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}

/** Fingerprint as `ssh-keygen -l` prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The error for a key that is not accepted. */
export function keyRefused(verdict: Exclude<KeyVerdict, { kind: 'known' }>, name: string, key: Buffer): TransportError {
  const shown = `${keyType(key)} ${fingerprint(key)}`;
  if (verdict.kind === 'unknown' && verdict.authority !== null) {
    const { file, line } = verdict.authority;
    return new TransportError('host-key', `the host key of ${name} is not known: ${shown}; ${file}:${line} trusts certificates for it`, {
      hint: 'the transport openssh can check host certificates, this one cannot; or record the key itself with --accept-new',
    });
  }
  if (verdict.kind === 'unknown') {
    return new TransportError('host-key', `the host key of ${name} is not known: ${shown}`, {
      hint: `compare it with \`ssh-keygen -l\` on the host's own console, then record it with --accept-new`,
    });
  }
  const { file, line } = verdict.old;
  if (verdict.kind === 'revoked') {
    return new TransportError('host-key', `the host key of ${name} is revoked by ${file}:${line}: ${shown}`, {
      hint: 'do not trust this host until it has a new key',
    });
  }
  return new TransportError('host-key', `the host key of ${name} has changed: it shows ${shown}, ${file}:${line} has another`, {
    hint: `if the host was reinstalled: ${commandLine(['ssh-keygen', '-R', name, '-f', file])}`,
  });
}
