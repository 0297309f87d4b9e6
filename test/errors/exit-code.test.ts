import { expect, test } from 'vitest';
import { exitCode, type RunSummary } from '../../src/errors/exit-code.ts';

const everything: RunSummary = { defect: true, wrongInput: true, failed: 1, unreachable: 1, pending: true };

test.each<[string, RunSummary, number]>([
  ['nothing failed', {}, 0],
  ['zero counts', { failed: 0, unreachable: 0, pending: false, interrupted: null }, 0],
  ['check found changes', { pending: true }, 3],
  ['unreachable before pending', { unreachable: 2, pending: true }, 4],
  ['failed before unreachable', { failed: 1, unreachable: 2, pending: true }, 2],
  ['wrong input before failed', { wrongInput: true, failed: 1 }, 5],
  ['a defect before all results', everything, 1],
  ['Ctrl-C before all', { ...everything, interrupted: 'SIGINT' }, 130],
  ['SIGTERM before all', { ...everything, interrupted: 'SIGTERM' }, 143],
])('the first that fits counts: %s', (_title, summary, code) => {
  expect(exitCode(summary)).toBe(code);
});
