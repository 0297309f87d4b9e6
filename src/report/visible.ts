/**
 * C0 and C1 control characters and DEL (ECMA-48: terminals act on them), and the characters that reorder or hide text
 * (Unicode bidirectional controls, line and paragraph separators, byte order mark).
 */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The same without C0, which JSON escapes itself: the only ones left in its text are the line ends of the layout. */
const UNSAFE_IN_JSON = /[\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const NAMED: { readonly [character: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text as one line in which nothing can act on a terminal: control characters become `\n`, `\x1b`, `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => NAMED[character] ?? escaped(character));
}

/** Like `visible`, but tabs stay: for a line of a file or of output. */
export function visibleLine(line: string): string {
  return line.replace(UNSAFE, (character) => (character === '\t' ? character : (NAMED[character] ?? escaped(character))));
}

/** Like `visible`, but tabs and line ends stay: for a text of several lines. Carriage returns before line ends are dropped. */
export function visibleText(text: string): string {
  return text.split(/\r?\n/).map(visibleLine).join('\n');
}

/** Text as lines, without the end of the last one, each as `visibleLine`. Carriage returns before line ends are dropped. */
export function visibleLines(text: string): readonly string[] {
  if (text === '') return [];
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map(visibleLine);
}

/** A value as JSON, indented by two, in which unsafe characters stand as `\uXXXX`: the same value, harmless on a terminal. */
export function safeJson(value: unknown): string {
  return harmlessJson(JSON.stringify(value, null, 2));
}

/** JSON text that says the same without unsafe characters. */
export function harmlessJson(json: string): string {
  return json.replace(UNSAFE_IN_JSON, (character) => `\\u${hex(character, 4)}`);
}

function escaped(character: string): string {
  return character <= '\u00ff' ? `\\x${hex(character, 2)}` : `\\u{${hex(character, 4)}}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}
