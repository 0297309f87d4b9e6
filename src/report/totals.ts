import type { HostOutcome, HostRecord, Run } from '../model/run.ts';
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
export function totalsOf({ hosts }: Run): Totals {
  const outcomes: Record<HostOutcome, number> = { ok: 0, skipped: 0, changed: 0, unreachable: 0, failed: 0 };
  for (const host of hosts) outcomes[host.outcome]++;
  const sum = (pick: (connection: NonNullable<HostRecord['connection']>) => number): number =>
    hosts.reduce((total, { connection }) => total + (connection === null ? 0 : pick(connection)), 0);
  return {
    hosts: outcomes,
    steps: countSteps(hosts),
    roundTrips: sum(({ roundTrips }) => roundTrips),
    bytesSent: sum(({ bytesSent }) => bytesSent),
    bytesReceived: sum(({ bytesReceived }) => bytesReceived),
  };
}
