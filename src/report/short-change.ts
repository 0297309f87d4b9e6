import { cut } from './layout.ts';
import type { ReportChange, ReportValue } from './report.ts';

/** Columns of one value. */
const WIDEST = 40;

/** A change of one field as one short line: `mode: 0644 → 0600`, `content: +3 −1`; what a terminal would act on is left as it is. */
export function shortChange({ field, before, after, diff, diffNote }: ReportChange): string {
  if (!isContent(before) && !isContent(after)) return `${field}: ${shortValue(before)} → ${shortValue(after)}`;
  if (diff === null) return `${field}: ${diffNote ?? 'differs'}`;
  const lines = diff.split('\n');
  const counted = (mark: string, sign: string): readonly string[] => {
    const number = lines.filter((line) => line.startsWith(mark)).length;
    return number === 0 ? [] : [`${sign}${number}`];
  };
  return `${field}: ${[...counted('+', '+'), ...counted('-', '−')].join(' ')}`;
}

function isContent(value: ReportValue): boolean {
  return typeof value === 'object' && value !== null && 'sha256' in value;
}

function shortValue(value: ReportValue): string {
  if (value === null) return 'absent';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return cut(typeof value === 'object' ? JSON.stringify(value) : String(value), WIDEST);
}
