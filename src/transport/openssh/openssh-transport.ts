import type { Host } from '../../model/host.ts';
import { type Connection, type Transport, TransportError } from '../../model/transport.ts';

/** Reaches hosts by the system's ssh(1). */
export function createOpenSshTransport(): Transport {
  return {
    async connect(_host: Host, _signal: AbortSignal): Promise<Connection> {
      throw new TransportError('connect', 'the transport openssh is not built yet');
    },
  };
}
