import { z } from 'zod';
import { REPORT_SCHEMA_ID, type Report } from './report.ts';
import { reportSchema } from './report-schema.ts';

/** A report that was read; or why it is none that this drover reads, as the end of a sentence, and what can be done about it. */
export type ParsedReport = { readonly report: Report } | { readonly problem: string; readonly hint: string | null };

const marked = z.object({ schema: z.string().regex(/^drover\.report\//), run: z.object({ drover: z.string() }).optional() });

/** Reads the text of a report file. Fields that this drover does not know are left out: they are what later ones added. */
export function parseReport(text: string): ParsedReport {
  const value = parseJson(text);
  if (value === undefined)
    return { problem: 'is not JSON', hint: 'it may have been cut short: report.json is written whole or not at all' };
  const mark = marked.safeParse(value);
  if (!mark.success) return { problem: 'is no change report of drover', hint: `a report says "schema": "${REPORT_SCHEMA_ID}"` };
  const { schema, run } = mark.data;
  if (schema !== REPORT_SCHEMA_ID) {
    const writer = run === undefined ? 'the drover that wrote it' : `drover ${run.drover}, which wrote it`;
    return { problem: `has the format ${schema}, and this drover reads ${REPORT_SCHEMA_ID}`, hint: `show it with ${writer}` };
  }
  const first = reportSchema.safeParse(value);
  if (first.success) return { report: first.data };
  const again = reportSchema.safeParse(withoutUnknown(value, first.error.issues));
  return again.success ? { report: again.data } : { problem: `is damaged: ${firstOf(again.error.issues)}`, hint: null };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value without the keys that the schema did not know, which `parseJson` made for this one use. */
function withoutUnknown(value: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const holder = issue.path.reduce<unknown>((inner, key) => (isObject(inner) ? Reflect.get(inner, key) : undefined), value);
    if (isObject(holder)) for (const key of issue.keys) Reflect.deleteProperty(holder, key);
  }
  return value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function firstOf([issue]: readonly z.core.$ZodIssue[]): string {
  return issue === undefined ? 'it does not fit its schema' : `${issue.path.join('.')}: ${issue.message}`;
}
