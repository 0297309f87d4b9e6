import { SECTIONS } from './kickstart-grammar.ts';

/** A line with its number, counted from 1. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** A section from its header to `%end`. */
export interface Section {
  readonly name: string;
  readonly line: Line;
  readonly body: readonly Line[];
}

/** A kickstart file in its parts. */
export interface Kickstart {
  /** Command lines and `%include`, without empty lines and comments. */
  readonly commands: readonly Line[];
  readonly sections: readonly Section[];
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

interface Draft {
  readonly commands: Line[];
  readonly sections: Section[];
  readonly problems: { readonly line: number; readonly message: string }[];
  open: { readonly name: string; readonly line: Line; readonly body: Line[] } | null;
}

/** Takes a kickstart file apart; a section without `%end`, an `%end` without section, and commands behind sections are problems. */
export function parseKickstart(text: string): Kickstart {
  const draft: Draft = { commands: [], sections: [], problems: [], open: null };
  for (const [index, content] of text.split('\n').entries()) {
    const line: Line = { number: index + 1, text: content.trimEnd() };
    if (/[\r\0]/.test(content)) draft.problems.push({ line: line.number, message: 'has a control character' });
    if (draft.open === null) outside(draft, line);
    else inside(draft, line);
  }
  if (draft.open !== null) leaveUnclosed(draft);
  return draft;
}

function outside(draft: Draft, line: Line): void {
  const first = keyword(line);
  if (first === '%end') draft.problems.push({ line: line.number, message: '%end closes no section' });
  else if (first !== '' && first !== '%include' && first !== '%ksappend') draft.open = { name: first, line, body: [] };
  else if (isCommand(line)) {
    if (draft.sections.length > 0) draft.problems.push({ line: line.number, message: 'commands come before the sections' });
    draft.commands.push(line);
  }
}

/** Only the name of a section ends another one that lacks its `%end`: scripts may have lines that begin with `%`. */
function inside(draft: Draft, line: Line): void {
  const first = keyword(line);
  if (draft.open !== null && first === '%end') {
    draft.sections.push(draft.open);
    draft.open = null;
  } else if (SECTIONS.has(first)) {
    leaveUnclosed(draft);
    draft.open = { name: first, line, body: [] };
  } else draft.open?.body.push(line);
}

function leaveUnclosed(draft: Draft): void {
  if (draft.open === null) return;
  draft.problems.push({ line: draft.open.line.number, message: `${draft.open.name} is not closed by %end` });
  draft.sections.push(draft.open);
}

function keyword({ text }: Line): string {
  return /^%\S*/.exec(text)?.[0] ?? '';
}

function isCommand({ text }: Line): boolean {
  const start = text.trimStart();
  return start !== '' && !start.startsWith('#');
}

const PIECE = /\s+|"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|([^\s"'\\]+)/y;

/** Splits a line as a POSIX shell would, without expansion; null where a quotation mark is not closed. */
export function splitWords(text: string): readonly string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < text.length; ) {
    PIECE.lastIndex = at;
    const match = PIECE.exec(text);
    if (match === null) return null;
    const part = unquoted(match);
    if (part !== null) word = (word ?? '') + part;
    else if (word !== null) {
      words.push(word);
      word = null;
    }
    at += match[0].length;
  }
  return word === null ? words : [...words, word];
}

/** What a piece of a line stands for; null for the space between words. */
function unquoted([, double, single, escaped, plain]: RegExpExecArray): string | null {
  return double?.replace(/\\(["\\$`])/g, '$1') ?? single ?? escaped ?? plain ?? null;
}
