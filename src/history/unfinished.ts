import type { Journal, JournalEvent } from '../journal.ts';
import type { HostStep, Marks, RunLine, RunSummary, StepMark } from '../model/history.ts';

const NOTHING: Pick<RunLine, 'hosts' | 'steps'> = {
  hosts: { ok: 0, changed: 0, failed: 0, skipped: 0, unreachable: 0 },
  steps: { ok: 0, changed: 0, failed: 0, skipped: 0, inDoubt: 0, notStarted: 0, idle: 0 },
};

/** A run without an end, as far as its journal tells: what it had begun may be there or not. */
export function summariseUnfinished({ header, events }: Journal, stamp: string): RunSummary {
  const begun = stepsOf(header.hosts, events);
  const roles = new Set([...begun.values()].flatMap((steps) => [...steps.keys()].map((id) => id.split('/')[0] ?? '')));
  const line: RunLine = {
    id: header.id,
    stamp,
    mode: header.mode,
    undoes: header.undoes ?? null,
    user: header.user ?? null,
    startedAt: header.startedAt,
    durationMs: null,
    playbook: header.playbook,
    limit: header.limit,
    revision: header.revision ?? null,
    outcome: 'unfinished',
    exitCode: null,
    ...NOTHING,
    roles: [...roles].sort(),
  };
  const hosts = [...begun].map(([name, own]) => {
    const steps = [...own.values()].map(({ step }) => step);
    return [name, { line: { run: header.id, outcome: null, error: null, pending: 0, steps }, marks: marksOf(own, header.id) }] as const;
  });
  return { line, hosts: new Map(hosts) };
}

type StepEvent = Extract<JournalEvent, { kind: 'step-started' | 'step-finished' }>;

/** Steps of one host by id, those that found nothing to do left out. */
type Begun = Map<string, { readonly step: HostStep; readonly isOwn: boolean }>;

function stepsOf(hosts: readonly string[], events: readonly JournalEvent[]): ReadonlyMap<string, Begun> {
  const begun = new Map<string, Begun>(hosts.map((host) => [host, new Map()]));
  for (const event of events) {
    if (event.kind !== 'step-started' && event.kind !== 'step-finished') continue;
    const on = event.on ?? event.host;
    const steps: Begun = begun.get(on) ?? new Map();
    begun.set(on, steps);
    follow(event, steps);
  }
  return begun;
}

function follow(event: StepEvent, steps: Begun): void {
  const { step: id, host, on, part } = event;
  const outcome = event.kind === 'step-started' ? 'in-doubt' : event.outcome;
  if (outcome === 'ok' || outcome === 'skipped') steps.delete(id);
  else steps.set(id, { step: { id, outcome, for: on === null || on === host ? null : host, changes: [] }, isOwn: part === 'roles' });
}

function marksOf(steps: Begun, run: string): Marks {
  const own = [...steps.values()].filter(({ step, isOwn }) => isOwn && step.for === null);
  return Object.fromEntries(own.map(({ step }): [string, StepMark] => [step.id, { trouble: { run } }]));
}
