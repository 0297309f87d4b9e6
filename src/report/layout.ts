/** Where wrapped lines begin and end. */
export interface WrapOptions {
  /** Columns of a whole line. */
  readonly width: number;
  /** Before every line but the first, which has its own beginning already. */
  readonly hang: string;
}

/** Breaks a text at its blanks so that no line is wider than `width`, except for words that are wider themselves. Colours must be put on later. */
export function wrap(text: string, { width, hang }: WrapOptions): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<=\S) (?=\S)/)) {
    if (line === '') line = word;
    else if (columns(line) + 1 + columns(word) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = hang + word;
    }
  }
  return [...lines, line];
}

/** Like `wrap`, but words that are wider than a line are broken too. */
export function wrapAll(text: string, width: number): readonly string[] {
  return wrap(text, { width, hang: '' }).flatMap((line) => {
    const characters = [...line];
    return Array.from({ length: Math.max(1, Math.ceil(characters.length / width)) }, (_, index) =>
      characters.slice(index * width, (index + 1) * width).join(''),
    );
  });
}

/** Number of terminal columns of a text without colours. */
export function columns(text: string): number {
  let number = 0;
  for (const character of text) number += columnsOf(character);
  return number;
}

/** Characters that take two columns (UAX #11: wide; UTS #51: shown as emoji), and marks that take none. */
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const MARK = /[\p{Mn}\p{Me}]/u;

function columnsOf(character: string): number {
  if (character < '\u0300') return 1;
  return WIDE.test(character) ? 2 : MARK.test(character) ? 0 : 1;
}

/** A text cut to so many columns, with `…` where something is cut off. */
export function cut(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let [kept, used] = ['', 0];
  for (const character of text) {
    used += columnsOf(character);
    if (used > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Names separated by commas; those past `most` only counted. */
export function nameList(names: readonly string[], most: number = Number.POSITIVE_INFINITY): string {
  if (names.length <= most + 1) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

/** Names as far as they fit into so many columns, the others only counted: `web1, web2 and 47 more`. At least one is named, if need be cut. */
export function fitNames(names: readonly string[], room: number): string {
  if (columns(names.join(', ')) <= room) return names.join(', ');
  const rest = (shown: number): string => (shown === names.length ? '' : ` and ${names.length - shown} more`);
  let [text = ''] = names;
  let shown = 1;
  for (const name of names.slice(1)) {
    const next = `${text}, ${name}`;
    if (columns(next + rest(shown + 1)) > room) break;
    text = next;
    shown += 1;
  }
  return cut(text, room - columns(rest(shown))) + rest(shown);
}

/** Rows as lines with aligned columns, two blanks between them; columns named in `right` are aligned to the right. No blanks at line ends. */
export function table(rows: readonly (readonly string[])[], right: ReadonlySet<number>): readonly string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => columns(row[index] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, index) => {
        const blanks = ' '.repeat((widths[index] ?? 0) - columns(cell));
        return right.has(index) ? blanks + cell : cell + blanks;
      })
      .join('  ')
      .trimEnd(),
  );
}
