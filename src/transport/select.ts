import type { ConnectionSettings, Host } from '../model/host.ts';
import type { Connection, Transport } from '../model/transport.ts';

/** A transport that reaches each host by the one that its connection settings name. */
export function selectTransport(transports: Readonly<Record<ConnectionSettings['transport'], Transport>>): Transport {
  return {
    connect(host: Host, signal: AbortSignal): Promise<Connection> {
      return transports[host.connection.transport].connect(host, signal);
    },
  };
}
