import { performance } from 'node:perf_hooks';
import type { Host } from '../../model/host.ts';
import { type Connection, type Transport, TransportError } from '../../model/transport.ts';
import { ScriptSession } from '../script-session.ts';
import { Dialer } from './dialer.ts';
import type { SshRoutes } from './routes.ts';
import { SshLink } from './ssh-link.ts';

/** Reaches hosts by SSH: one connection per host and one per machine on the way, key files and host keys read once per run. */
export function createSshTransport(routes: SshRoutes): Transport {
  const dialer = new Dialer();
  return {
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
