import { StepArgumentError } from './step.ts';

/** A regular expression for grep(1): its flags and its text. */
export interface ExtendedRegexp {
  readonly flags: readonly string[];
  readonly text: string;
}

const CLASSES: Readonly<Record<string, string>> = { d: '[:digit:]', w: '[:alnum:]_', s: '[:space:]' };

/** One token of what both dialects have: groups, classes, quantifiers, anchors, escapes, and plain characters. */
const TOKEN = /\(\?:|\((?!\?)|\)|\[\^?(?:\\.|[^\]\\])+\]|\{\d+(?:,\d*)?\}|\\.|[.*+?|^$]|[^\\()[\]{}.*+?|^$]/uy;

/**
 * A JavaScript RegExp as a POSIX extended one (regex(7)), for hosts to match with. Throws StepArgumentError for what POSIX has not:
 * lookaround, lazy quantifiers, back references, word boundaries, flags other than `i`.
 */
export function extendedRegexp(what: string, { source, flags }: RegExp): ExtendedRegexp {
  const refuse = (why: string): never => {
    throw new StepArgumentError(`${what} /${source}/${flags} ${why}: hosts match with grep -E`);
  };
  if (!['', 'i'].includes(flags)) refuse('must have no flag but i');
  let text = '';
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(source)?.[0] ?? refuse(`cannot be told to a host from ${JSON.stringify(source.slice(at))} on`);
    text += translate(token) ?? refuse(`has ${token}, which POSIX has not`);
  }
  if (/(?:[*+?}])[*+?{]/.test(text.replaceAll(/\\./g, 'x'))) refuse('has a quantifier behind a quantifier');
  return { flags: flags === 'i' ? ['-i'] : [], text };
}

/** The token in POSIX's words; null where there are none. */
function translate(token: string): string | null {
  if (token === '(?:') return '(';
  if (token.startsWith('[')) return bracket(token);
  if (!token.startsWith('\\')) return /[\n\r]/.test(token) ? null : token;
  const escaped = token.slice(1);
  const members = CLASSES[escaped.toLowerCase()];
  if (members !== undefined) return escaped === escaped.toLowerCase() ? `[${members}]` : `[^${members}]`;
  if (/[A-Za-z0-9]/.test(escaped)) return null;
  return /[\\^$.*+?()[\]{}|]/.test(escaped) ? token : escaped;
}

/** A bracket expression, where a backslash is a plain character for POSIX. */
function bracket(token: string): string | null {
  const rest = token.slice(1).replaceAll(/\\[dws./\\()*+?{}|$]/g, '');
  if (/[^\x20-\x7e]|\[[:.=]|\\/.test(rest)) return null;
  return token.replaceAll(/\\(.)/g, (_, escaped: string) => CLASSES[escaped] ?? (escaped === '\\' ? '\\' : escaped));
}
