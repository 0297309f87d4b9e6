/** A word of a line without its quotes, and where in the line it stands. */
export interface Word {
  readonly text: string;
  /** Offset behind the word in the line. */
  readonly end: number;
  /** Offset in the line of a character of `text`. */
  offsetOf(index: number): number;
}

/** The words of a line, or what is wrong with its quoting and where. */
export type SplitLine = { readonly words: readonly Word[] } | { readonly broken: string; readonly offset: number };

const PIECE = /([ \t]+)|([^ \t"'\\#]+)|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])/y;

/**
 * Splits a line of an INI inventory as Ansible does: at blanks and tabs, with quotes and backslashes as in a POSIX shell (inside double quotes a
 * backslash takes only `"` and itself), and with `#` outside quotes as the start of a comment, in the middle of a word too.
 */
export function splitWords(line: string): SplitLine {
  const words: Word[] = [];
  let pieces: Piece[] = [];
  let at = 0;
  while (at < line.length && line[at] !== '#') {
    PIECE.lastIndex = at;
    const match = PIECE.exec(line);
    if (match === null) return { broken: line[at] === '\\' ? 'a backslash ends the line' : `${line[at]} has no partner`, offset: at };
    if (match[1] === undefined) pieces.push(pieceOf(match, at));
    else if (pieces.length > 0) {
      words.push(new JoinedWord(pieces, at));
      pieces = [];
    }
    at += match[0].length;
  }
  if (pieces.length > 0) words.push(new JoinedWord(pieces, at));
  return { words };
}

interface Piece {
  readonly text: string;
  /** Offset in the line of its first character. */
  readonly offset: number;
}

function pieceOf([, , plain, single, double, escaped]: RegExpExecArray, at: number): Piece {
  if (plain !== undefined) return { text: plain, offset: at };
  return { text: single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped ?? '', offset: at + 1 };
}

class JoinedWord implements Word {
  readonly text: string;
  readonly end: number;
  readonly #pieces: readonly Piece[];

  constructor(pieces: readonly Piece[], end: number) {
    this.text = pieces.length === 1 ? (pieces[0]?.text ?? '') : pieces.map((piece) => piece.text).join('');
    this.end = end;
    this.#pieces = pieces;
  }

  offsetOf(index: number): number {
    let rest = index;
    for (const { text, offset } of this.#pieces) {
      if (rest < text.length) return offset + rest;
      rest -= text.length;
    }
    return this.end;
  }
}
