import type { VarValue } from '../model/host.ts';

/** A step of a path in `{{ }}`: a key, or the index of a list. */
export type PathSegment = string | number;

/** What stands between `{{` and `}}`. */
export type Expression =
  | { readonly kind: 'path'; readonly text: string; readonly path: readonly PathSegment[] }
  | { readonly kind: 'literal'; readonly text: string };

/** A piece of a string: plain text or an expression. */
export type TemplatePart = { readonly kind: 'text'; readonly text: string } | Expression;

/** The parts of a string, or why it is no template that drover knows. */
export type ParsedTemplate = { readonly parts: readonly TemplatePart[] } | { readonly broken: string };

const PART = /\{\{([\s\S]*?)\}\}/g;
const PATH = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_-]+|\[[0-9]+\]|\[(?:'[^']*'|"[^"]*")\])*$/;
const SEGMENT = /\.?([A-Za-z0-9_-]+)|\[([0-9]+)\]|\[(?:'([^']*)'|"([^"]*)")\]/g;
const LITERAL = /^(?:'([^']*)'|"([^"]*)")$/;

/** Splits a string at `{{ }}`. Inside stands a path such as `net.vips[0].address`, or quoted text that is taken as it is, such as `'{{'`. */
export function parseTemplate(text: string): ParsedTemplate {
  const parts: TemplatePart[] = [];
  let end = 0;
  for (const match of text.matchAll(PART)) {
    const before = text.slice(end, match.index);
    const expression = parseExpression((match[1] ?? '').trim());
    if ('broken' in expression) return expression;
    parts.push({ kind: 'text', text: before }, expression);
    end = match.index + match[0].length;
  }
  parts.push({ kind: 'text', text: text.slice(end) });
  const plain = parts.map((part) => (part.kind === 'text' ? part.text : '')).join('\n');
  if (plain.includes('{{')) return { broken: '"{{" has no "}}"' };
  if (/\{%[\s\S]*%\}/.test(plain)) return { broken: '"{% %}" is logic' };
  return { parts: parts.filter((part) => part.kind !== 'text' || part.text !== '') };
}

/** True for values in which something must be resolved. */
export function hasTemplate(value: VarValue): value is string {
  return typeof value === 'string' && (value.includes('{{') || value.includes('{%'));
}

function parseExpression(text: string): Expression | { readonly broken: string } {
  const literal = LITERAL.exec(text);
  if (literal !== null) return { kind: 'literal', text: literal[1] ?? literal[2] ?? '' };
  if (text === '') return { broken: '"{{ }}" names no variable' };
  if (!PATH.test(text)) return { broken: `"{{ ${text} }}" is more than the path of a variable` };
  const path = [...text.matchAll(SEGMENT)].map(([, key, index, single, double]) => segment(key, index) ?? single ?? double ?? '');
  return { kind: 'path', text, path };
}

function segment(key: string | undefined, index: string | undefined): PathSegment | undefined {
  return index === undefined ? key : Number(index);
}
