const OPENING = /([rRuU])?("""|'''|"|')/y;
const ESCAPE = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g;
const NAMED: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);

/** Text as Python writes it, at an offset, pieces side by side joined. Null where there is none, or its escapes are broken. */
export function readPythonText(text: string, at: number): { readonly value: string; readonly end: number } | null {
  let value: string | null = null;
  let end = at;
  let start = at;
  for (let piece = readPiece(text, start); piece !== null; piece = readPiece(text, start)) {
    value = (value ?? '') + piece.value;
    end = piece.end;
    start = end;
    while (text[start] === ' ' || text[start] === '\t') start += 1;
  }
  // A quote behind the text begins a piece that does not end.
  return value === null || /["']/.test(text[start] ?? '') ? null : { value, end };
}

function readPiece(text: string, start: number): { readonly value: string; readonly end: number } | null {
  OPENING.lastIndex = start;
  const [whole, prefix = '', quote] = OPENING.exec(text) ?? [];
  if (whole === undefined || quote === undefined) return null;
  const from = start + whole.length;
  let at = from;
  while (at < text.length && !text.startsWith(quote, at)) at += text[at] === '\\' ? 2 : 1;
  if (at >= text.length) return null;
  const body = text.slice(from, at);
  const value = /r/i.test(prefix) ? body : resolveEscapes(body);
  return value === null ? null : { value, end: at + quote.length };
}

/** Escapes that Python does not know keep their backslash; broken ones, and `\N{...}`, make no text. */
function resolveEscapes(body: string): string | null {
  let isBroken = false;
  const value = body.replace(ESCAPE, (whole: string, octal?: string, ...more: readonly string[]) => {
    const [two, four, eight, other = ''] = more;
    const code = octal === undefined ? Number.parseInt(two ?? four ?? eight ?? '', 16) : Number.parseInt(octal, 8);
    isBroken ||= code > 0x10ffff || /[xuUN]/.test(other);
    if (isBroken || Number.isNaN(code)) return NAMED.get(other) ?? whole;
    return String.fromCodePoint(code);
  });
  return isBroken ? null : value;
}
