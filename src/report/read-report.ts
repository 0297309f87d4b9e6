import { type FieldValue, isContent } from '../model/content.ts';
import type { HostRecord, Run, StepRecord } from '../model/run.ts';
import type { Change } from '../model/step.ts';
import type { Report, ReportChange, ReportHost, ReportStep, ReportValue } from './report.ts';

/**
 * The run that a change report was made from, as far as the report keeps it: contents have no bytes, but the differences that the report has; and
 * nothing can be undone from it. Shown again it reads as it did.
 */
export function runOf({ run, rollouts, visited, hosts }: Report): Run {
  const { finishedAt, durationMs, interrupted, exitCode, ...header } = run;
  return { header, finishedAt, durationMs, interrupted, exitCode, rollouts, visited, hosts: hosts.map(hostOf) };
}

function hostOf({ steps, ...host }: ReportHost): HostRecord {
  return { ...host, steps: steps.map(stepOf) };
}

function stepOf({ changes, ...step }: ReportStep): StepRecord {
  return { ...step, changes: changes.map(changeOf), undo: [] };
}

function changeOf({ field, before, after, diff, diffNote }: ReportChange): Change {
  const values = { field, before: fieldValue(before), after: fieldValue(after) };
  return isContent(values.before) || isContent(values.after) ? { ...values, diff: { text: diff, note: diffNote } } : values;
}

function fieldValue(value: ReportValue): FieldValue {
  if (typeof value !== 'object' || value === null || !('sha256' in value)) return value;
  const content = { kind: 'content', digest: value.sha256 ?? '', size: value.size, bytes: null } as const;
  return value.sha256 === null ? { ...content, isSecret: true } : content;
}
