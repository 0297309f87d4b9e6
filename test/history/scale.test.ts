import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import { openDigestKey } from '../../src/digest-key.ts';
import { addDrift } from '../../src/history/add-drift.ts';
import { safeFileName } from '../../src/history/file-name.ts';
import { reportFile, stampOf } from '../../src/history/scan.ts';
import { Store } from '../../src/history/store.ts';
import { summarise } from '../../src/history/summarise.ts';
import { indexFolder } from '../../src/history/upkeep.ts';
import type { RunSummary } from '../../src/model/history.ts';
import type { HostRecord } from '../../src/model/run.ts';
import { testIo } from '../cli/test-io.ts';
import { host, names, run, step } from '../report/records.ts';
import { changedHost, changedStep, reportNumber, saveReport } from './reports.ts';
import { historyOf, newFolder } from './rig.ts';

/** Far above what is measured (see the printed figures), far below what an index that does not help would need. */
const MOST = 25;

/** The shortest of several times, in milliseconds: a busy machine only makes them longer. */
async function shortest(work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return Math.min(...times);
}

/** Every tenth run is an apply that changes three steps on one host or two. */
function isChanged(index: number, at: number, hosts: number): boolean {
  const tenth = index / 10;
  return Number.isInteger(tenth) && (at === tenth % hosts || at === (tenth * 7) % hosts);
}

/** The hosts of a run: where it changes nothing, all is ok. */
function runNumber(index: number, hosts: readonly string[], steps: number): readonly HostRecord[] {
  const ids = Array.from({ length: steps }, (_, number) => `base/file[/etc/app.d/${number}.conf]`);
  return hosts.map((name, at) =>
    isChanged(index, at, hosts.length)
      ? changedHost(
          name,
          ids.map((id, number) => (number < 3 ? changedStep(id) : step(id))),
        )
      : host(name, { steps: ids.map((id) => step(id)) }),
  );
}

/** A folder with so many runs in its index, and a report of each that nobody has to read. */
function largeFolder(runs: number, hosts: readonly string[], steps: number): string {
  const cwd = mkdtempSync(join(tmpdir(), 'drover-history-'));
  const key = openDigestKey(cwd);
  if (key === null) throw new Error('no key');
  const store = Store.create(indexFolder(cwd), key.id);
  // What is the same in most runs is made once.
  const summaries = new Map<number, RunSummary>();
  let chunk: RunSummary[] = [];
  for (let index = 0; index < runs; index++) {
    const kind = index % 10 === 0 ? index % (10 * hosts.length) : -1;
    const report = reportNumber(index, [], { mode: kind === -1 ? 'check' : 'apply' });
    const full =
      summaries.get(kind) ?? summarise(reportNumber(index, runNumber(index, hosts, steps), { mode: report.run.mode }), { key, stamp: '' });
    summaries.set(kind, full);
    mkdirSync(join(reportFile(cwd, report.run.id), '..'), { recursive: true });
    writeFileSync(reportFile(cwd, report.run.id), '{}');
    chunk.push(renamed(full, report.run.id, { startedAt: report.run.startedAt, stamp: stampOf(cwd, report.run.id) ?? '' }));
    if (chunk.length < 500 && index < runs - 1) continue;
    store.append(chunk);
    chunk = [];
  }
  return cwd;
}

function renamed({ line, hosts }: RunSummary, run: string, more: { readonly startedAt: string; readonly stamp: string }): RunSummary {
  const isMarked = Number.parseInt(run.slice(-4), 16) % 50 === 49;
  const own = [...hosts].map(([name, { line: each, marks: full }]) => {
    // What is remembered last counts: the tests need not wait for what it replaces.
    const marks = isMarked ? full : {};
    const ok = Object.fromEntries(Object.entries(marks).map(([id, mark]) => [id, { ...mark, ok: { run, wanted: 'same' } }]));
    return [name, { line: { ...each, run }, marks: ok }] as const;
  });
  return { line: { ...line, ...more, id: run }, hosts: new Map(own) };
}

/** Reads what the answer stands in, and looks whether a report is newer: what no index could do without. */
function readPlainly(cwd: string, host: string): number {
  const runs = join(cwd, '.drover', 'runs');
  for (const id of readdirSync(runs)) statSync(join(runs, id, 'report.json'));
  const files = ['manifest.json', 'runs.jsonl', join('hosts', `${safeFileName(host)}.jsonl`)];
  return files.map((file) => readFileSync(join(indexFolder(cwd), file), 'utf8').length).reduce((sum, length) => sum + length);
}

