import { formatValue, isReportContent } from './field-value.ts';
import type { ReportChange, ReportStep } from './report.ts';
import { visible } from './visible.ts';

/** True where a field is a content, which has a diff or a note instead of values. */
export function isContentChange({ before, after }: ReportChange): boolean {
  return isReportContent(before) || isReportContent(after);
}

/** A field that is no content as one line: `mode: 0644 → 0600`; of a new or removed thing only the value that there is. */
export function fieldLine({ field, before, after }: ReportChange, step: ReportStep): string {
  const isFresh = step.certainty === 'exact' && step.changes.every((each) => each.before === null);
  if (isFresh) return `${visible(field)}: ${formatValue(after)}`;
  if (step.changes.every((each) => each.after === null)) return `${visible(field)}: ${formatValue(before)}`;
  return `${visible(field)}: ${step.certainty === 'after-apply' ? '?' : formatValue(before)} → ${formatValue(after)}`;
}

/** What stands in place of a content's diff where there is none. */
export function diffless({ diffNote }: ReportChange): string {
  return diffNote ?? 'empty';
}
