import { performance } from 'node:perf_hooks';
import type { Algorithms } from 'ssh2';
import type { ConnectionSettings, Host } from '../../model/host.ts';
import { type Connection, type Transport, TransportError } from '../../model/transport.ts';
import { ScriptSession } from '../script-session.ts';
import { attempt } from './attempt.ts';
import { HostKeyCheck } from './host-key-check.ts';
import { Keyring, type Offer } from './keyring.ts';
import { KnownHostsStore } from './known-hosts-store.ts';
import { SshLink } from './ssh-link.ts';

/** Settings of the SSH transport that are the same for all hosts. */
export interface SshTransportOptions {
  /** Key files that nobody asked for: no word about those of them that are missing. Default: none. */
  readonly defaultKeyFiles?: readonly string[];
  /** Interval of keepalives in milliseconds; a link is lost when two of them in a row are not answered by the time of the third. Default 10 000. */
  readonly keepaliveMs?: number;
}

/**
 * What to offer besides ssh2's defaults, the cheapest first: one X25519 exchange costs a fraction of a millisecond, and AES-GCM needs no
 * MAC of its own. The rest is for older servers.
 */
const ALGORITHMS = {
  kex: [
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
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr', 'chacha20-poly1305@openssh.com'],
  compress: ['none'],
} satisfies Algorithms;

/** Reaches hosts by SSH: one connection per host, key files and host keys read once per run. */
export function createSshTransport(options: SshTransportOptions = {}): Transport {
  const store = new KnownHostsStore();
  const keyring = new Keyring(options.defaultKeyFiles ?? []);
  const keepaliveInterval = options.keepaliveMs ?? 10_000;
  return {
    async connect(host: Host, signal: AbortSignal): Promise<Connection> {
      const settings = host.connection;
      const startedAt = performance.now();
      const [check, offer] = await Promise.all([HostKeyCheck.load(settings, store), keyring.offer(settings)]);
      if (signal.aborted) throw new TransportError('aborted', 'stopped before it was connected');
      if (offer.methods.length === 0) throw noKeys(offer);
      const connected = await attempt({
        settings,
        signal,
        config: {
          username: settings.user,
          authHandler: [...offer.methods],
          hostVerifier: check.verify,
          algorithms: { ...ALGORITHMS, serverHostKey: check.algorithms },
          keepaliveInterval,
          keepaliveCountMax: 2,
        },
        refusal: () => check.refusal,
        denied: (cause) => denied(settings, offer, cause),
      });
      const figures = { connectMs: Math.round(performance.now() - startedAt), channelMs: settings.deadlines.channelMs };
      return new ScriptSession(host, new SshLink(connected, figures));
    },
  };
}

function noKeys(offer: Offer): TransportError {
  return new TransportError('authenticate', 'there is no key to log in with', { hint: explainKeys(offer) });
}

function denied({ user, address }: ConnectionSettings, offer: Offer, cause: Error): TransportError {
  const isPlain = cause.message === 'All configured authentication methods failed';
  const message = `${address} does not let ${user} log in${isPlain ? '' : `: ${cause.message}`}`;
  return new TransportError('authenticate', message, { hint: explainKeys(offer), cause });
}

function explainKeys({ tried, unused }: Offer): string {
  const words = [tried.length > 0 ? `tried ${tried.join(', ')}` : 'name a key file or start an agent'];
  return [...words, ...(unused.length > 0 ? [`not used: ${unused.join('; ')}`] : [])].join('; ');
}