describe('5,000 runs of 100 hosts', () => {
  const hosts = names(100);
  let cwd: string;
  beforeAll(() => {
    cwd = largeFolder(5000, hosts, 4);
    return () => rmSync(cwd, { recursive: true, force: true });
  }, 120_000);

  test('do not slow down what is asked of one host', async () => {
    const ask = async (...flags: readonly string[]): Promise<string> => {
      const io = testIo({ cwd });
      expect(await main(['history', ...flags], io)).toBe(0);
      return io.out();
    };
    const shown = await ask('--host', 'web042');
    expect(shown.match(/^\d{4}-\d\d-\d\d /gm)).toHaveLength(runsThatChange(5000, 41, 100));
    expect(shown).toMatch(/\n\d+ runs changed nothing on it\n$/);
    const floor = await shortest(() => readPlainly(cwd, 'web042'));
    const figures = {
      'history --host web042': await shortest(() => ask('--host', 'web042')),
      'history --host web042 --json': await shortest(() => ask('--host', 'web042', '--json')),
      history: await shortest(() => ask()),
      'history --since 2026-12-01 -n ALL': await shortest(() => ask('--since', '2026-12-01', '-n', 'ALL')),
    };
    const told = Object.entries(figures).map(([what, ms]) => `${what} ${Math.round(ms)} ms (${(ms / floor).toFixed(1)} times)`);
    console.log(`5,000 runs x 100 hosts: reading it plainly ${Math.round(floor)} ms; ${told.join('; ')}`);
    for (const [what, ms] of Object.entries(figures)) expect(ms / floor, what).toBeLessThan(MOST);
  }, 60_000);
});

/** How many of so many runs change a host. */
function runsThatChange(runs: number, at: number, hosts: number): number {
  return Array.from({ length: runs }, (_, index) => index).filter((index) => isChanged(index, at, hosts)).length;
}

describe('500 hosts of which all have drifted', () => {
  test('do not slow a check down', async () => {
    const hosts = names(500);
    const cwd = largeFolder(100, hosts, 30);
    onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
    const drifted = run(
      hosts.map((name) => host(name, { outcome: 'changed', steps: Array.from({ length: 30 }, (_, number) => driftedStep(number)) })),
    );
    const options = { cwd, warn: () => {}, redact: <T>(all: T): T => all };
    const marksOf = (): unknown[] =>
      hosts.map((name) => JSON.parse(readFileSync(join(indexFolder(cwd), 'hosts', `${safeFileName(name)}.json`), 'utf8')));
    const key = openDigestKey(cwd);
    // Each value that is there is compared by its digest.
    const digests = (): unknown => drifted.hosts.map(({ name, steps }) => steps.map(({ id }) => key?.digest(`${name} ${id}`)));
    const floor = await shortest(() => [readPlainly(cwd, 'web001'), marksOf(), digests()]);
    const ms = await shortest(() => addDrift(drifted, options));
    console.log(
      `15,000 drifted steps on 500 hosts: ${Math.round(ms)} ms; reading what is remembered and making as many digests ${Math.round(floor)} ms`,
    );
    expect(addDrift(drifted, options).hosts.flatMap(({ steps }) => steps.flatMap(({ drift }) => drift ?? []))).toHaveLength(15_000);
    expect(ms / floor).toBeLessThan(MOST);
  }, 60_000);

  function driftedStep(number: number): HostRecord['steps'][number] {
    return changedStep(`base/file[/etc/app.d/${number}.conf]`, { progress: 'planned', wanted: 'same' });
  }
});

test('an index that is made anew from real reports answers as the one that the runs have written', async () => {
  const cwd = newFolder();
  const hosts = names(20);
  for (let index = 0; index < 100; index++)
    saveReport(cwd, reportNumber(index, runNumber(index, hosts, 12), { mode: index % 10 === 0 ? 'apply' : 'check' }));
  const io = testIo({ cwd });
  const began = performance.now();
  await main(['history', '--host', 'web003', '--json'], io);
  const rebuiltMs = performance.now() - began;
  const answer = JSON.parse(io.out());
  expect(answer.runs).toHaveLength(100);
  expect(answer.runs.flatMap(({ steps }: { steps: unknown[] }) => steps)).toHaveLength(3 * runsThatChange(100, 2, 20));
  const changes = answer.runs
    .find(({ outcome }: { outcome: string }) => outcome === 'changed')
    .steps.map(({ changes: fields }: { changes: string[] }) => fields);
  expect(changes).toEqual([['mode: 0644 → 0600'], ['mode: 0644 → 0600'], ['mode: 0644 → 0600']]);
  console.log(`made from 100 reports of 20 hosts and 12 steps in ${Math.round(rebuiltMs)} ms`);
  expect(historyOf(cwd).runs).toHaveLength(100);
});
