/** Changes to interfaces, addresses and routes, live. */
export type NetworkAction =
  | {
      readonly kind: 'addAddress';
      readonly interface: string;
      readonly address: string;
      readonly label: string | undefined;
      readonly scope: string | undefined;
    }
  | { readonly kind: 'removeAddress'; readonly interface: string; readonly address: string }
  /** Makes a sit tunnel, or gives the one of that name these endpoints, and sets it up. */
  | {
      readonly kind: 'setTunnel';
      readonly name: string;
      readonly local: string;
      readonly remote: string;
      readonly ttl: number;
      readonly mtu: number;
    }
  | { readonly kind: 'removeTunnel'; readonly name: string }
  /** Puts the route in the place of one with the same destination and metric. */
  | { readonly kind: 'setRoute'; readonly route: RouteArguments }
  | { readonly kind: 'removeRoute'; readonly route: RouteArguments }
  /** Preferred lifetime of an IPv6 address: none, or for ever. */
  | { readonly kind: 'deprecateAddress'; readonly interface: string; readonly address: string; readonly deprecated: boolean };

/** A route as `ip route` takes it. */
export interface RouteArguments {
  readonly family: 4 | 6;
  /** With its prefix length. */
  readonly to: string;
  /** null: a unicast route. */
  readonly type: string | null;
  readonly via: string | null;
  readonly device: string | null;
  readonly source: string | null;
  readonly metric: number | null;
  /** `main` or a number. */
  readonly table: string;
}
