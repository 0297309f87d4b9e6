/** A word of a configuration line without its quotes; columns count from 1. */
export interface ConfigWord {
  readonly text: string;
  readonly column: number;
  /** Length in the source, with quotes. */
  readonly length: number;
}

const SPACE = /[ \t\r\n]/;

/** A word and where the next one begins; null at the end of the line. */
interface Taken {
  readonly word: ConfigWord;
  readonly next: number | null;
}

/**
 * Takes one word as OpenSSH takes keywords and the criteria of Match: it ends at white space or at one `=`, and a pair of double quotes, which
 * may begin within it. Null where the quote is not closed.
 */
export function takeWord(line: string, at: number): Taken | null {
  const length = line.slice(at).search(/[ \t\r\n"=]/);
  const end = at + length;
  if (length === -1) return { word: { text: line.slice(at), column: at + 1, length: line.length - at }, next: null };
  if (line[end] === '"') return takeQuoted(line, at, end);
  const word = { text: line.slice(at, end), column: at + 1, length };
  const next = skipSpace(line, end + 1);
  return { word, next: line[end] !== '=' && line[next] === '=' ? skipSpace(line, next + 1) : next };
}

function takeQuoted(line: string, at: number, open: number): Taken | null {
  const close = line.indexOf('"', open + 1);
  if (close === -1) return null;
  const text = line.slice(at, open) + line.slice(open + 1, close);
  return { word: { text, column: at + 1, length: close + 1 - at }, next: skipSpace(line, close + 1) };
}

function skipSpace(line: string, from: number): number {
  let at = from;
  while (SPACE.test(line[at] ?? '')) at += 1;
  return at;
}

/**
 * Splits the arguments of a line, from index `from` on: quotes of both kinds, `\` before a quote, a backslash or (outside quotes) a space, and
 * a comment from a word that begins with `#`. Null where a quote is not closed.
 */
export function splitArguments(line: string, from: number): readonly ConfigWord[] | null {
  const words: ConfigWord[] = [];
  let at = from;
  for (;;) {
    while (line[at] === ' ' || line[at] === '\t') at += 1;
    if (at >= line.length || line[at] === '#') return words;
    const argument = takeArgument(line, at);
    if (argument === null) return null;
    words.push({ text: argument.text, column: at + 1, length: argument.end - at });
    at = argument.end;
  }
}

function takeArgument(line: string, from: number): { readonly text: string; readonly end: number } | null {
  let [text, end] = ['', from];
  for (const [piece, escaped, double, single, plain] of line.slice(from).matchAll(PIECE)) {
    text += escaped ?? plain ?? (double ?? single ?? '').replaceAll(/\\(["'\\])/g, '$1');
    end += piece.length;
  }
  return end === line.length || line[end] === ' ' || line[end] === '\t' ? { text, end } : null;
}

/** The next piece of an argument: an escaped character, a text in either kind of quotes, or a plain character. */
const PIECE = /\\(["'\\ ])|"((?:[^"\\]|\\["'\\]|\\(?!["'\\]))*)"|'((?:[^'\\]|\\["'\\]|\\(?!["'\\]))*)'|([^ \t"'])/gy;
