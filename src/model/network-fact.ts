/** A network interface. All but `exists` are null or false where there is none. */
export interface InterfaceFact {
  readonly exists: boolean;
  /** Set up by the administrator; whether the link works is another matter. */
  readonly up: boolean;
  readonly mtu: number | null;
  /** The IPv6 layer's own MTU (ip-sysctl, `conf/NAME/mtu`); null where the kernel does not say. */
  readonly ipv6Mtu: number | null;
  /** `sit`, `veth`, `bridge`, …; null for plain hardware and where `ip` does not say. */
  readonly kind: string | null;
  /** IPv4 endpoints of a tunnel; null for any. */
  readonly local: string | null;
  readonly remote: string | null;
  /** Of a tunnel's outer packets; 0: inherited from the inner ones; null: not a tunnel. */
  readonly ttl: number | null;
  /** True where drover's own SSH connection comes in by it: the server's address is on it, or the client is reached through it. */
  readonly session: boolean;
}

/** One route to a destination. */
export interface RouteEntry {
  /** `unicast`, `blackhole`, …; `multipath` with several next hops, which are not listed. */
  readonly type: string;
  readonly via: string | null;
  readonly device: string | null;
  /** Preferred source address. */
  readonly source: string | null;
  readonly metric: number;
}

/** The routes of one table to one destination, sorted; the key is `TABLE NETWORK/LENGTH`, the table `main` or its number. */
export interface RouteFact {
  readonly routes: readonly RouteEntry[];
  /** The route of the main table by which the client of drover's own SSH connection is reached; null: it is none, or not known. */
  readonly session: { readonly client: string; readonly prefix: number; readonly metric: number; readonly device: string | null } | null;
}

/** Routes in the order in which facts have them. */
export function sortRoutes(routes: readonly RouteEntry[]): readonly RouteEntry[] {
  const text = ({ type, via, device, source }: RouteEntry): string => JSON.stringify([device, via, source, type]);
  return [...routes].sort((a, b) => a.metric - b.metric || (text(a) < text(b) ? -1 : 1));
}
