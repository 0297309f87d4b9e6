import { describe, expect, it } from 'vitest';
import { fingerprint, hostKeyAlgorithms, judgeKey, keyRefused, keyType } from '../../../src/transport/ssh/host-key.ts';
import { parseCertAuthorities, parseKnownHosts } from '../../../src/transport/ssh/known-hosts.ts';

/** A key in wire format; only its type and identity matter here. */
function key(type: string, identity: string): Buffer {
  const parts = [type, identity].map((part) => [Buffer.from([0, 0, 0, part.length]), Buffer.from(part)]);
  return Buffer.concat(parts.flat());
}

const ED_A = key('ssh-ed25519', 'a');
const ED_B = key('ssh-ed25519', 'b');
const RSA_A = key('ssh-rsa', 'a');
const ED_B_FIELDS = `${keyType(ED_B)} ${ED_B.toString('base64')}`;
const line = (names: string, of: Buffer): string => `${names} ${keyType(of)} ${of.toString('base64')}`;

describe('a shown host key', () => {
  it.each([
    ['no line about the host', [line('web2', ED_A)], ED_A, 'unknown'],
    ['the same key', [line('web1', ED_A)], ED_A, 'known'],
    ['the same key on the second of two lines', [line('web1', RSA_A), line('web1', ED_A)], ED_A, 'known'],
    ['another key of the type', [line('web1', ED_A)], ED_B, 'changed'],
    ['only a key of another type', [line('web1', RSA_A)], ED_A, 'changed'],
    ['the key revoked', [line('web1', ED_A), `@revoked ${line('*', ED_A)}`], ED_A, 'revoked'],
    ['another key revoked', [`@revoked ${line('*', ED_B)}`], ED_A, 'unknown'],
    ['the key revoked before it is known', [`@revoked ${line('web*', ED_A)}`, line('web1', ED_A)], ED_A, 'revoked'],
    ['a line whose key is of another type than it says', [line('web1', ED_B).replace('ssh-ed25519', 'ssh-rsa')], ED_A, 'unknown'],
    ['a line whose key cannot be read', ['web1 ssh-ed25519 AAAA'], ED_A, 'unknown'],
    ['a line of the first protocol', ['web1 1024 35 12345'], ED_A, 'unknown'],
    ['a certificate authority only', [`@cert-authority ${line('web1', ED_B)}`], ED_A, 'unknown'],
  ])('with %s is %#', (_, lines, shown, expected) => {
    expect(judgeKey(parseKnownHosts(lines.join('\n'), 'kh'), 'web1', shown).kind).toBe(expected);
  });

  it('is asked for in a type that is known, and in all others after it', () => {
    const known = (...keys: Buffer[]): readonly string[] =>
      hostKeyAlgorithms(parseKnownHosts(keys.map((each) => line('web1', each)).join('\n'), 'kh'), 'web1');
    expect(known()[0]).toBe('ssh-ed25519');
    expect(known(RSA_A).slice(0, 4)).toEqual(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa', 'ssh-ed25519']);
    expect(known(RSA_A)).toHaveLength(known().length);
  });
});

describe('the refusal of a host key', () => {
  const old = { names: 'web1', revoked: false, type: 'ssh-rsa', key: 'AAAA', file: '/home/me/known hosts', line: 7 };
  const shown = `ssh-ed25519 ${fingerprint(ED_A)}`;

  it('names type and fingerprint of an unknown key, and both ways out', () => {
    const error = keyRefused({ kind: 'unknown', authority: null }, '[web1]:2222', ED_A);
    expect([error.phase, error.message]).toEqual(['host-key', `the host key of [web1]:2222 is not known: ${shown}`]);
    expect(error.hint).toBe("compare it with `ssh-keygen -l` on the host's own console, then record it with --accept-new");
  });

  it('proposes the transport that can check certificates where an authority is trusted', () => {
    const authorities = parseCertAuthorities(`@cert-authority *.example.com ${ED_B_FIELDS}`, '/kh');
    const verdict = judgeKey([], 'web1.example.com', ED_A, authorities);
    const error = verdict.kind === 'unknown' ? keyRefused(verdict, 'web1.example.com', ED_A) : null;
    expect(error?.message).toBe(`the host key of web1.example.com is not known: ${shown}; /kh:1 trusts certificates for it`);
    expect(error?.hint).toContain('the transport openssh can check host certificates');
    expect(judgeKey([], 'web1.example.org', ED_A, authorities)).toEqual({ kind: 'unknown', authority: null });
  });

  it('names the place of the old key, and the command that forgets it', () => {
    const error = keyRefused({ kind: 'changed', old }, '[web1]:2222', ED_A);
    expect(error.message).toBe(`the host key of [web1]:2222 has changed: it shows ${shown}, /home/me/known hosts:7 has another`);
    expect(error.hint).toBe("if the host was reinstalled: ssh-keygen -R '[web1]:2222' -f '/home/me/known hosts'");
  });

  it('names the place of a revocation', () => {
    expect(keyRefused({ kind: 'revoked', old }, 'web1', ED_A).message).toContain('is revoked by /home/me/known hosts:7');
  });
});
