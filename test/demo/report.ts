import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Of a change report, what the demo looks at. */
const REPORT = z.looseObject({
  hosts: z.array(
    z.looseObject({
      name: z.string(),
      outcome: z.string(),
      steps: z.array(z.looseObject({ id: z.string(), kind: z.string(), subject: z.string().optional(), outcome: z.string() })),
    }),
  ),
});

export type Report = z.infer<typeof REPORT>;

/** The change report of the latest run in a project folder, and its path there. Throws if there is none or it has another shape. */
export function latestReport(directory: string): { report: Report; path: string } {
  // Ids of runs sort by time.
  const id = readdirSync(join(directory, '.drover', 'runs'))
    .sort()
    .at(-1);
  if (id === undefined) throw new Error('no run has left a report');
  const path = join('.drover', 'runs', id, 'report.json');
  return { path, report: REPORT.parse(JSON.parse(readFileSync(join(directory, path), 'utf8'))) };
}

/** What changed or would change: `host: step`, in the report's order. */
export function changedSteps({ hosts }: Report): string[] {
  return hosts.flatMap(({ name, steps }) => steps.filter(({ outcome }) => outcome === 'changed').map(({ id }) => `${name}: ${id}`));
}

/** The path of the first whole file that drover manages on a host, by the report, or null. */
export function managedFile({ hosts }: Report, host: string): string | null {
  const steps = hosts.find(({ name }) => name === host)?.steps ?? [];
  return steps.find(({ kind, outcome }) => kind === 'file' && outcome !== 'skipped')?.subject ?? null;
}

/** One line per host: its outcome and how many of its steps had which. */
export function summary({ hosts }: Report): string[] {
  return hosts.map(({ name, outcome, steps }) => {
    const outcomes = [...new Set(steps.map((step) => step.outcome))];
    const counts = outcomes.map((kind) => `${steps.filter((step) => step.outcome === kind).length} ${kind}`);
    return `${name.padEnd(6)} ${outcome.padEnd(9)} ${counts.join(', ')}`;
  });
}
