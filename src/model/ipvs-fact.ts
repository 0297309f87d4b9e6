/** How a director hands a packet on: direct routing, masquerading, or IP in IP (ipvsadm(8)). */
export type IpvsMethod = 'dr' | 'nat' | 'tun';

/** A real server of a virtual service. Weight 0 gets no new connections. */
export interface IpvsServer {
  readonly address: string;
  readonly port: number;
  readonly method: IpvsMethod;
  readonly weight: number;
}

/** Connections of one real server: established ones, and those that are ending or were never completed. */
export interface IpvsConnections {
  readonly active: number;
  readonly inactive: number;
}

/** Names a virtual service; addresses as `ip` prints them. */
export interface IpvsName {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
}

/** A virtual service in the kernel's table; its key is that of `ipvsKey`. */
export interface IpvsFact {
  readonly exists: boolean;
  /** null where there is no such service. */
  readonly scheduler: string | null;
  /** For how long a client stays with its server, in seconds; null: not persistent. */
  readonly persistentSec: number | null;
  /** Sorted by `ipvsEndpoint`. */
  readonly servers: readonly IpvsServer[];
  /** By `ipvsEndpoint`. Apart from the servers, because nobody can say what they will be. */
  readonly connections: { readonly [server: string]: IpvsConnections };
  /** Keys of all virtual services of the host, sorted; only in the fact of IPVS_TABLE, empty elsewhere. */
  readonly table: readonly string[];
}

/** What is known of a virtual service that does not exist. */
export const NO_SERVICE: IpvsFact = {
  exists: false,
  scheduler: null,
  persistentSec: null,
  servers: [],
  connections: {},
  table: [],
};

/** Key of the fact that lists all virtual services: a service of its own would be shown as changed whenever another one is. */
export const IPVS_TABLE = 'table';

/** Address and port as ipvsadm(8) takes them: `192.0.2.80:25`, `[2001:db8::80]:25`. */
export function ipvsEndpoint({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The key of a virtual service's fact: `tcp 192.0.2.80:25`. */
export function ipvsKey(service: IpvsName): string {
  return `${service.protocol} ${ipvsEndpoint(service)}`;
}

/** Real servers in the order of facts. */
export function sortServers<S extends { readonly address: string; readonly port: number }>(servers: readonly S[]): S[] {
  return [...servers].sort((a, b) => (ipvsEndpoint(a) < ipvsEndpoint(b) ? -1 : 1));
}
