import type { HostLine, HostStep, RunLine, RunOutcome } from '../model/history.ts';
import type { RunMode } from '../model/run.ts';

/** Which runs are wanted; what is absent does not matter. */
export interface RunQuery {
  readonly role?: string | undefined;
  /** As it was given to the run, or the last part of it: `site.yml` is also `playbooks/site.yml`. */
  readonly playbook?: string | undefined;
  readonly mode?: RunMode | undefined;
  readonly outcome?: RunOutcome | undefined;
  /** ISO 8601 in UTC: runs that started then or later. */
  readonly since?: string | undefined;
}

/** A run as one host has it. */
export interface HostRun {
  readonly run: RunLine;
  readonly host: HostLine;
}

/** The runs that are wanted, in the same order. */
export function selectRuns(runs: readonly RunLine[], query: RunQuery): readonly RunLine[] {
  const { role, outcome } = query;
  return runs.filter(
    (run) => isWanted(run, query) && (role === undefined || run.roles.includes(role)) && (outcome === undefined || run.outcome === outcome),
  );
}

/** The runs on a host that are wanted, in the order of its lines, with the steps of the wanted role alone. An outcome of hosts is that of this host. */
export function selectHostRuns(lines: readonly HostLine[], runs: readonly RunLine[], query: RunQuery): readonly HostRun[] {
  const byId = new Map(runs.map((run) => [run.id, run]));
  return lines.flatMap((host): readonly HostRun[] => {
    const run = byId.get(host.run);
    return run === undefined || !isWanted(run, query) || !hasOutcome({ run, host }, query) ? [] : ofRole({ run, host }, query);
  });
}

function hasOutcome({ run, host }: HostRun, { outcome }: RunQuery): boolean {
  return outcome === undefined || (HOST_OUTCOMES.has(outcome) ? host.outcome : run.outcome) === outcome;
}

function ofRole({ run, host }: HostRun, { role }: RunQuery): readonly HostRun[] {
  if (role === undefined) return [{ run, host }];
  const steps = host.steps.filter((step) => roleOf(step) === role);
  return steps.length > 0 || run.roles.includes(role) ? [{ run, host: { ...host, steps } }] : [];
}

/** True where the run did something to the host, tried, or did not get to it. */
export function isNotable({ host: { outcome, steps } }: HostRun): boolean {
  return steps.length > 0 || outcome === 'failed' || outcome === 'unreachable';
}

const HOST_OUTCOMES: ReadonlySet<RunOutcome> = new Set<RunOutcome>(['ok', 'changed', 'failed', 'unreachable']);

function isWanted(run: RunLine, { playbook, mode, since }: RunQuery): boolean {
  if (mode !== undefined && run.mode !== mode) return false;
  if (since !== undefined && run.startedAt < since) return false;
  return playbook === undefined || run.playbook === playbook || run.playbook.endsWith(`/${playbook}`);
}

/** Ids of steps begin with the role. */
function roleOf({ id }: HostStep): string {
  return id.replace(/^undo /, '').split('/')[0] ?? '';
}
