/** Characters of words: letters, digits and all that is no ASCII. */
const WORD = 'A-Za-z0-9_\\u0080-\\uffff';

/** Words as values are: names, numbers, addresses, digests, without the slashes, quotes and equals signs around them, and without a port behind them. */
const TOKEN = new RegExp(`[${WORD}](?:[${WORD}.%-]*[${WORD}])?(?=:\\d+(?![${WORD}.:%-]))|[${WORD}](?:[${WORD}.:%-]*[${WORD}])?`, 'g');

/** A text with this character in it has no tokens: its holes could not be told from what it says itself. */
const MARK = '‹';

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
  for (const { 0: token, index } of text.includes(MARK) ? [] : text.matchAll(TOKEN)) {
    separators.push(text.slice(from, index));
    tokens.push(token);
    from = index + token.length;
  }
  return { separators: [...separators, text.slice(from)], tokens };
}

/** The name of a host in texts: whole, and up to its first dot where that is a name too. */
export interface OwnName {
  readonly whole: string;
  readonly short: string | null;
  /** Finds either where no letter or digit stands beside it. */
  readonly pattern: RegExp;
}

/** Stand for a host's name in what is the same on all hosts but for their names. No token has them. */
export const NAME_MARKS = { whole: '\u0001', short: '\u0002' } as const;

/** The name of a host as its texts may show it. */
export function ownName(whole: string): OwnName {
  const [first = ''] = whole.split('.');
  const short = first !== whole && /[a-z]/i.test(first) ? first : null;
  const names = [whole, ...(short === null ? [] : [short])].map((name) => name.replace(/[^A-Za-z0-9_]/g, '\\$&'));
  return { whole, short, pattern: new RegExp(`(?<![${WORD}])(?:${names.join('|')})(?![${WORD}])`, 'g') };
}

/** The text with the host's own name replaced by its mark; null where the name is not in it. */
export function withoutName(text: string, { whole, short, pattern }: OwnName): string | null {
  if (!text.includes(short ?? whole)) return null;
  const nameless = text.replace(pattern, (found) => (found === whole ? NAME_MARKS.whole : NAME_MARKS.short));
  return nameless === text ? null : nameless;
}

/** What kind of value a token is, so that only values of the same kind are holes at the same place; null for a word, which has no digits. */
export function kindOf(token: string): string | null {
  if (!/\d/.test(token)) return null;
  if (/^[0-9a-f]{8,}$/i.test(token) && /[a-f]/i.test(token)) return 'hexadecimal';
  if (/^[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}$/i.test(token)) return 'colons';
  return token.replace(/\d+/g, '9');
}
