import { type Content, type FieldValue, isContent } from '../model/content.ts';
import { count } from './units.ts';
import { visible } from './visible.ts';

/** Words that a text value must not be mistaken for. */
const RESERVED = new Set(['', 'absent', 'yes', 'no', 'none', '?']);

/** A field's value as one harmless line: `0644`, `yes`, `adm, docker`, `absent`; ambiguous texts in quotes. */
export function formatValue(value: FieldValue): string {
  if (value === null) return 'absent';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return formatText(value);
  if (isContent(value)) return formatContent(value);
  return value.length === 0 ? 'none' : value.map(formatText).join(', ');
}

function formatText(text: string): string {
  return RESERVED.has(text) || text !== text.trim() || text.includes(', ') ? `"${visible(text)}"` : visible(text);
}

function formatContent({ size, digest, isSecret }: Content): string {
  if (isSecret === true) return `${count(size, 'byte')}, not shown: it holds secrets`;
  return `${count(size, 'byte')}, sha256 ${digest.slice(0, 12)}`;
}
