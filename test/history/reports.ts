import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { reportFile } from '../../src/history/scan.ts';
import type { HostRecord, Run, RunMode, StepRecord } from '../../src/model/run.ts';
import { renderReport, reportOf } from '../../src/report/json.ts';
import type { Report } from '../../src/report/report.ts';
import { host, run, step } from '../report/records.ts';

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
  // Whole or not at all, as a run leaves it: somebody may look meanwhile.
  writeFileSync(`${file}.new`, renderReport(report));
  renameSync(`${file}.new`, file);
}
