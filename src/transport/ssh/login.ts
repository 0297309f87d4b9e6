import type { AnyAuthMethod } from 'ssh2';
import { TransportError } from '../../model/transport.ts';
import type { Keyring, Offer } from './keyring.ts';
import type { SshStop } from './stop.ts';

/** One try to log in to one server. */
export interface Login {
  /** For ssh2, in the order in which they are tried; empty: there is nothing to log in with. */
  readonly methods: readonly AnyAuthMethod[];
  /** Explains that the server took none of it. */
  denied(cause: Error): TransportError;
}

/** Prepares the login to a server. Rejects with TransportError where there is nothing to log in with. */
export async function prepareLogin(stop: SshStop, keyring: Keyring): Promise<Login> {
  const offer = await keyring.offer(stop);
  if (offer.methods.length === 0) {
    throw new TransportError('authenticate', 'there is no key to log in with', { hint: explainKeys(offer) });
  }
  return { methods: offer.methods, denied: (cause) => denied(stop, offer, cause) };
}

function denied({ user, address }: SshStop, offer: Offer, cause: Error): TransportError {
  const isPlain = cause.message === 'All configured authentication methods failed';
  const message = `${address} does not let ${user} log in${isPlain ? '' : `: ${cause.message}`}`;
  return new TransportError('authenticate', message, { hint: explainKeys(offer), cause });
}

function explainKeys({ tried, unused }: Offer): string {
  const words = [tried.length > 0 ? `tried ${tried.join(', ')}` : 'name a key file or start an agent'];
  return [...words, ...(unused.length > 0 ? [`not used: ${unused.join('; ')}`] : [])].join('; ');
}
