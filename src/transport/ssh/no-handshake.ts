import { TransportError } from '../../model/transport.ts';
import { hungUp, type Negotiated, nothingInCommon } from '../negotiation.ts';
import { CHOICES } from './algorithms.ts';
import { BY_OPENSSH } from './key-file-class.ts';
import type { Offers, ServerHello } from './server-hello.ts';
import type { SshStop } from './stop.ts';

/** Why a server that was connected to shook no hands. */
export function noHandshake(stop: SshStop, hello: ServerHello, cause: Error): TransportError {
  const { address, port } = stop;
  const { words, offers } = hello;
  if (words !== null) return hungUp(stop, words, cause);
  const [, what = ''] = /^Handshake failed: no matching (.+)$/.exec(cause.message) ?? [];
  const [option, list] = DISAGREEMENTS.get(what) ?? [];
  if (option === undefined || list === undefined || offers === null)
    return new TransportError('handshake', `${address} port ${port}: ${cause.message}`, { cause });
  return nothingInCommon(stop, option, { offers: offers[list], can: (name) => canDo(option, name), otherwise: OTHERWISE[option] });
}

/** ssh2's words for what is negotiated, and where the server's side of it stands. */
const DISAGREEMENTS: ReadonlyMap<string, readonly [Negotiated, keyof Offers]> = new Map([
  ['key exchange algorithm', ['KexAlgorithms', 'kex']],
  ['host key format', ['HostKeyAlgorithms', 'hostKey']],
  ['C->S cipher', ['Ciphers', 'cipherOut']],
  ['S->C cipher', ['Ciphers', 'cipherIn']],
  ['C->S MAC', ['MACs', 'macOut']],
  ['S->C MAC', ['MACs', 'macIn']],
]);

const OTHERWISE = {
  KexAlgorithms: BY_OPENSSH,
  HostKeyAlgorithms: 'drover can do ed25519, ecdsa and rsa: give the host such a key (ssh-keygen -A there)',
  Ciphers: BY_OPENSSH,
  MACs: BY_OPENSSH,
} as const;

function canDo(option: Negotiated, name: string): boolean {
  if (option === 'HostKeyAlgorithms') return /^(?:ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|rsa-sha2-(?:256|512)|ssh-rsa)$/.test(name);
  return CHOICES[option].all.some((each) => each === name);
}
