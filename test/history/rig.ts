import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { openDigestKey } from '../../src/digest-key.ts';
import { type History, openHistory } from '../../src/history/history.ts';
import { MemoryStore } from '../../src/history/memory-store.ts';
import { findRuns, reportFile } from '../../src/history/scan.ts';
import { addRuns } from '../../src/history/upkeep.ts';
import type { HostRecord, Run, RunMode, StepRecord } from '../../src/model/run.ts';
import { renderReport, reportOf } from '../../src/report/json.ts';
import type { Report } from '../../src/report/report.ts';
import { host, run, step } from '../report/records.ts';

/** An empty folder that drover is started in, removed when the test ends. */
export function newFolder(): string {
  const cwd = mkdtempSync(join(tmpdir(), 'drover-history-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  return cwd;
}

/** The id of the nth run: one an hour from midnight, 1 November 2026. */
export function runId(index: number): string {
  return `${timeOf(index).replace(/[-:]/g, '')}-${index.toString(16).padStart(4, '0')}`;
}

function timeOf(index: number): string {
  return new Date(Date.UTC(2026, 10, 1, index)).toISOString();
}

/** What a test says of a run: the rest is an apply that went well. */
export interface RunOptions extends Partial<Omit<Run, 'header' | 'hosts'>> {
  readonly mode?: RunMode;
  readonly header?: Partial<Run['header']>;
}

/** The report of the nth run on these hosts. */
export function reportNumber(
  index: number,
  hosts: readonly HostRecord[],
  { mode = 'apply', header = {}, ...rest }: RunOptions = {},
): Report {
  const shown = run(hosts, rest);
  const own = { id: runId(index), mode, startedAt: timeOf(index), user: 'op@bastion', playbook: 'site.yml' };
  return reportOf({ ...shown, header: { ...shown.header, ...own, ...header } });
}

/** A step that was carried out, or a host on which it was. */
export function changedStep(id: string, fields: Partial<StepRecord> = {}): StepRecord {
  const changes = [{ field: 'mode', before: '0644', after: '0600' }];
  return step(id, { outcome: 'changed', progress: 'done', changes, ...fields });
}

export function changedHost(name: string, steps: readonly StepRecord[] = [changedStep('motd/file[/etc/motd]')]): HostRecord {
  return host(name, { outcome: 'changed', steps });
}

/** Writes a report where a run leaves it. */
export function saveReport(cwd: string, report: Report): void {
  const file = reportFile(cwd, report.run.id);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, renderReport(report));
}

/** Opens a history that has nothing to warn of. */
export function historyOf(cwd: string): History {
  const warnings: string[] = [];
  const history = openHistory(cwd, { warn: (sentence) => warnings.push(sentence) });
  expect(warnings).toEqual([]);
  return history;
}

/** What a history answers, and what reading every report anew answers. */
export function answers(cwd: string, hosts: readonly string[]): { readonly kept: unknown; readonly scanned: unknown } {
  const history = historyOf(cwd);
  const key = openDigestKey(cwd);
  if (key === null) throw new Error('no key');
  const memory = new MemoryStore();
  addRuns(memory, findRuns(cwd), { cwd, key, warn: () => {} });
  const newestFirst = <T>(lines: readonly T[]): readonly T[] => [...lines].reverse();
  return {
    kept: { runs: history.runs, hosts: hosts.map((name) => ({ name, lines: history.host(name), marks: history.marks(name) })) },
    scanned: {
      runs: newestFirst(memory.runs()),
      hosts: hosts.map((name) => ({ name, lines: newestFirst(memory.host(name)), marks: memory.marks(name) })),
    },
  };
}
