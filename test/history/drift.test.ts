import { describe, expect, test } from 'vitest';
import { createDigestKey } from '../../src/digest-key.ts';
import { type Drifted, driftOf } from '../../src/history/drift.ts';
import { summarise } from '../../src/history/summarise.ts';
import type { RunLine, StepMark } from '../../src/model/history.ts';
import { driftSentence } from '../../src/report/drift-sentence.ts';
import { host } from '../report/records.ts';
import { reportNumber, runId } from './reports.ts';

const [one, two, three] = [runId(1), runId(2), runId(3)];
const key = createDigestKey(Buffer.alloc(32));
const runs: ReadonlyMap<string, RunLine> = new Map(
  [1, 2, 3].map((number) => [
    runId(number),
    summarise(reportNumber(number, [host('a')], { mode: number === 2 ? 'check' : 'apply' }), { key, stamp: '' }).line,
  ]),
);

const ok = (run: string, wanted: string | null = 'w'): Pick<StepMark, 'ok'> => ({ ok: { run, wanted } });
const set = (run: string, mode: string, wanted: string | null = 'w'): Pick<StepMark, 'set'> => ({ set: { run, wanted, after: { mode } } });
const trouble = (run: string): Pick<StepMark, 'trouble'> => ({ trouble: { run } });

/** What is wanted now, and the mode that is there. */
const now: Drifted = { wanted: 'w', found: { mode: 'M' } };

describe('who wrote what is there now', () => {
  test.each<[string, StepMark, Partial<Drifted>, readonly [string | null, string, string | null]]>([
    ['nobody is known where it was never applied', {}, {}, [null, 'unknown', null]],
    ['someone else, where it was as wanted and the same is wanted', ok(two), {}, [two, 'someone-else', null]],
    ['someone else, where drover had left another value', { ...ok(two), ...set(one, 'N') }, { wanted: 'v' }, [two, 'someone-else', null]],
    ['drover, where what it set is still there', { ...ok(two), ...set(one, 'M') }, { wanted: 'v' }, [two, 'drover', one]],
    [
      'drover, also where what is wanted looks the same: values go before wishes',
      { ...ok(two), ...set(one, 'M') },
      {},
      [two, 'drover', one],
    ],
    ['not known, where something else is wanted and the value of then was not recorded', ok(two), { wanted: 'v' }, [two, 'unknown', null]],
    ['not known, where what was wanted then was not recorded', ok(two, null), {}, [two, 'unknown', null]],
    [
      'not known, where drover set it before something else was wanted and found',
      { ...ok(two, 'u'), ...set(one, 'N') },
      { wanted: 'v' },
      [two, 'unknown', null],
    ],
    [
      'someone else, where one of the fields is another',
      { ...ok(one), ...set(one, 'M') },
      { found: { mode: 'M', owner: 'O' } },
      [one, 'someone-else', null],
    ],
    [
      'not known, where a secret stands in it and something else is wanted',
      { ...ok(one), ...set(one, 'M') },
      { wanted: 'v', found: { mode: null } },
      [one, 'unknown', null],
    ],
    ['drover, maybe, where a later run did not get through', { ...ok(one), ...set(one, 'N'), ...trouble(two) }, {}, [one, 'unknown', two]],
    ['someone else, where a run after that found it as wanted', { ...ok(three), ...trouble(two) }, {}, [three, 'someone-else', null]],
    ['drover, where it put it back', { ...ok(one), ...set(three, 'M', null) }, {}, [one, 'drover', three]],
    ['drover, maybe, where no run ever got through', trouble(one), {}, [null, 'unknown', one]],
    ['nobody is known where the run was deleted', ok('20200101T000000.000Z-0000', 'u'), {}, [null, 'unknown', null]],
  ])('%s', (_, mark, more, [asWanted, writer, by]) => {
    const drift = driftOf(mark, { ...now, ...more }, runs);
    expect([drift.asWanted?.run ?? null, drift.writer, drift.by?.run ?? null]).toEqual([asWanted, writer, by]);
  });
});

describe('a drift in a sentence', () => {
  const run = (id: string, mode: 'apply' | 'check', user: string | null = 'op@bastion') =>
    ({ run: id, mode, startedAt: '2026-11-20T14:02:59.999Z', user }) as const;
  const [checked, applied] = [run(two, 'check'), run(one, 'apply', null)];

  test.each([
    [{ asWanted: checked, writer: 'someone-else', by: null }, 'as wanted until 2026-11-20 14:02 UTC; changed since by someone else'],
    [{ asWanted: checked, writer: 'drover', by: applied }, 'drover itself set it 2026-11-20 14:02 UTC; playbook or vars differ since'],
    [{ asWanted: checked, writer: 'unknown', by: null }, 'as wanted until 2026-11-20 14:02 UTC; by whom it was changed is not known'],
    [{ asWanted: checked, writer: 'unknown', by: applied }, 'maybe left by the run of 2026-11-20 14:02 UTC, which did not end well'],
    [{ asWanted: null, writer: 'unknown', by: null }, 'never applied here'],
  ] as const)('%j, short enough for a line', (drift, sentence) => {
    expect(driftSentence(drift, { full: false })).toBe(sentence);
    expect(sentence.length).toBeLessThanOrEqual(74);
  });

  test('in full names the runs, and who started them where that is known', () => {
    expect(driftSentence({ asWanted: checked, writer: 'someone-else', by: null }, { full: true })).toBe(
      `as wanted until 2026-11-20 14:02 UTC (run ${two}, check, by op@bastion); changed since by someone else`,
    );
    expect(driftSentence({ asWanted: checked, writer: 'drover', by: applied }, { full: true })).toBe(
      `drover itself set it 2026-11-20 14:02 UTC (run ${one}, apply); playbook or vars differ since`,
    );
  });
});
