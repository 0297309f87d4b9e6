import { performance } from 'node:perf_hooks';
import type { Host } from '../../model/host.ts';
import { type Connection, type Transport, TransportError } from '../../model/transport.ts';
import { ScriptSession } from '../script-session.ts';
import { Dialer } from './dialer.ts';
import type { LedgerEntry } from './host-key-ledger.ts';
import { scanHostKeys } from './host-key-scan.ts';
import type { KnownHostsStore } from './known-hosts-store.ts';
import type { Asking } from './passphrases.ts';
import type { SshRoutes } from './routes.ts';
import { SshLink } from './ssh-link.ts';

/** The SSH transport, and what can be settled about host keys before hosts are reached. */
export interface SshTransport extends Transport {
  /** The known_hosts files of the run. */
  readonly knownHosts: KnownHostsStore;
  /** The keys on the way to these hosts that nobody knows yet and that somebody may be asked about. */
  strangers(hosts: Iterable<Host>, signal: AbortSignal): Promise<readonly LedgerEntry[]>;
  /** Records keys, each in its file. Rejects with TransportError. */
  record(entries: readonly LedgerEntry[]): Promise<void>;
}

/** Reaches hosts by SSH: one connection per host and one per machine on the way, key files and host keys read once per run. */
export function createSshTransport(routes: SshRoutes, asking?: Asking): SshTransport {
  const dialer = new Dialer(asking);
  return {
    knownHosts: dialer.store,
    strangers: (hosts, signal) => scanHostKeys(hosts, { routes, dialer }, signal),
    async record(entries) {
      for (const { name, key, file, hashed } of entries) await dialer.store.record([file], name, key, hashed);
    },
    async connect(host: Host, signal: AbortSignal): Promise<Connection> {
      const startedAt = performance.now();
      const { value: route, problems } = routes.routeOf(host.connection);
      const [problem] = problems;
      if (problem !== undefined) throw new TransportError('resolve', problem.message, problem.hint === null ? {} : { hint: problem.hint });
      if (signal.aborted) throw new TransportError('aborted', 'stopped before it was connected');
      const dialled = await dialer.dial(route, signal);
      const figures = { connectMs: Math.round(performance.now() - startedAt), channelMs: host.connection.deadlines.channelMs };
      return new ScriptSession(host, new SshLink(dialled, figures));
    },
  };
}
