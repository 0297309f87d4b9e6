import { isOwnWord } from './own-words.ts';
import { safeJson } from './visible.ts';

/** Names of fields as drover makes them; others (of hosts, of vars) come from outside. */
const FIELD = /^[a-z][A-Za-z]*$/;

/** JSON with every text in it free of secrets, and still JSON: numbers, `true` and `null` are none, nor are the names of fields. `redact` takes them out of a text. */
export function redactJson(json: string, redact: (text: string) => string): string {
  return `${safeJson(redacted(JSON.parse(json), redact))}\n`;
}

function redacted(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((each) => redacted(each, redact));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, each]): [string, unknown] => [
    FIELD.test(name) ? name : redact(name),
    isOwnWord(name, each) ? each : redacted(each, redact),
  ]);
  return Object.fromEntries(fields);
}
