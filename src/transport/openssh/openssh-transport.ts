import type { Host } from '../../model/host.ts';
import { type Connection, type Transport, TransportError } from '../../model/transport.ts';
import { ScriptSession } from '../script-session.ts';
import type { LedgerEntry } from '../ssh/host-key-ledger.ts';
import { KnownHostsStore } from '../ssh/known-hosts-store.ts';
import type { Traveller } from '../ssh/routes.ts';
import { scanHostKeys } from './host-key-scan.ts';
import { OpenSshDialer } from './openssh-dialer.ts';
import { OpenSshLink } from './openssh-link.ts';

/** What the transport may use besides what it makes itself. */
export interface OpenSshOptions {
  /** Is told what somebody has to do while a host is connected to: touch a key. Default: nobody. */
  readonly say?: (sentence: string) => void;
  /** The known_hosts files of the run. Default: its own reading of them. */
  readonly knownHosts?: KnownHostsStore;
}

/** The transport, and what can be seen of host keys before hosts are reached. */
export interface OpenSshTransport extends Transport {
  /** The keys on the way to these hosts that nobody knows yet and that somebody may be asked about. */
  strangers(hosts: Iterable<Host>, signal: AbortSignal): Promise<readonly LedgerEntry[]>;
}

/**
 * Reaches hosts by the system's ssh(1): one master process for each, and for each machine on the way, which holds the connection for all scripts. It reads
 * ssh_config itself, and knows certificates, FIDO keys, GSSAPI and whatever else is built into it. It never asks.
 */
export function createOpenSshTransport(traveller: Traveller, options: OpenSshOptions = {}): OpenSshTransport {
  const { say = () => {}, knownHosts: store = new KnownHostsStore() } = options;
  const dialer = new OpenSshDialer(traveller, say);
  return {
    strangers: (hosts, signal) => scanHostKeys(hosts, { dialer, store, signal }),
    async connect(host: Host, signal: AbortSignal): Promise<Connection> {
      const startedAt = performance.now();
      if (signal.aborted) throw new TransportError('aborted', 'stopped before it was connected');
      const route = await dialer.route(host.connection, signal);
      const dialled = await dialer.dial(route, { signal, name: host.name });
      return new ScriptSession(host, new OpenSshLink(dialled, dialer.surroundings, Math.round(performance.now() - startedAt)));
    },
  };
}
