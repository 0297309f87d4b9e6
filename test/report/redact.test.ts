import { describe, expect, test } from 'vitest';
import { renderJson } from '../../src/report/json.ts';
import { createRedactor } from '../../src/report/redact.ts';
import { renderRun } from '../../src/report/text.ts';
import { content, host, run, step } from './records.ts';

const SECRET = 'tr0ub4dor "&3"';

const LEAKY = run([
  host('web1', {
    outcome: 'failed',
    error: { phase: 'action', message: `sudo said ${SECRET}`, hint: SECRET },
    steps: [
      step('a/file[/etc/x]', {
        outcome: 'changed',
        changes: [
          { field: 'content', before: null, after: content(`password=${SECRET}\n`) },
          { field: 'groups', before: [], after: [SECRET] },
        ],
      }),
      step('a/command[x]', { outcome: 'failed', failure: { action: SECRET, exitCode: 1, output: `> ${SECRET}\n`, durationMs: 1 } }),
    ],
  }),
]);

describe('known secrets', () => {
  test('are in no text and no JSON of a run, contents and outputs included', () => {
    const safe = createRedactor([SECRET]).run(LEAKY);
    const shown = [renderRun(safe, { colours: 0, width: 80, show: 'result', verbose: true }), renderJson(safe)];
    for (const text of shown) {
      expect(text).not.toContain('tr0ub4dor');
      expect(text).toContain('[secret]');
    }
  });

  test('leave all else as it was', () => {
    expect(createRedactor(['something else']).run(LEAKY)).toEqual(LEAKY);
  });

  test('the longer of two that begin alike is replaced as a whole', () => {
    expect(createRedactor(['abcd', 'abcdef']).text('abcdef abcd')).toBe('[secret] [secret]');
  });

  test('of less than four characters are left alone', () => {
    expect(createRedactor(['a', '']).text('banana')).toBe('banana');
  });
});
