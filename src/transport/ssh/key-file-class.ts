import { keyType } from './host-key.ts';

/** What a key file holds, as far as that can be seen without its passphrase. */
export interface KeyFileClass {
  /** `pem`: the older form of OpenSSL and OpenSSH; `pkcs8`: `BEGIN PRIVATE KEY`; `public`: one line of `TYPE BASE64`, as in `.pub` files. */
  readonly format: 'openssh' | 'pem' | 'pkcs8' | 'putty' | 'rfc4716' | 'public' | 'unknown';
  /** Type such as `ssh-ed25519`; null where the form hides it, as for ECDSA in PEM. */
  readonly type: string | null;
  readonly encrypted: boolean;
  /** Public half in SSH wire format, where the form shows it. */
  readonly publicKey: Buffer | null;
  /** Why ssh2 cannot log in with it whatever the passphrase; null where it can. */
  readonly obstacle: string | null;
}

/** What to do about keys that ssh2 cannot use. */
export const BY_OPENSSH = 'log in with --transport openssh (drover_transport: openssh)';

/** Classifies the bytes of a key file. */
export function classifyKeyFile(bytes: Buffer): KeyFileClass {
  const text = bytes.toString('latin1').trim();
  const label = /^-----BEGIN ([A-Z ]+)-----/m.exec(text)?.[1];
  if (label === 'OPENSSH PRIVATE KEY') return classifyOpenSsh(text);
  if (label === 'PRIVATE KEY' || label === 'ENCRYPTED PRIVATE KEY') return classifyPkcs8(label);
  if (label?.endsWith(' PRIVATE KEY')) return classifyPem(label, text);
  if (text.startsWith('PuTTY-User-Key-File-')) return classifyPutty(text);
  if (text.startsWith('---- BEGIN SSH2 PUBLIC KEY')) return { ...NOTHING, format: 'rfc4716', obstacle: 'it is a public key' };
  return classifyLine(text);
}

const NOTHING: KeyFileClass = {
  format: 'unknown',
  type: null,
  encrypted: false,
  publicKey: null,
  obstacle: 'it is no key that drover knows',
};

/** The form of `ssh-keygen` since OpenSSH 7.8 (PROTOCOL.key): cipher, key derivation, its options, number of keys and public key are readable. */
function classifyOpenSsh(text: string): KeyFileClass {
  const body = Buffer.from(text.replaceAll(/-----[^-]+-----/g, ''), 'base64');
  const broken: KeyFileClass = { ...NOTHING, format: 'openssh', obstacle: 'it is broken' };
  if (body.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) return broken;
  const cipher = readField(body, MAGIC.length);
  const derivation = cipher && readField(body, cipher.end);
  const options = derivation && readField(body, derivation.end);
  // The number of keys, four bytes, is always 1.
  const publicKey = options && readField(body, options.end + 4)?.bytes;
  if (!cipher || !publicKey || publicKey.length < 8) return broken;
  const [type, name] = [keyType(publicKey), cipher.bytes.toString('latin1')];
  const obstacle = typeObstacle(type) ?? (KNOWN_CIPHERS.test(name) ? null : `it is encrypted by ${name}: ${BY_OPENSSH}`);
  return { format: 'openssh', type, encrypted: name !== 'none', publicKey, obstacle };
}

/** Those that ssh2 decrypts key files with; ssh-keygen takes aes256-ctr unless it is told otherwise (-Z). */
const KNOWN_CIPHERS = /^(none|aes(128|192|256)-(ctr|cbc)|aes(128|256)-gcm@openssh\.com|3des-cbc)$/;

const MAGIC = 'openssh-key-v1\0';

/** A length of four bytes and as many bytes; null where the end comes earlier. */
function readField(body: Buffer, at: number): { readonly bytes: Buffer; readonly end: number } | null {
  if (body.length < at + 4) return null;
  const end = at + 4 + body.readUInt32BE(at);
  return body.length < end ? null : { bytes: body.subarray(at + 4, end), end };
}

function classifyPem(label: string, text: string): KeyFileClass {
  const type = PEM_TYPES.get(label);
  if (type === undefined) return { ...NOTHING, obstacle: `it holds a ${label.toLowerCase()}, which drover does not know` };
  return { format: 'pem', type, encrypted: /^Proc-Type: *4, *ENCRYPTED/m.test(text), publicKey: null, obstacle: null };
}

const PEM_TYPES = new Map<string, string | null>([
  ['RSA PRIVATE KEY', 'ssh-rsa'],
  ['DSA PRIVATE KEY', 'ssh-dss'],
  ['EC PRIVATE KEY', null],
]);

function classifyPkcs8(label: string): KeyFileClass {
  const obstacle = `it is in PKCS#8 form: ${BY_OPENSSH}, or convert a copy with ssh-keygen -p`;
  return { ...NOTHING, format: 'pkcs8', encrypted: label.startsWith('ENCRYPTED'), obstacle };
}

function classifyPutty(text: string): KeyFileClass {
  const [, version, type] = /^PuTTY-User-Key-File-(\d+): *(\S+)/.exec(text) ?? [];
  const encrypted = !/^Encryption: *none/m.test(text);
  const obstacle =
    version === '2' ? typeObstacle(type ?? '') : 'it is a PuTTY key of a version that drover does not know: export it with puttygen';
  return { format: 'putty', type: type ?? null, encrypted, publicKey: null, obstacle };
}

/** A line of `TYPE BASE64 comment`: a public key or a certificate. */
function classifyLine(text: string): KeyFileClass {
  const [type = '', encoded = ''] = text.split(/\s+/, 2);
  const publicKey = Buffer.from(encoded, 'base64');
  if (publicKey.length < 8 || keyType(publicKey) !== type) return NOTHING;
  return { format: 'public', type, encrypted: false, publicKey, obstacle: typeObstacle(type) ?? 'it is a public key' };
}

function typeObstacle(type: string): string | null {
  if (type.includes('-cert-v0')) return `it is a certificate: ${BY_OPENSSH}`;
  if (type.startsWith('sk-')) return `it is the key of a FIDO authenticator: ${BY_OPENSSH}`;
  return KNOWN_TYPES.test(type) ? null : `it is of the type ${type}, which drover does not know`;
}

const KNOWN_TYPES = /^(ssh-ed25519|ssh-rsa|ssh-dss|ecdsa-sha2-nistp(256|384|521))$/;
