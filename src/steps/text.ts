import { StepArgumentError } from './step.ts';

/**
 * A file's lines, each with its own line end, so that what is not edited survives byte for byte: CRLF, a missing final newline,
 * bytes that are no UTF-8. Lines are kept as latin1 strings, one character per byte.
 */
export type Lines = readonly string[];

/** Splits bytes into lines. */
export function linesOf(bytes: Uint8Array): string[] {
  return (
    Buffer.from(bytes)
      .toString('latin1')
      .match(/[^\n]*\n|[^\n]+$/g) ?? []
  );
}

/** The bytes of lines. */
export function bytesOf(lines: Lines): Uint8Array {
  return Uint8Array.from(Buffer.from(lines.join(''), 'latin1'));
}

/** A line without its line end. */
export function bodyOf(line: string): string {
  return line.replace(/\r?\n$/, '');
}

/** A line's body with another text, keeping its line end. */
export function withBody(line: string, body: string): string {
  return body + line.slice(bodyOf(line).length);
}

/** The line end that new lines get: that of the first line. */
export function lineEnd(lines: Lines): string {
  return lines[0]?.endsWith('\r\n') === true ? '\r\n' : '\n';
}

/** Puts new bodies in before the line at `at`; a last line without a line end gets one. */
export function insertAt(lines: Lines, at: number, bodies: readonly string[]): string[] {
  const end = lineEnd(lines);
  const before = lines.slice(0, at);
  const last = before.at(-1);
  if (last !== undefined && !last.endsWith('\n')) before[before.length - 1] = last + end;
  return [...before, ...bodies.map((body) => body + end), ...lines.slice(at)];
}

/** Text as a line's body holds it. */
export function encoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** A body as text; bytes that are no UTF-8 become U+FFFD. */
export function decoded(body: string): string {
  return Buffer.from(body, 'latin1').toString('utf8');
}

/** Selects lines: a regular expression, or a string that the line begins with. */
export type Pattern = RegExp | string;

/** A test for line bodies. Flags g and y are dropped: they would make the answer depend on earlier calls. */
export function matcherOf(pattern: Pattern): (body: string) => boolean {
  if (typeof pattern === 'string') {
    const start = encoded(pattern);
    return (body) => body.startsWith(start);
  }
  const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  return (body) => stateless.test(decoded(body));
}

/** Where new lines go: behind the last line that matches `after`, or before the first that matches `before`. Default: the end. */
export interface Anchors {
  readonly after?: Pattern | undefined;
  readonly before?: Pattern | undefined;
}

/** Throws unless at most one anchor is given. */
export function checkAnchors(kind: string, { after, before }: Anchors): void {
  if (after !== undefined && before !== undefined) throw new StepArgumentError(`${kind}: give after or before, not both`);
}

/** Index to insert at; null when no line matches the anchor. In a file without lines every anchor is the start. */
export function insertionPoint(lines: Lines, { after, before }: Anchors): number | null {
  const pattern = after ?? before;
  if (pattern === undefined || lines.length === 0) return lines.length;
  const matches = matcherOf(pattern);
  const found = lines.flatMap((line, index) => (matches(bodyOf(line)) ? [index] : []));
  if (found.length === 0) return null;
  return after === undefined ? (found[0] ?? null) : (found.at(-1) ?? 0) + 1;
}

/** The anchor in words. */
export function anchorName({ after, before }: Anchors): string {
  const pattern = after ?? before;
  return typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern);
}

/** Throws unless a text is one line. */
export function checkOneLine(kind: string, what: string, text: unknown): asserts text is string {
  if (typeof text !== 'string') throw new StepArgumentError(`${kind}: ${what} must be a string`);
  if (/[\r\n\0]/.test(text)) throw new StepArgumentError(`${kind}: ${what} ${JSON.stringify(text)} must be one line`);
}
