import type { HostOutcome } from '../model/run.ts';
import type { Report, ReportChange, ReportHost, ReportStep } from './report.ts';

/** A thing as the first run has it, and as the second; null: it is not in that one. */
export interface Pair<T> {
  readonly first: T | null;
  readonly second: T | null;
}

/** A step that went another way. */
export interface StepDifference extends Pair<ReportStep> {
  readonly id: string;
}

/** A host on which the runs did not do the same. */
export interface HostDifference extends Pair<ReportHost> {
  readonly name: string;
  readonly steps: readonly StepDifference[];
}

/** What two runs did differently. */
export interface RunDifference {
  readonly hosts: readonly HostDifference[];
  /** Hosts on which both did the same. */
  readonly same: number;
}

/**
 * Compares what runs did by host and step: outcomes, changed fields with both values, reasons and failures; not when and for how long. A plan counts
 * as the apply that it is the plan of. What is ok or idle in one and not in the other at all is no difference.
 */
export function compareRuns(first: Report, second: Report): RunDifference {
  const [old, young] = [byName(first), byName(second)];
  const names = [...old.keys(), ...[...young.keys()].filter((name) => !old.has(name))];
  const hosts = names.flatMap((name): readonly HostDifference[] => {
    const pair = { first: old.get(name) ?? null, second: young.get(name) ?? null };
    const steps = pair.first === null || pair.second === null ? [] : compareSteps(pair.first.steps, pair.second.steps);
    const isSame = steps.length === 0 && hostText(pair.first) === hostText(pair.second);
    return isSame ? [] : [{ name, ...pair, steps }];
  });
  return { hosts, same: names.length - hosts.length };
}

function byName({ hosts }: Report): ReadonlyMap<string, ReportHost> {
  return new Map(hosts.map((host) => [host.name, host]));
}

function hostText(host: ReportHost | null): string {
  return host === null ? '' : JSON.stringify([outcomeOf(host), host.error?.phase, host.error?.message]);
}

/** The outcome, where its steps do not tell it. */
export function outcomeOf({ outcome }: ReportHost): HostOutcome | null {
  return outcome === 'ok' || outcome === 'changed' ? null : outcome;
}

function compareSteps(first: readonly ReportStep[], second: readonly ReportStep[]): readonly StepDifference[] {
  const [old, young] = [byKey(first), byKey(second)];
  const keys = [...old.keys(), ...[...young.keys()].filter((key) => !old.has(key))];
  return keys.flatMap((key): readonly StepDifference[] => {
    const pair = { first: old.get(key) ?? null, second: young.get(key) ?? null };
    const id = (pair.first ?? pair.second)?.id ?? '';
    return stepText(pair.first) === stepText(pair.second) ? [] : [{ id, ...pair }];
  });
}

/** Ids are unique in their play and part, on the host that the step is carried out on. */
function byKey(steps: readonly ReportStep[]): ReadonlyMap<string, ReportStep> {
  return new Map(steps.map((step) => [JSON.stringify([step.play, step.part, step.on, step.id]), step]));
}

/** What a step did, as a text to compare; empty where it did nothing. */
function stepText(step: ReportStep | null): string {
  if (step === null || isNothing(step)) return '';
  const { outcome, progress, reason, changes, failure } = step;
  const state = progress === 'planned' ? 'done' : progress;
  return JSON.stringify([outcome, state, reason, changes.map(changeText), failure?.action, failure?.exitCode, failure?.output]);
}

/** Ok, or skipped without a reason of its own: a handler that nothing notified. */
function isNothing({ outcome, progress, handler, notifiedBy }: ReportStep): boolean {
  return outcome === 'ok' || (outcome === 'skipped' && progress === 'planned' && handler && notifiedBy.length === 0);
}

function changeText({ field, before, after }: ReportChange): readonly unknown[] {
  return [field, before, after];
}
