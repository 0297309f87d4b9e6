import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DigestKey } from '../digest-key.ts';
import { journalFile, readJournal, recordedRuns } from '../journal.ts';
import type { RunLine, RunSummary } from '../model/history.ts';
import { stillRuns } from '../process-mark.ts';
import { REPORT_SCHEMA_ID, type Report } from '../report/report.ts';
import { summarise } from './summarise.ts';
import { summariseUnfinished } from './unfinished.ts';

/** A run of another machine that wrote nothing for so long has ended, as far as anybody can tell. */
const SILENT_MS = 10 * 60_000;

/** A run that left something. */
export interface FoundRun {
  readonly id: string;
  /** Another one where its report is another one. */
  readonly stamp: string;
}

/** Where a run's report lies. */
export function reportFile(cwd: string, run: string): string {
  return join(cwd, '.drover', 'runs', run, 'report.json');
}

/** All runs that left a report or a journal, oldest first. */
export function findRuns(cwd: string): readonly FoundRun[] {
  return recordedRuns(cwd).flatMap((id) => {
    const stamp = stampOf(cwd, id);
    return stamp === null ? [] : [{ id, stamp }];
  });
}

/** Says as what a run's report was seen; of a run without one, its journal. null: it left neither. */
export function stampOf(cwd: string, id: string): string | null {
  try {
    const report = statSync(reportFile(cwd, id), { throwIfNoEntry: false });
    if (report !== undefined) return `${report.mtimeMs} ${report.size}`;
    const journal = statSync(journalFile(cwd, id), { throwIfNoEntry: false });
    return journal === undefined ? null : `journal ${journal.size}`;
  } catch {
    // Such as the folder of a run that was started as root.
    return 'unreadable';
  }
}

/** What was read of a run: `running` ones are not kept, for they will be others. null: nobody can read it. */
export type LoadedRun =
  | { readonly kind: 'summary'; readonly summary: RunSummary }
  | { readonly kind: 'running'; readonly line: RunLine }
  | null;

/** Reads a run as the history keeps it. */
export function loadRun(cwd: string, { id, stamp }: FoundRun, key: DigestKey): LoadedRun {
  try {
    const file = journalFile(cwd, id);
    const journal = hasNoEnd(file) ? readJournal(file) : null;
    if (journal !== null) {
      const summary = summariseUnfinished(journal, stamp);
      const runs = stillRuns(journal.header.by) ?? Date.now() - statSync(file).mtimeMs < SILENT_MS;
      return runs ? { kind: 'running', line: { ...summary.line, outcome: 'running' } } : { kind: 'summary', summary };
    }
    const report = readReport(cwd, id);
    return report === null ? null : { kind: 'summary', summary: summarise(report, { key, stamp }) };
  } catch {
    return null;
  }
}

/** A run's report; null where there is none that this drover can read. */
export function readReport(cwd: string, id: string): Report | null {
  try {
    const report: Report = JSON.parse(readFileSync(reportFile(cwd, id), 'utf8'));
    return report.schema === REPORT_SCHEMA_ID ? report : null;
  } catch {
    return null;
  }
}

/** True for the journal of a run that did not come to its end: what can be resumed as it is. */
export function hasNoEnd(file: string): boolean {
  const last = lastLine(file);
  return last !== null && !/"kind":"end"/.test(last);
}

/** The last whole line of a file, as far as the last 4 KiB hold it; null where there is no such file. */
function lastLine(file: string): string | null {
  try {
    const opened = openSync(file, 'r');
    try {
      const { size } = fstatSync(opened);
      const buffer = Buffer.alloc(Math.min(size, 4096));
      readSync(opened, buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('utf8').split('\n').at(-2) ?? '';
    } finally {
      closeSync(opened);
    }
  } catch {
    return null;
  }
}
