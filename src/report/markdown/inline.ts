import { visible } from '../visible.ts';

/**
 * An untrusted text as an inline code span on one line: nothing in it is a link, a mention, an emphasis or HTML (GitHub Flavored Markdown, 6.1).
 * With `inTable` a bar does not end the cell.
 */
export function code(text: string, { inTable = false }: { readonly inTable?: boolean } = {}): string {
  const line = visible(text);
  if (line.trim() === '') return '` `';
  const fence = '`'.repeat(longestRun(line) + 1);
  // Blanks keep a backtick at the edge, or a blank that would be stripped, from being taken as part of the fence.
  const pad = /^[` ]|[` ]$/.test(line) ? ' ' : '';
  const span = `${fence}${pad}${line}${pad}${fence}`;
  return inTable ? span.replaceAll('|', '\\|') : span;
}

/** A block of lines between fences that are longer than any run of backticks in it. */
export function fenced(lines: readonly string[], language: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  return `${fence}${language}\n${lines.map((line) => `${line}\n`).join('')}${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

const ENTITIES: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** An untrusted text as code inside of HTML, where Markdown is not read. */
export function htmlCode(text: string): string {
  return `<code>${visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)}</code>`;
}

/** A table: the first row is its head; columns named in `right` are aligned to the right. Cells are Markdown already. */
export function table(rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): string {
  const [head = [], ...body] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (right.has(index) ? '--:' : '---'))), ...body.map(line)].join('\n');
}

/** What can be unfolded; the summary is HTML already. */
export function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}
