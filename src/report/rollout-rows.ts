import { fitNames, wrapAll } from './layout.ts';
import type { View } from './view.ts';
import { visible } from './visible.ts';

/** A line with its label, in a block of lines whose texts begin at the same column. */
export interface Row {
  readonly label: string;
  /** Harmless on a terminal, without colours. */
  readonly text: string;
  readonly paint?: (text: string) => string;
}

/** What stands before the names of hosts. */
export interface NamesHead extends Omit<Row, 'text'> {
  readonly head: string;
  /** True where every name is shown in any case. */
  readonly whole?: boolean;
}

/** Columns for names where there is hardly any room left. */
const LEAST_ROOM = 24;

/** Columns of a row's text: what the longest label leaves. */
const TEXT_INDENT = 18;

/** A row of host names as far as they fit into one line, the others counted; with `verbose` all. No names are no row. */
export function nameRows({ head, whole = false, ...row }: NamesHead, names: readonly string[], { width, verbose }: View): readonly Row[] {
  if (names.length === 0) return [];
  const shown = names.map(visible);
  const start = `${head}: `;
  const room = Math.max(LEAST_ROOM, width - TEXT_INDENT - start.length);
  return [{ ...row, text: start + (whole || verbose ? shown.join(', ') : fitNames(shown, room)) }];
}

/** Rows as lines: labels, then texts in one column, wrapped there. */
export function rowLines(rows: readonly Row[], { width, style }: View): readonly string[] {
  const labels = Math.max(0, ...rows.map(({ label }) => label.length));
  return rows.flatMap(({ label, text, paint = (line) => line }) =>
    wrapAll(text, width - labels - 4).map(
      (line, index) => `  ${index === 0 ? style.quiet(label.padEnd(labels)) : ' '.repeat(labels)}  ${paint(line)}`,
    ),
  );
}
