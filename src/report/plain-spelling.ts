/** Bytes of one character of UTF-8, each written as two hexadecimal digits behind `prefix`. */
function hexBytes(prefix: string): string {
  const more = `${prefix}[89ab][0-9a-f]`;
  const rest = `${prefix}[cd][0-9a-f]${more}|${prefix}e[0-9a-f](?:${more}){2}|${prefix}f[0-4](?:${more}){3}`;
  return `${prefix}[0-7][0-9a-f]|${rest}`;
}

const LETTERS: ReadonlyMap<string, string> = new Map([
  ...Object.entries({ quot: '"', apos: "'", lt: '<', gt: '>', amp: '&', n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }),
]);

/** Backslashes, as many as stand there: looked for at the first of them only, as a search at each would take the square of their number. */
const BACKSLASHES = String.raw`(?<!\\)\\+`;

interface Rule {
  readonly pattern: RegExp;
  /** What a match stands for. */
  plain(found: string): string;
}

/** One kind of spelling after the other: colours, URLs, markup, backslashes of JSON, shells, Python and octal dumps, then what only stands around characters. */
const RULES: readonly Rule[] = [
  { pattern: /\u001b\[[0-?]*[ -/]*[@-~]/g, plain: () => '' },
  { pattern: new RegExp(hexBytes('%(?:25)*'), 'gi'), plain: (found) => ofBytes(found.replaceAll(/%(?:25)*(?=[0-9a-f]{2})/gi, ' '), 16) },
  { pattern: /&(?:#\d{1,7}|#x[0-9a-f]{1,6}|quot|apos|lt|gt|amp);/gi, plain: (found) => ofEntity(found.slice(1, -1)) },
  {
    pattern: new RegExp(String.raw`${BACKSLASHES}u(?:[0-9a-f]{4}|\{[0-9a-f]{1,6}\})`, 'gi'),
    plain: (found) => ofCode(Number.parseInt(found.replaceAll(/[\\u{}]/gi, ''), 16)),
  },
  { pattern: new RegExp(hexBytes(`${BACKSLASHES}x`), 'gi'), plain: (found) => ofBytes(found.replaceAll(/\\+x/gi, ' '), 16) },
  {
    pattern: new RegExp(
      String.raw`${BACKSLASHES}(?:(?:[01][0-7]{2}|3[0-3][0-7]\\+2[0-7]{2}|34[0-7]|35[0-7])(?:\\+2[0-7]{2})*|36[0-4](?:\\+2[0-7]{2}){3})|#0[0-3][0-7]`,
      'g',
    ),
    plain: (found) => ofBytes(found.replaceAll(/\\+|#/g, ' '), 8),
  },
  { pattern: new RegExp(`${BACKSLASHES}[nrtbf]`, 'g'), plain: (found) => LETTERS.get(found.slice(-1)) ?? '' },
  { pattern: /\r?\n[ \t]*[+\-|>#]?[ \t]*|\r/g, plain: () => '' },
  { pattern: /["'\\$]+/g, plain: () => '' },
  { pattern: /%%|\+/g, plain: (found) => (found === '+' ? ' ' : '%') },
];

/** Encodings may stand in one another. */
const MOST_ROUNDS = 4;

/**
 * The text as all the ways to spell it have in common: without quotes, backslashes and dollars, with escaped characters as they are. Two spellings of one secret,
 * also where only some of its characters are escaped, are equal in it.
 */
export function plainSpelling(text: string): string {
  let plain = text;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = RULES.reduce((each, { pattern, plain: of }) => each.replace(pattern, of), plain);
    if (next === plain) break;
    plain = next;
  }
  return plain;
}

/** A part of a text. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where these words stand in a text, in whatever spelling; what overlaps is one. The words are in plain spelling. */
export function spelledSpans(text: string, words: readonly string[]): readonly Span[] {
  const { plain, starts, ends } = traced(text);
  const spans = words.flatMap((word) =>
    occurrences(plain, word).map((at): Span => ({ from: starts[at] ?? 0, to: ends[at + word.length - 1] ?? 0 })),
  );
  const merged: Span[] = [];
  for (const span of spans.sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last === undefined || span.from >= last.to) merged.push(span);
    else merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
  }
  return merged;
}

function occurrences(text: string, word: string): readonly number[] {
  const found: number[] = [];
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) found.push(at);
  return found;
}

/** A plain spelling, and where in the text each of its characters begins and ends. */
interface Traced {
  readonly plain: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

function traced(text: string): Traced {
  const places = Array.from({ length: text.length }, (_, at) => at);
  let result: Traced = { plain: text, starts: places, ends: places.map((at) => at + 1) };
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = RULES.reduce(trace, result);
    if (next.plain === result.plain) break;
    result = next;
  }
  return result;
}

function trace(before: Traced, { pattern, plain: of }: Rule): Traced {
  const [pieces, starts, ends]: [string[], number[], number[]] = [[], [], []];
  let at = 0;
  const copy = (to: number): void => {
    pieces.push(before.plain.slice(at, to));
    for (let index = at; index < to; index++) {
      starts.push(before.starts[index] ?? 0);
      ends.push(before.ends[index] ?? 0);
    }
    at = to;
  };
  for (const match of before.plain.matchAll(pattern)) {
    copy(match.index);
    at = match.index + match[0].length;
    const made = of(match[0]);
    pieces.push(made);
    for (let index = 0; index < made.length; index++) {
      starts.push(before.starts[match.index] ?? 0);
      ends.push(before.ends[at - 1] ?? 0);
    }
  }
  copy(before.plain.length);
  return { plain: pieces.join(''), starts, ends };
}

function ofBytes(spaced: string, radix: number): string {
  return Buffer.from(
    spaced
      .trim()
      .split(/ +/)
      .map((digits) => Number.parseInt(digits, radix)),
  ).toString('utf8');
}

function ofEntity(name: string): string {
  if (!name.startsWith('#')) return LETTERS.get(name.toLowerCase()) ?? '';
  return ofCode(/^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1)));
}

function ofCode(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}
