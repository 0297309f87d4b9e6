import type { HostOutcome, Run } from '../model/run.ts';
import type { ConnectionStats } from '../model/transport.ts';
import { countSteps, type StepCounts } from './step-state.ts';

/** Hosts by outcome. */
type HostCounts = Readonly<Record<HostOutcome, number>>;

/** What a whole run came to. */
export interface Totals {
  readonly hosts: HostCounts;
  readonly steps: StepCounts;
  readonly roundTrips: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** Adds up a run. */
export function totalsOf({ hosts, visited }: Run): Totals {
  const outcomes: Record<HostOutcome, number> = { ok: 0, skipped: 0, changed: 0, unreachable: 0, failed: 0 };
  for (const host of hosts) outcomes[host.outcome]++;
  const connections = [...hosts, ...visited].flatMap(({ connection }) => connection ?? []);
  const sum = (pick: (connection: ConnectionStats) => number): number => connections.reduce((total, each) => total + pick(each), 0);
  return {
    hosts: outcomes,
    steps: countSteps(hosts),
    roundTrips: sum(({ roundTrips }) => roundTrips),
    bytesSent: sum(({ bytesSent }) => bytesSent),
    bytesReceived: sum(({ bytesReceived }) => bytesReceived),
  };
}
