import { type ContentDiff, type DiffLine, readDiff } from './diff.ts';
import { formatValue, isReportContent } from './field-value.ts';
import { wrap } from './layout.ts';
import type { ReportChange, ReportStep } from './report.ts';
import type { View } from './view.ts';
import { visible, visibleLine } from './visible.ts';

const INDENT = ' '.repeat(6);

/** The fields of a step's changes, indented below it: short ones of a new or removed thing on one line, contents as diffs at the end. */
export function changeLines(step: ReportStep, view: View): readonly string[] {
  const contents = step.changes.filter(hasContent);
  const fields = step.changes.filter((change) => !hasContent(change));
  const isFresh = step.certainty === 'exact' && step.changes.every(({ before }) => before === null);
  const isGone = step.changes.every(({ after }) => after === null);
  const pick = (change: ReportChange): string => formatValue(isFresh ? change.after : change.before);
  const short =
    isFresh || isGone
      ? joined(
          fields.map((change) => `${visible(change.field)}: ${pick(change)}`),
          view,
        )
      : fields.flatMap((change) => fieldLine(change, step, view));
  return [...short, ...contents.flatMap((change) => contentLines(change, step, view))];
}

/** `+` for a new thing, `-` for one that goes away, `~` for all other changes, and for handlers and commands, which are no things. */
export function changeMark({ changes, certainty, handler, kind }: ReportStep): '+' | '-' | '~' {
  if (changes.length === 0 || certainty === 'after-apply' || handler || kind === 'command') return '~';
  if (changes.every(({ before }) => before === null)) return '+';
  return changes.every(({ after }) => after === null) ? '-' : '~';
}

function hasContent({ before, after }: ReportChange): boolean {
  return isReportContent(before) || isReportContent(after);
}

function joined(fields: readonly string[], { width }: View): readonly string[] {
  return fields.length === 0 ? [] : wrap(INDENT + fields.join(', '), { width, hang: INDENT });
}

function fieldLine({ field, before, after }: ReportChange, step: ReportStep, { width }: View): readonly string[] {
  const old = step.certainty === 'after-apply' ? '?' : formatValue(before);
  return wrap(`${INDENT}${visible(field)}: ${old} → ${formatValue(after)}`, { width, hang: `${INDENT}  ` });
}

function contentLines({ field, diff: text, diffNote }: ReportChange, { certainty }: ReportStep, view: View): readonly string[] {
  const isOpen = certainty === 'after-apply';
  const diff = readDiff({ text, note: diffNote }, view.limits);
  const lines = isOpen ? diff.lines.filter(({ kind }) => kind !== 'hunk') : diff.lines;
  if (lines.length === 0) return [`${INDENT}${visible(field)}: ${emptyDiff(diff)}`];
  const note = diff.note === null ? [] : [`${INDENT}  ${view.style.quiet(`… ${diff.note}`)}`];
  return [`${INDENT}${visible(field)}:${isOpen ? ' ? →' : ''}`, ...lines.map((line) => `${INDENT}  ${paintLine(line, view)}`), ...note];
}

function emptyDiff({ note }: ContentDiff): string {
  return note ?? 'empty';
}

function paintLine({ kind, text }: DiffLine, { style }: View): string {
  const line = visibleLine(text);
  switch (kind) {
    case 'added':
      return style.added(line);
    case 'removed':
      return style.removed(line);
    case 'hunk':
      return style.place(line);
    case 'mark':
      return style.quiet(line);
    case 'context':
      return line.trimEnd();
  }
}
