import { TransportError } from '../model/transport.ts';

/** What two sides must have in common: the option of ssh_config(5) for it, and what it is called. */
const KINDS = {
  KexAlgorithms: 'key exchange algorithm',
  HostKeyAlgorithms: 'host key algorithm',
  Ciphers: 'cipher',
  MACs: 'MAC',
} as const;

/** An option of ssh_config(5) that two sides must agree about. */
export type Negotiated = keyof typeof KINDS;

/** Two sides have no algorithm in common: connecting again does not help. */
export class NothingInCommon extends TransportError {}

/** Words that a server may list among the algorithms for key exchange, but are none (RFC 8308; PROTOCOL of OpenSSH). */
const NO_ALGORITHM = /^(?:ext-info-[cs]|kex-strict-[cs](?:-v00@openssh\.com)?)$/;

/** Says what a server offers in vain. `can`: whether an algorithm could be used if it were asked for. */
export function nothingInCommon(
  { address, port }: { readonly address: string; readonly port: number | string },
  option: Negotiated,
  { offers, can, otherwise }: { readonly offers: readonly string[]; can(name: string): boolean; readonly otherwise: string },
): NothingInCommon {
  const named = offers.filter((name) => name !== '' && !NO_ALGORITHM.test(name));
  const usable = named.find(can);
  const hint =
    usable === undefined
      ? otherwise
      : `if the host can do nothing newer, allow it for this host: ${option} +${usable} in ssh_config, or the host var drover_ssh_args: "-o ${option}=+${usable}"`;
  const message = `${address} port ${port}: no ${KINDS[option]} in common; the host offers ${named.join(', ') || 'none'}`;
  return new NothingInCommon('handshake', message, { hint });
}

/** A server hung up before it said which SSH it speaks; `words`: what it said instead, `''` for nothing. */
export function hungUp(
  { address, port }: { readonly address: string; readonly port: number | string },
  words: string,
  cause?: unknown,
): TransportError {
  const what = words === '' ? 'hung up before it said anything' : `does not speak SSH, it says: ${words}`;
  const hint =
    'see what listens there; an sshd with too many logins at once (MaxStartups), or that may not talk to this machine, does so too';
  return new TransportError('handshake', `${address} port ${port} ${what}`, { hint, cause });
}
