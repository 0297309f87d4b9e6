/** Stand for a host's name in a text: the whole name, and the name up to its first dot. */
export const NAME_MARKS = { whole: '\u0001', short: '\u0002' } as const;

/** Stands before the label of a hole. */
export const HOLE_MARK = '‹';

/** Characters of words: letters, digits, marks, and all that is no ASCII. */
const WORD = 'A-Za-z0-9_\\u0001\\u0002\\u0080-\\uffff';

/** Words as values are: names, numbers, addresses, digests, without the slashes, quotes and equals signs around them, and without a port behind them. */
const TOKEN = new RegExp(`[${WORD}](?:[${WORD}.%-]*[${WORD}])?(?=:\\d+(?![${WORD}.:%-]))|[${WORD}](?:[${WORD}.:%-]*[${WORD}])?`, 'g');

/** A text cut into its tokens and what stands between them: one separator more than tokens. */
export interface Cut {
  readonly separators: readonly string[];
  readonly tokens: readonly string[];
}

/** Cuts a text into tokens. */
export function cutText(text: string): Cut {
  const separators: string[] = [];
  const tokens: string[] = [];
  let from = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    separators.push(text.slice(from, index));
    tokens.push(token);
    from = index + token.length;
  }
  return { separators: [...separators, text.slice(from)], tokens };
}

/** The name of a host as texts may show it. */
export interface OwnName {
  readonly whole: string;
  /** Up to the first dot; null where that is no name, or the same. */
  readonly short: string | null;
  /** Finds either where no letter or digit stands beside it. null: no token can hold the name. */
  readonly pattern: RegExp | null;
}

/** The name of a host as its texts may show it. */
export function ownName(whole: string): OwnName {
  const [first = ''] = whole.split('.');
  const short = first !== whole && /[a-z]/i.test(first) ? first : null;
  const names = [whole, ...(short === null ? [] : [short])];
  const isToken = !hasName(whole) && names.every((name) => cutText(name).tokens[0] === name);
  const patterns = names.map((name) => name.replace(/[.%:-]/g, '\\$&'));
  return { whole, short, pattern: isToken ? new RegExp(`(?<![${WORD}])(?:${patterns.join('|')})(?![${WORD}])`, 'g') : null };
}

/** The text with marks in place of the host's own name. */
export function withoutName(text: string, { whole, short, pattern }: OwnName): string {
  if (pattern === null || !text.includes(short ?? whole)) return text;
  return text.replace(pattern, (found) => (found === whole ? NAME_MARKS.whole : NAME_MARKS.short));
}

/** The text with the host's own name in place of marks. */
export function withName(text: string, { whole, short }: OwnName): string {
  return hasName(text) ? text.replaceAll(NAME_MARKS.whole, whole).replaceAll(NAME_MARKS.short, short ?? whole) : text;
}

/** Whether marks of a host's name are in a text. */
export function hasName(text: string): boolean {
  return text.includes(NAME_MARKS.whole) || text.includes(NAME_MARKS.short);
}

/** What kind of value a token is, so that only values of the same kind are holes at the same place; null for a word, which has no digits. */
export function kindOf(token: string): string | null {
  if (!/\d/.test(token)) return null;
  if (/^[0-9a-f]{8,}$/i.test(token) && /[a-f]/i.test(token)) return 'hexadecimal';
  if (/^[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}$/i.test(token)) return 'colons';
  return token.replace(/\d+/g, '9');
}
