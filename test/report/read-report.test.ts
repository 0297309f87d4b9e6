import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/model/run.ts';
import { renderJson } from '../../src/report/json.ts';
import { runOf } from '../../src/report/read-report.ts';
import { reportSchema } from '../../src/report/report-schema.ts';
import { renderRun } from '../../src/report/text.ts';
import { content, host, run, step } from './records.ts';

const readBack = (shown: Run): Run => runOf(reportSchema.parse(JSON.parse(renderJson(shown))));

const lines = fc.array(fc.constantFrom('a', 'b', '', '@@ -1 +1 @@', '-x', '+y', '\\ No newline at end of file', '\r', 'ü\u202e'), {
  maxLength: 30,
});
const text = fc.tuple(lines, fc.constantFrom('', '\n')).map(([all, end]) => content(all.join('\n') + (all.length > 0 ? end : '')));
const bytes = fc.oneof({ weight: 4, arbitrary: text }, fc.uint8Array({ maxLength: 8 }).map(content));
const side = fc.option(
  fc.oneof(
    { weight: 4, arbitrary: bytes },
    bytes.map((each) => ({ ...each, bytes: null })),
  ),
);

describe('a report that was read back', () => {
  test('reads as before, as text in both lengths and as JSON, whatever the contents are', () => {
    const pairs = fc.array(fc.tuple(side, side, fc.constantFrom('exact' as const, 'after-apply' as const)), { maxLength: 4 });
    fc.assert(
      fc.property(pairs, (all) => {
        const steps = all.map(([before, after, certainty], index) =>
          step(`r/file[/${index}]`, {
            outcome: 'changed',
            certainty,
            changes: [
              { field: 'content', before: certainty === 'exact' ? before : null, after },
              { field: 'mode', before: '0644', after: '0600' },
            ],
          }),
        );
        const shown = run([host('web1', { outcome: 'changed', steps })]);
        for (const show of ['plan', 'result'] as const) {
          for (const verbose of [0, 1, 2]) {
            const options = { colours: 0, width: 80, show, verbose, reportFile: null } as const;
            expect(renderRun(readBack(shown), options)).toBe(renderRun(shown, options));
          }
        }
        expect(renderJson(readBack(shown))).toBe(renderJson(shown));
      }),
    );
  });

  test('a long diff is cut at a terminal as it was', () => {
    const long = (end: string) => content(Array.from({ length: 400 }, (_, index) => `${index} ${end}`).join('\n'));
    const changes = [{ field: 'content', before: long('a'), after: long('b') }];
    const shown = run([host('web1', { outcome: 'changed', steps: [step('r/file[/x]', { outcome: 'changed', changes })] })]);
    const options = { colours: 0, width: 80, show: 'plan' } as const;
    expect(renderRun(readBack(shown), options)).toBe(renderRun(shown, options));
    expect(renderRun(shown, options)).toContain('more lines of this diff are not shown');
  });
});
