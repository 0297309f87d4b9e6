import type { DigestKey } from '../digest-key.ts';
import type { HostLine, HostStep, RunLine, RunOutcome, RunSummary } from '../model/history.ts';
import type { Report, ReportHost, ReportStep, ReportTotals } from '../report/report.ts';
import { shortChange } from '../report/short-change.ts';
import { type MarkedRun, marksOf } from './step-marks.ts';

/** Changes of a step that the history names; the report has all of them. */
const MOST_CHANGES = 6;

/** What a summary is made with. */
interface SummaryOptions {
  readonly key: DigestKey;
  /** Says as what the report was seen, to notice when it is another one. */
  readonly stamp: string;
}

/** A finished run as the history keeps it. */
export function summarise(report: Report, { key, stamp }: SummaryOptions): RunSummary {
  const { run, hosts } = report;
  const marked: MarkedRun = {
    run: run.id,
    isApply: run.mode === 'apply',
    key,
    isOwnKey: run.varsDigest?.startsWith(`${key.id}-`) === true,
  };
  const parts = [...partsOf(hosts)].map(([name, own]) => {
    const ownSteps = own.flatMap(({ steps, for: isFor }) => (isFor === null ? steps : []));
    return [name, { line: hostLine(own, marked), marks: marksOf(ownSteps, marked) }] as const;
  });
  return { line: runLine(report, stamp), hosts: new Map(parts) };
}

function runLine(report: Report, stamp: string): RunLine {
  const { run, hosts, totals } = report;
  return {
    id: run.id,
    stamp,
    mode: run.mode,
    undoes: run.undoes ?? null,
    user: run.user ?? null,
    startedAt: run.startedAt,
    durationMs: run.durationMs,
    playbook: run.playbook,
    limit: run.limit,
    revision: run.revision ?? null,
    outcome: outcomeOf(report),
    exitCode: run.exitCode,
    ...(run.mode === 'apply' && isDeclined(hosts, totals) ? { isPlan: true as const } : {}),
    hosts: totals.hosts,
    steps: totals.steps,
    roles: [...new Set(hosts.flatMap(({ steps }) => steps.map(({ role }) => role)))].sort(),
  };
}

function outcomeOf({ run, hosts, totals }: Report): RunOutcome {
  if (run.interrupted !== null) return 'interrupted';
  if (run.mode === 'apply' && isDeclined(hosts, totals)) return 'declined';
  const counts = totals.hosts;
  if (counts.failed > 0) return 'failed';
  if (counts.unreachable > 0) return 'unreachable';
  return counts.changed > 0 ? 'changed' : 'ok';
}

/** Something was to be changed, and of no step it is known whether it was begun: nobody wanted it. */
function isDeclined(hosts: readonly ReportHost[], { steps }: ReportTotals): boolean {
  return steps.changed > 0 && hosts.every((host) => host.steps.every(({ progress }) => progress === 'planned'));
}

/** Steps of one host that were carried out on this one. */
interface Part {
  /** null: it was visited for another. */
  readonly host: ReportHost | null;
  readonly steps: readonly ReportStep[];
  readonly for: string | null;
}

/** By the host that steps were carried out on, in the order of the report. */
function partsOf(hosts: readonly ReportHost[]): ReadonlyMap<string, readonly Part[]> {
  const parts = new Map<string, Part[]>();
  const add = (name: string, part: Part): void => void (parts.get(name)?.push(part) ?? parts.set(name, [part]));
  for (const host of hosts) {
    const elsewhere = new Set(host.steps.flatMap(({ on }) => (on === null || on === host.name ? [] : [on])));
    add(host.name, { host, steps: host.steps.filter(({ on }) => on === null || on === host.name), for: null });
    for (const on of elsewhere) add(on, { host: null, steps: host.steps.filter((step) => step.on === on), for: host.name });
  }
  return parts;
}

function hostLine(parts: readonly Part[], { run, isApply }: MarkedRun): HostLine {
  const own = parts.find(({ host }) => host !== null)?.host ?? null;
  return {
    run,
    outcome: own?.outcome ?? null,
    error: own?.error?.phase ?? null,
    pending: own?.steps.filter(isPending).length ?? 0,
    steps: isApply ? parts.flatMap(({ steps, for: isFor }) => steps.flatMap((step) => stepLine(step, isFor))) : [],
  };
}

function isPending({ outcome, progress }: ReportStep): boolean {
  return progress === 'not-started' || (outcome === 'changed' && progress === 'planned');
}

function stepLine(step: ReportStep, isFor: string | null): readonly HostStep[] {
  const outcome = step.progress === 'in-doubt' ? step.progress : step.outcome;
  if (outcome === 'ok' || outcome === 'skipped' || isPending(step)) return [];
  // What could not even be planned changed nothing.
  const changes = step.progress === 'planned' ? [] : step.changes;
  const shown = changes.slice(0, MOST_CHANGES).map(shortChange);
  const left = changes.length - shown.length;
  return [{ id: step.id, outcome, for: isFor, changes: left > 0 ? [...shown, `and ${left} more`] : shown }];
}
