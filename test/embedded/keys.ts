import ssh2 from 'ssh2';

/** An ed25519 key pair. */
export interface KeyPair {
  /** OpenSSH's private key format. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…`, as in known_hosts and authorized_keys. */
  readonly publicKey: string;
}

/** Makes an ed25519 key pair. */
export function generateKeyPair(): KeyPair {
  for (;;) {
    const { private: privateKey, public: publicKey } = ssh2.utils.generateKeyPairSync('ed25519');
    // ssh2 1.17 drops leading zero bytes of the public key: about one pair in 200 is malformed.
    if (!(ssh2.utils.parseKey(privateKey) instanceof Error)) return { privateKey, publicKey };
  }
}
