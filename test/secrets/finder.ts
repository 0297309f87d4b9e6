/** How many characters in a row of a canary count as the canary. */
const WINDOW = 12;

/**
 * Names of the canaries (letters only) that a text holds, in whatever encoding: everything in it that can be decoded is, in turn, and lines are joined.
 * Knows nothing of how drover looks for secrets.
 */
export function canariesIn(text: string, canaries: Readonly<Record<string, string>>): readonly string[] {
  const all = [...views(text, 3)].join('\n\n');
  return Object.entries(canaries).flatMap(([name, canary]) => (windows(canary).some((part) => all.includes(part)) ? [name] : []));
}

function windows(canary: string): readonly string[] {
  return Array.from({ length: canary.length - WINDOW + 1 }, (_, start) => canary.slice(start, start + WINDOW));
}

function views(text: string, depth: number, known: Set<string> = new Set()): Set<string> {
  if (known.has(text)) return known;
  known.add(text);
  if (depth > 0) for (const decoded of decodings(text)) views(decoded, depth - 1, known);
  return known;
}

function decodings(text: string): readonly string[] {
  const escaped = text.replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return [
    escaped.replace(/\\n/g, '\n').replace(/\\(.)/g, '$1'),
    text.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    text.replace(/&#x?[0-9a-f]+;|&[a-z]+;/gi, ''),
    // What a diff, a quote, an indent or a shell adds at line ends and between characters.
    text.replace(/[\s+\-|>#\\'"`]+/g, ''),
    ...runs(text, /[A-Za-z0-9+/_-]{16,}={0,2}/g).flatMap((run) =>
      [0, 1, 2, 3].map((from) => Buffer.from(run.slice(from), 'base64').toString('latin1')),
    ),
    ...runs(text, /[0-9a-f]{24,}/gi).flatMap((run) => [0, 1].map((from) => Buffer.from(run.slice(from), 'hex').toString('latin1'))),
  ].map(printable);
}

/** Of each kind of encoding all at once: few texts to look into. */
function runs(text: string, pattern: RegExp): readonly string[] {
  return [...new Set(text.match(pattern) ?? [])];
}

/** Bytes of digests and the like come to nothing. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\n]+/g, ' ');
}
