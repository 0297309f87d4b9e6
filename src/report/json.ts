import { type FieldValue, isContent } from '../model/content.ts';
import type { BatchRecord, RolloutRecord } from '../model/rollout.ts';
import type { Drift, DriftRun, HostRecord, Run, RunHeader, StepRecord } from '../model/run.ts';
import type { Change } from '../model/step.ts';
import type { ConnectionStats } from '../model/transport.ts';
import { createDiffer, type Differ, type DiffLimits } from './diff.ts';
import {
  REPORT_SCHEMA_ID,
  type Report,
  type ReportChange,
  type ReportHost,
  type ReportStep,
  type ReportTotals,
  type ReportValue,
} from './report.ts';
import { totalsOf } from './totals.ts';
import { safeJson } from './visible.ts';

/** Enough for every file that people read; what is past it is counted in `diffNote`. */
const LIMITS: DiffLimits = { maxLines: 20_000, maxColumns: 20_000 };

/** A run as its change report. */
export function reportOf(run: Run): Report {
  const { header, finishedAt, durationMs, interrupted, exitCode } = run;
  const differ = createDiffer(LIMITS);
  return {
    schema: REPORT_SCHEMA_ID,
    run: {
      id: header.id,
      mode: header.mode,
      argv: header.argv,
      startedAt: header.startedAt,
      finishedAt,
      durationMs,
      ...givenOf(header),
      drover: header.drover,
      playbook: header.playbook,
      inventory: header.inventory,
      limit: header.limit,
      tags: header.tags,
      interrupted,
      exitCode,
    },
    rollouts: run.rollouts.map(rolloutOf),
    visited: run.visited.map(({ name, connection }) => ({ name, connection: connectionOf(connection) })),
    hosts: run.hosts.map((host) => hostOf(host, differ)),
    totals: reportTotals(run),
  };
}

/** What records of earlier drovers do not have. */
function givenOf({ user, node, revision, skipTags, undoes, varsDigest }: RunHeader): Partial<RunHeader> {
  return {
    ...(user === undefined ? {} : { user }),
    ...(node === undefined ? {} : { node }),
    ...(revision === undefined ? {} : { revision: revision === null ? null : { commit: revision.commit, dirty: revision.dirty } }),
    ...(skipTags === undefined ? {} : { skipTags }),
    ...(undoes === undefined ? {} : { undoes }),
    ...(varsDigest === undefined ? {} : { varsDigest }),
  };
}

/** The change report as JSON text with a final newline; characters that a terminal would act on are escaped. */
export function renderJson(run: Run): string {
  return renderReport(reportOf(run));
}

/** The same of a change report. */
export function renderReport(report: Report): string {
  return `${safeJson(report)}\n`;
}

/** Field by field: what records hold besides is not part of the format. */
function rolloutOf(rollout: RolloutRecord): RolloutRecord {
  const { maxFailures, around } = rollout;
  return {
    index: rollout.index,
    play: rollout.play,
    hosts: rollout.hosts,
    batches: rollout.batches.map(batchOf),
    mostOut: rollout.mostOut,
    domains: rollout.domains.map(({ by, max, most }) => ({ by, max, most })),
    maxFailures: { total: maxFailures.total, batch: maxFailures.batch },
    failed: rollout.failed,
    out: rollout.out,
    soakMs: rollout.soakMs,
    onFailure: rollout.onFailure,
    onGateFailure: rollout.onGateFailure,
    around: { once: around.once, before: around.before, after: around.after, gate: around.gate },
    halted: rollout.halted,
  };
}

function batchOf({ hosts, state, reason, startedMs, durationMs, undone }: BatchRecord): BatchRecord {
  return { hosts, state, reason, ...(startedMs === undefined ? {} : { startedMs }), durationMs, undone };
}

function hostOf({ name, outcome, error, connection, startedMs, durationMs, work, steps }: HostRecord, differ: Differ): ReportHost {
  return {
    name,
    outcome,
    error: error === null ? null : { phase: error.phase, message: error.message, hint: error.hint },
    connection: connection === null ? null : connectionOf(connection),
    ...(startedMs === undefined ? {} : { startedMs }),
    durationMs,
    ...(work === undefined ? {} : { work: { startedMs: work.startedMs, durationMs: work.durationMs } }),
    steps: steps.map((step) => reportStep(step, differ)),
  };
}

function connectionOf({ connectMs, roundTrips, bytesSent, bytesReceived }: ConnectionStats): ConnectionStats {
  return { connectMs, roundTrips, bytesSent, bytesReceived };
}

/** A step as it is in the report. */
export function reportStep(step: StepRecord, differ: Differ): ReportStep {
  const { failure } = step;
  return {
    id: step.id,
    play: step.play,
    part: step.part,
    on: step.on,
    role: step.role,
    kind: step.kind,
    subject: step.subject,
    handler: step.handler,
    notifiedBy: step.notifiedBy,
    outcome: step.outcome,
    progress: step.progress,
    certainty: step.certainty,
    reason: step.reason,
    durationMs: step.durationMs,
    changes: step.changes.map((change) => changeOf(change, differ)),
    failure:
      failure === null
        ? null
        : { action: failure.action, exitCode: failure.exitCode, output: failure.output, durationMs: failure.durationMs },
    irreversible: step.irreversible,
    ...(step.wanted === undefined ? {} : { wanted: step.wanted }),
    ...(step.drift === undefined ? {} : { drift: driftOf(step.drift) }),
  };
}

function driftOf({ asWanted, writer, by }: Drift): Drift {
  return { asWanted: asWanted === null ? null : driftRunOf(asWanted), writer, by: by === null ? null : driftRunOf(by) };
}

function driftRunOf({ run, mode, startedAt, user }: DriftRun): DriftRun {
  return { run, mode, startedAt, user };
}

function changeOf({ field, before, after }: Change, differ: Differ): ReportChange {
  const values = { field, before: reportValue(before), after: reportValue(after) };
  const [old, young] = [isContent(before) ? before : null, isContent(after) ? after : null];
  if (old === null && young === null) return { ...values, diff: null, diffNote: null };
  const { lines, note } = differ(old, young);
  return { ...values, diff: lines.length === 0 ? null : `${lines.map(({ text }) => text).join('\n')}\n`, diffNote: note };
}

/** A field's value in the report: of contents only size and digest. */
export function reportValue(value: FieldValue): ReportValue {
  return isContent(value) ? { size: value.size, sha256: value.isSecret === true ? null : value.digest } : value;
}

function reportTotals(run: Run): ReportTotals {
  const { hosts, steps, roundTrips, bytesSent, bytesReceived } = totalsOf(run);
  const { ok, changed, failed, skipped, idle } = steps;
  return {
    hosts,
    steps: { ok, changed, failed, skipped, inDoubt: steps['in-doubt'], notStarted: steps['not-started'], idle },
    roundTrips,
    bytesSent,
    bytesReceived,
  };
}
