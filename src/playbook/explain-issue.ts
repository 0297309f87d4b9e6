import type { z } from 'zod';
import { isSecretName } from '../errors/secret-names.ts';
import { formatPath } from './format-path.ts';
import { isSecretIssue } from './secret-param.ts';

type Issue = z.core.$ZodIssue;

const TYPES: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a mapping'],
  ['record', 'a mapping'],
  ['null', 'nothing'],
]);

/** How zod's English messages begin. */
const ZODS_OWN = /^(?:Invalid |Too (?:big|small): |Unrecognized )/;

/** Says in plain words what a parameter must be and what was found; never shows a secret, nor the value of a secret name. */
export function explainIssue(issue: Issue, input: unknown, isSecret = false): string {
  const name = `parameter "${formatPath(issue.path)}"`;
  const isSecretText = isSecretIssue(issue);
  const expected = isSecretText ? 'secret text of 4 characters or more' : expectation(issue);
  if (input === undefined) return expected === null ? `${name} is missing` : `${name} is missing; it must be ${expected}`;
  const isHidden = isSecret || isSecretText || issue.path.some((part) => isSecretName(String(part)));
  const found = isSecret ? 'a secret' : isHidden ? kindOf(input) : describe(input);
  const said = isSecretText ? null : authorsMessage(issue);
  if (said !== null) return `${name}: ${said}, found ${found}`;
  return expected === null
    ? `${name}: ${issue.message.replace(/^Invalid /, 'invalid ')}, found ${found}`
    : `${name} must be ${expected}, found ${found}`;
}

/** What to do about a wrong value, where that is more than to correct it. */
export function issueHint(issue: Issue, input: unknown): string | null {
  if (issue.code !== 'invalid_type') return null;
  if (issue.expected === 'string' && (typeof input === 'number' || typeof input === 'boolean')) return 'put it in quotes to make it text';
  if (issue.expected === 'number' && typeof input === 'string' && /^-?[0-9.]+$/.test(input))
    return 'write it without quotes and leading zeros';
  return null;
}

function expectation(issue: Issue): string | null {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'number' && 'format' in issue && issue.format === 'safeint'
        ? 'a whole number'
        : (TYPES.get(issue.expected) ?? null);
    case 'invalid_value':
      return issue.values.length === 1 ? quote(issue.values[0]) : `one of ${issue.values.map(quote).join(', ')}`;
    case 'too_big':
      return limit(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'too_small':
      return limit(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_union':
      return union(issue);
    default:
      return null;
  }
}

function limit(origin: string, relation: string, bound: number | bigint): string {
  if (origin === 'string') return `text of ${relation} ${bound} ${bound === 1 || bound === 1n ? 'character' : 'characters'}`;
  if (origin === 'array' || origin === 'set') return `a list of ${relation} ${bound} ${bound === 1 || bound === 1n ? 'item' : 'items'}`;
  return `${relation} ${bound}`;
}

function union(issue: Extract<Issue, { code: 'invalid_union' }>): string | null {
  const options = issue.errors.map(([first]) => (first === undefined || first.path.length > 0 ? null : expectation(first)));
  const known = options.filter((option) => option !== null);
  return known.length > 0 && known.length === options.length ? [...new Set(known)].join(' or ') : null;
}

/** The message that the role's author wrote, or null where it is one of zod's own that `expectation` says better. */
function authorsMessage(issue: Issue): string | null {
  return ZODS_OWN.test(issue.message) ? null : issue.message;
}

/** What was found, in words: `text "x"`, `3`, `true`, `a list`, `nothing`. Long text is not shown. */
export function describe(value: unknown): string {
  if (typeof value === 'object' || value === undefined) return kindOf(value);
  if (typeof value !== 'string') return String(value);
  return value.length > 60 ? `text of ${value.length} characters` : `text ${JSON.stringify(value)}`;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return TYPES.get(typeof value) ?? typeof value;
}

function quote(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}
