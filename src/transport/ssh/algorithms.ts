import type { Algorithms, CipherAlgorithm, KexAlgorithm, MacAlgorithm } from 'ssh2';

/** Options of ssh_config(5) that choose how a connection is protected. */
export type AlgorithmOption = 'KexAlgorithms' | 'Ciphers' | 'MACs';

/**
 * What is offered where nobody says otherwise, the cheapest first: one X25519 exchange costs a fraction of a millisecond, and AES-GCM needs no
 * MAC of its own. The rest is for older servers.
 */
const OFFERED = {
  KexAlgorithms: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group-exchange-sha256',
  ],
  Ciphers: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr', 'chacha20-poly1305@openssh.com'],
  MACs: [
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha1-etm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-512',
    'hmac-sha1',
  ],
} as const satisfies { KexAlgorithms: KexAlgorithm[]; Ciphers: CipherAlgorithm[]; MACs: MacAlgorithm[] };

/** What ssh2 can do besides, for hosts that can do nothing better: only where it is asked for. */
const WEAK = {
  KexAlgorithms: ['diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  Ciphers: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  MACs: ['hmac-sha1-96', 'hmac-md5', 'hmac-md5-96'],
} as const satisfies { KexAlgorithms: KexAlgorithm[]; Ciphers: CipherAlgorithm[]; MACs: MacAlgorithm[] };

interface Choices<T> {
  readonly byDefault: readonly T[];
  readonly all: readonly T[];
}

/** What an option starts from, and all that it may choose. */
export const CHOICES: {
  readonly KexAlgorithms: Choices<KexAlgorithm>;
  readonly Ciphers: Choices<CipherAlgorithm>;
  readonly MACs: Choices<MacAlgorithm>;
} = {
  KexAlgorithms: { byDefault: OFFERED.KexAlgorithms, all: [...OFFERED.KexAlgorithms, ...WEAK.KexAlgorithms] },
  Ciphers: { byDefault: OFFERED.Ciphers, all: [...OFFERED.Ciphers, ...WEAK.Ciphers] },
  MACs: { byDefault: OFFERED.MACs, all: [...OFFERED.MACs, ...WEAK.MACs] },
};

/** What was chosen for one connection; an absent field is the default. */
export type ChosenAlgorithms = { readonly [Option in AlgorithmOption]?: readonly string[] | undefined };

/** For ssh2: what to offer. */
export function offeredProtection(chosen: ChosenAlgorithms): Algorithms {
  return {
    kex: known(CHOICES.KexAlgorithms.all, chosen.KexAlgorithms ?? OFFERED.KexAlgorithms),
    cipher: known(CHOICES.Ciphers.all, chosen.Ciphers ?? OFFERED.Ciphers),
    hmac: known(CHOICES.MACs.all, chosen.MACs ?? OFFERED.MACs),
    compress: ['none'],
  };
}

/** Names as ssh2's types have them. */
function known<T extends string>(all: readonly T[], wanted: readonly string[]): T[] {
  return wanted.flatMap((name) => all.filter((each) => each === name));
}
