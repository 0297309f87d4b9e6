import type { Decided } from '../model/planned.ts';
import type { StepRecord } from '../model/run.ts';
import type { Unit } from './units.ts';
import type { UnitResult } from './write-units.ts';

/** What became of a planned step, from the results of its actions. */
export function carriedOut(planned: StepRecord, results: readonly UnitResult[]): StepRecord {
  if (planned.outcome !== 'changed') return planned;
  const worst = results.find((result) => result.progress !== 'done');
  const durationMs = results.reduce((sum, result) => sum + (result.durationMs ?? 0), 0);
  if (worst === undefined) return { ...planned, progress: 'done', durationMs };
  const partly = results.some((result) => result.progress === 'done');
  if (worst.progress === 'not-started') {
    const reason = partly ? `only partly carried out; ${worst.reason}` : worst.reason;
    return { ...planned, outcome: partly ? 'failed' : 'skipped', progress: partly ? 'done' : 'not-started', reason, durationMs };
  }
  const progress = worst.progress === 'in-doubt' ? 'in-doubt' : 'done';
  return { ...planned, outcome: 'failed', progress, reason: worst.reason, failure: worst.failure, durationMs };
}

/** The results that belong to a step. */
export function resultsOf({ item }: Decided, units: readonly Unit[], results: readonly UnitResult[]): UnitResult[] {
  return units.flatMap((unit, index) => {
    const result = results[index];
    return unit.steps.includes(item.id) && result !== undefined ? [result] : [];
  });
}

/** A planned step that nothing more will be done about. */
export function notStarted(planned: StepRecord, why: string): StepRecord {
  if (planned.outcome !== 'changed') return planned;
  return { ...planned, outcome: 'skipped', progress: 'not-started', reason: `not started: ${why}` };
}
