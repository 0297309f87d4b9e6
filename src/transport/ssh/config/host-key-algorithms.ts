import { resolveAlgorithms } from './algorithm-list.ts';
import { fitsPattern } from './pattern.ts';

/** Host key algorithms that OpenSSH offers by itself, in its order (ssh_config(5), HostKeyAlgorithms). */
const DEFAULT = [
  'ssh-ed25519-cert-v01@openssh.com',
  'ecdsa-sha2-nistp256-cert-v01@openssh.com',
  'ecdsa-sha2-nistp384-cert-v01@openssh.com',
  'ecdsa-sha2-nistp521-cert-v01@openssh.com',
  'sk-ssh-ed25519-cert-v01@openssh.com',
  'sk-ecdsa-sha2-nistp256-cert-v01@openssh.com',
  'rsa-sha2-512-cert-v01@openssh.com',
  'rsa-sha2-256-cert-v01@openssh.com',
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** All that OpenSSH knows, in the order of `ssh -Q HostKeyAlgorithms`. */
const ALL = [
  'ssh-ed25519',
  'ssh-ed25519-cert-v01@openssh.com',
  'sk-ssh-ed25519@openssh.com',
  'sk-ssh-ed25519-cert-v01@openssh.com',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp256-cert-v01@openssh.com',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp384-cert-v01@openssh.com',
  'ecdsa-sha2-nistp521',
  'ecdsa-sha2-nistp521-cert-v01@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'sk-ecdsa-sha2-nistp256-cert-v01@openssh.com',
  'webauthn-sk-ecdsa-sha2-nistp256@openssh.com',
  'ssh-dss',
  'ssh-dss-cert-v01@openssh.com',
  'ssh-rsa',
  'ssh-rsa-cert-v01@openssh.com',
  'rsa-sha2-256',
  'rsa-sha2-256-cert-v01@openssh.com',
  'rsa-sha2-512',
  'rsa-sha2-512-cert-v01@openssh.com',
];

/** The first name or pattern of a HostKeyAlgorithms value that stands for no algorithm, null where all do. */
export function unknownAlgorithm(text: string): string | null {
  if (text.startsWith('-')) return null;
  const list = text.replace(/^[+^]/, '');
  const names = list.split(',').filter((name) => name !== '');
  return names.length === 0 ? list : (names.find((name) => !ALL.some((algorithm) => fitsPattern(algorithm, name))) ?? null);
}

/** The algorithms that a HostKeyAlgorithms value stands for. */
export function resolveHostKeyAlgorithms(text: string): readonly string[] {
  return resolveAlgorithms(text, { byDefault: DEFAULT, all: ALL });
}
