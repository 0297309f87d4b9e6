import { appendFileSync, existsSync, readdirSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestKeyFile, openDigestKey } from '../../src/digest-key.ts';
import { recordRun } from '../../src/history/history.ts';
import { reportFile } from '../../src/history/scan.ts';
import type { HostRecord, StepRecord } from '../../src/model/run.ts';
import type { Report } from '../../src/report/report.ts';
import { host, step } from '../report/records.ts';
import { reportNumber, runId, saveReport } from './reports.ts';
import { answers, historyOf, newFolder } from './rig.ts';

const HOSTS = ['web1', 'Web1', 'db.example.com', '2001:db8::1'];
const IDS = ['a/file[/x]', 'a/file[/y]', 'undo a/file[/x]', '__proto__'];

const steps: fc.Arbitrary<StepRecord> = fc
  .record({
    id: fc.constantFrom(...IDS),
    outcome: fc.constantFrom('ok', 'changed', 'failed', 'skipped'),
    progress: fc.constantFrom('planned', 'done', 'in-doubt', 'not-started'),
    on: fc.constantFrom(null, null, ...HOSTS),
    part: fc.constantFrom('roles', 'roles', 'before', 'undo'),
    wanted: fc.constantFrom('one', 'two'),
    after: fc.constantFrom('0600', '[secret]', null),
  } as const)
  .map(({ id, after, ...fields }) => step(id, { ...fields, changes: [{ field: 'mode', before: null, after }] }));

const hosts: fc.Arbitrary<readonly HostRecord[]> = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom(...HOSTS), fc.constantFrom('ok', 'changed', 'failed', 'unreachable'), fc.array(steps, { maxLength: 3 })),
    {
      selector: ([name]) => name,
    },
  )
  .map((all) => all.map(([name, outcome, own]) => host(name, { outcome, steps: own })));

/** What may happen in a folder, by whoever; numbers choose among what is there. */
const events = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('run'), number: fc.nat(40), hosts, mode: fc.constantFrom('apply', 'check') } as const),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('asked before it was recorded'), number: fc.nat(40), hosts } as const) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('killed before it was recorded'), number: fc.nat(40), hosts } as const) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('asked') } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('removed'), number: fc.nat() } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('edited'), number: fc.nat(), hosts } as const) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('cut off', 'added to', 'overwritten', 'deleted'), number: fc.nat() } as const),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('index gone', 'key gone') } as const) },
);

type Event = typeof events extends fc.Arbitrary<infer E> ? E : never;

test('whatever runs, is killed, removed or broken in between: the index answers as all reports read anew', () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 14 }), (happened) => {
      const cwd = newFolder();
      for (const event of happened) {
        happen(cwd, event);
        if (event.kind !== 'asked') continue;
        const { kept, scanned } = answers(cwd, HOSTS);
        expect(kept).toEqual(scanned);
      }
      const { kept, scanned } = answers(cwd, HOSTS);
      expect(kept).toEqual(scanned);
      rmSync(cwd, { recursive: true });
    }),
    { numRuns: 80 },
  );
});

function happen(cwd: string, event: Event): void {
  switch (event.kind) {
    case 'run':
    case 'asked before it was recorded':
    case 'killed before it was recorded': {
      // Run ids are never used twice.
      if (existsSync(join(cwd, '.drover', 'runs', runId(event.number)))) return;
      const report = reportNumber(event.number, event.hosts, { mode: event.kind === 'run' ? event.mode : 'apply' });
      const kept = keyed(cwd, report);
      saveReport(cwd, kept);
      if (event.kind === 'asked before it was recorded') historyOf(cwd);
      if (event.kind !== 'killed before it was recorded') recordRun(cwd, kept);
      return;
    }
    case 'removed': {
      const id = chosen(runsIn(cwd), event.number);
      if (id !== undefined) rmSync(join(cwd, '.drover', 'runs', id), { recursive: true });
      return;
    }
    case 'edited': {
      const id = chosen(runsIn(cwd), event.number);
      if (id === undefined) return;
      const number = Array.from({ length: 41 }, (_, index) => index).find((index) => runId(index) === id) ?? 0;
      saveReport(cwd, reportNumber(number, event.hosts));
      // A clock is not asked to tick between two writes of a test.
      const later = new Date(statSync(reportFile(cwd, id)).mtimeMs + 1000 + (event.number % 1000));
      utimesSync(reportFile(cwd, id), later, later);
      return;
    }
    case 'index gone':
      rmSync(join(cwd, '.drover', 'history'), { recursive: true, force: true });
      return;
    case 'key gone':
      rmSync(digestKeyFile(cwd), { force: true });
      return;
    case 'asked':
      return;
    default:
      breakFile(chosen(filesIn(join(cwd, '.drover', 'history')), event.number), event.kind);
  }
}

/** Digests of what is wanted were made with the key that is there. */
function keyed(cwd: string, report: Report): Report {
  return { ...report, run: { ...report.run, varsDigest: `${openDigestKey(cwd)?.id}-x` } };
}

function breakFile(file: string | undefined, how: 'cut off' | 'added to' | 'overwritten' | 'deleted'): void {
  if (file === undefined) return;
  if (how === 'cut off') truncateSync(file, Math.floor(statSync(file).size / 2));
  else if (how === 'added to') appendFileSync(file, '{"run":"a write that was cut');
  else if (how === 'overwritten') writeFileSync(file, '\0'.repeat(statSync(file).size));
  else rmSync(file);
}

function chosen<T>(all: readonly T[], number: number): T | undefined {
  return all.length === 0 ? undefined : all[number % all.length];
}

function runsIn(cwd: string): readonly string[] {
  const runs = join(cwd, '.drover', 'runs');
  return existsSync(runs) ? readdirSync(runs).sort() : [];
}

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
