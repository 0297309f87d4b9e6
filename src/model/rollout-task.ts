import type { Host } from './host.ts';
import type { HostPlay } from './ports.ts';
import type { RolloutHost, RolloutSettings } from './rollout.ts';

/** A role to be carried out for one host, on that host or on another. */
export interface Visit {
  /** Where. */
  readonly host: Host;
  /** What; its `index` is unique among the plays and visits of that host. */
  readonly play: HostPlay;
}

/** A visit that is made once for a run or a batch. */
export interface OnceVisit extends Visit {
  readonly per: 'run' | 'batch';
}

/** Everything around one host's roles, in order. */
export interface HostVisits {
  readonly once: readonly OnceVisit[];
  readonly before: readonly Visit[];
  readonly after: readonly Visit[];
  readonly gate: readonly Visit[];
}

/** The rollout of one play, checked and resolved for its hosts. */
export interface RolloutTask {
  readonly settings: RolloutSettings;
  /** All hosts of the play, in the inventory's order. Shares are shares of these. */
  readonly hosts: readonly RolloutHost[];
  /** By name of the host that they are made for. */
  readonly visits: ReadonlyMap<string, HostVisits>;
  /** Hosts that an earlier run took out of service and did not put back: their `after` is carried out even where nothing else is to do. */
  readonly owed: ReadonlySet<string>;
  /** Hosts that an earlier run left out of service and that this one leaves alone: they count in their failure domains. Default: none. */
  readonly out?: ReadonlySet<string>;
  /** Index into `serial` of the first batch: more than 0 where an earlier run came that far. */
  readonly firstBatch: number;
}

/** One play as executing sees it. */
export interface PlayTask {
  readonly index: number;
  readonly name: string;
  /** null: all its hosts at once, with nothing around them. */
  readonly rollout: RolloutTask | null;
}
