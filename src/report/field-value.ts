import type { Content, FieldValue } from '../model/content.ts';
import type { ReportValue } from './report.ts';

/** A content in the report. */
type ReportContent = Extract<ReportValue, { readonly size: number }>;

import { count } from './units.ts';
import { visible } from './visible.ts';

/** Words that a text value must not be mistaken for. */
const RESERVED = new Set(['', 'absent', 'yes', 'no', 'none', '?']);

/** A field's value as one harmless line: `0644`, `yes`, `adm, docker`, `absent`; ambiguous texts in quotes. */
export function formatValue(value: FieldValue | ReportValue): string {
  if (value === null) return 'absent';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return formatText(value);
  if ('size' in value) return formatContent(value);
  return value.length === 0 ? 'none' : value.map(formatText).join(', ');
}

/** Whether a value is a content. */
export function isReportContent(value: ReportValue): value is ReportContent {
  return typeof value === 'object' && value !== null && 'size' in value;
}

function formatText(text: string): string {
  return RESERVED.has(text) || text !== text.trim() || text.includes(', ') ? `"${visible(text)}"` : visible(text);
}

function formatContent(content: Content | ReportContent): string {
  const size = count(content.size, 'byte');
  const sha256 = 'digest' in content ? (content.isSecret === true ? null : content.digest) : content.sha256;
  return sha256 === null ? `${size}, not shown: it holds secrets` : `${size}, sha256 ${sha256.slice(0, 12)}`;
}
