import type { PostfixFact } from '../model/postfix-fact.ts';
import { commandLine } from '../shell/quote.ts';
import { type FactReader, known, unreadable } from './reader.ts';

/**
 * A parameter of Postfix, from `postconf -n` (what main.cf sets) and `postconf -d` (defaults): two processes for all keys. Both print one line a
 * parameter, however many it has in main.cf (postconf(1)); `-d` knows nothing of names that are not Postfix's own.
 */
export const postfixReader: FactReader<'postfix'> = {
  kind: 'postfix',
  script(requests) {
    const names = requests.map((request) => request.key);
    return `
if command -v postconf >/dev/null 2>&1; then
  echo yes; mark
  postconf -n 2>&1; printf '\\nstatus %s' "$?"; mark
  ${commandLine(['postconf', '-d', ...names])} 2>/dev/null; mark
else echo no; fi`;
  },
  parse(pieces, requests) {
    const [found = '', set = '', defaults = ''] = pieces.map((piece) => piece.toString('utf8'));
    const all = (state: ReturnType<typeof known<PostfixFact>>) => new Map(requests.map(({ key }) => [key, state]));
    if (found.trim() === 'no') return all(known({ exists: false, value: null, default: null }));
    const status = /\nstatus (\d+)\s*$/.exec(set);
    if (found.trim() !== 'yes' || status === null) return new Map();
    if (status[1] !== '0') return all(unreadable(`postconf says: ${lastLine(set.slice(0, status.index))}`));
    const values = parseLines(set.slice(0, status.index));
    const own = parseLines(defaults);
    return new Map(
      requests.map(({ key }) => [key, known({ exists: true, value: values.get(key) ?? null, default: own.get(key) ?? null })]),
    );
  },
};

/** Lines `name = value`; the value may be empty. Warnings among them (`postconf: warning: …`) are no such lines. */
function parseLines(text: string): Map<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const match = /^([^\s=:]+) = ?(.*)$/.exec(line);
      return match === null ? [] : [[match[1] ?? '', (match[2] ?? '').trim()] as const];
    }),
  );
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
