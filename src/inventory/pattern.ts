import { isIPv6 } from 'node:net';

/** How a term of a pattern joins the others. */
export type TermKind = 'union' | 'intersection' | 'exclusion';

/** One term of a host pattern. */
export interface PatternTerm {
  readonly kind: TermKind;
  /** The term without `&` or `!`. */
  readonly text: string;
  /** Offset of `text` in the pattern. */
  readonly offset: number;
}

/** The terms of a pattern, or what is wrong with it and where. */
export type ParsedPattern =
  | { readonly terms: readonly PatternTerm[] }
  | { readonly broken: string; readonly offset: number; readonly length: number };

const OPENERS = '[({';
const CLOSERS = '])}';

/**
 * Splits a host pattern at `:` and `,` outside brackets, as Ansible does; IPv6 addresses between commas stay whole.
 * `isName` says whether a piece is a host's name as it stands.
 */
export function parsePattern(pattern: string, isName: (text: string) => boolean): ParsedPattern {
  if (pattern.trim() === '') return { broken: 'the pattern is empty', offset: 0, length: Math.max(1, pattern.length) };
  const terms: PatternTerm[] = [];
  for (const piece of pieces(pattern, { text: pattern, offset: 0 }, ',')) {
    const bare = piece.text.trim().replace(/^[!&]/, '');
    const parts = isName(bare) || isIPv6(bare) ? [piece] : pieces(pattern, piece, ':');
    for (const part of parts) {
      const term = toTerm(part);
      if (term.text === '') return { broken: 'a name is missing', offset: part.offset, length: Math.max(1, part.text.length) };
      terms.push(term);
    }
  }
  const unbalanced = terms.find((term) => depthAfter(term.text) !== 0);
  if (unbalanced === undefined) return { terms };
  return { broken: `a bracket of "${unbalanced.text}" has no partner`, offset: unbalanced.offset, length: unbalanced.text.length };
}

interface Piece {
  readonly text: string;
  readonly offset: number;
}

function pieces(pattern: string, { text, offset }: Piece, separator: string): readonly Piece[] {
  const found: Piece[] = [];
  let start = offset;
  let depth = 0;
  for (let at = offset; at < offset + text.length; at++) {
    const character = pattern.charAt(at);
    if (OPENERS.includes(character)) depth += 1;
    if (CLOSERS.includes(character)) depth = Math.max(0, depth - 1);
    if (character !== separator || depth > 0) continue;
    found.push({ text: pattern.slice(start, at), offset: start });
    start = at + 1;
  }
  return [...found, { text: pattern.slice(start, offset + text.length), offset: start }];
}

function toTerm({ text, offset }: Piece): PatternTerm {
  const lead = text.length - text.trimStart().length;
  const trimmed = text.trim();
  const kind = trimmed.startsWith('&') ? 'intersection' : trimmed.startsWith('!') ? 'exclusion' : 'union';
  const skip = kind === 'union' ? 0 : 1;
  return { kind, text: trimmed.slice(skip), offset: offset + lead + skip };
}

function depthAfter(text: string): number {
  let depth = 0;
  for (const character of text) {
    if (OPENERS.includes(character)) depth += 1;
    if (CLOSERS.includes(character)) depth -= 1;
  }
  return depth;
}
