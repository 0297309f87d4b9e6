import { describe, expect, test } from 'vitest';
import { renderJson, reportOf } from '../../src/report/json.ts';
import { parseReport } from '../../src/report/parse-report.ts';
import { content, host, run, step } from './records.ts';

const changes = [{ field: 'content', before: null, after: content('a\n') }];
const RUN = run([host('web1', { outcome: 'changed', steps: [step('a/file[/x]', { outcome: 'changed', changes })] })]);

describe('a report that is read', () => {
  test('is the one that was written', () => {
    expect(parseReport(renderJson(RUN))).toEqual({ report: reportOf(RUN) });
  });

  test('may have fields that later drovers added, which are left out', () => {
    const report = reportOf(RUN);
    const later = {
      ...report,
      added: 1,
      run: { ...report.run, added: { more: [] } },
      hosts: report.hosts.map((each) => ({ ...each, added: null, steps: each.steps.map((inner) => ({ ...inner, added: 'x' })) })),
    };
    expect(parseReport(JSON.stringify(later))).toEqual({ report });
  });

  test.each([
    ['{"schema": "drover.rep', 'is not JSON', /cut short/],
    ['[]', 'is no change report of drover', /"schema": "drover.report\/1"/],
    ['{"schema": "other/1"}', 'is no change report of drover', /drover.report\/1/],
    [
      '{"schema": "drover.report/2", "run": {"drover": "7.1.0"}}',
      'has the format drover.report/2, and this drover reads drover.report/1',
      /drover 7.1.0/,
    ],
    [JSON.stringify({ ...reportOf(RUN), hosts: 'none' }), 'is damaged: hosts: Invalid input: expected array, received string', null],
  ])('%s is refused with the reason', (text, problem, hint) => {
    const parsed = parseReport(text);
    expect(parsed).toMatchObject({ problem });
    if (hint === null) expect(parsed).toMatchObject({ hint });
    else expect(parsed).toMatchObject({ hint: expect.stringMatching(hint) });
  });
});
