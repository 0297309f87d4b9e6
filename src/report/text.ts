import type { Run } from '../model/run.ts';
import type { DiffLimits } from './diff.ts';
import type { HostGroup } from './fold/fold.ts';
import { foldNews, foldReport } from './fold/fold-report.ts';
import { groupHosts, soleGroups } from './fold/groups.ts';
import { hostBlocks } from './host-blocks.ts';
import { reportOf } from './json.ts';
import { wrap } from './layout.ts';
import type { Report } from './report.ts';
import { rolloutBlocks } from './rollout-lines.ts';
import { type ColourLevel, createStyle } from './style.ts';
import { hostTable, totalLines } from './summary.ts';
import { count } from './units.ts';
import type { View } from './view.ts';
import { visible } from './visible.ts';

const FEW_LINES: DiffLimits = { maxLines: 120, maxColumns: 400 };
const ALL_LINES: DiffLimits = { maxLines: Number.POSITIVE_INFINITY, maxColumns: 4000 };

/** How a run is written for people. */
export interface TextOptions {
  readonly colours: ColourLevel;
  /** Columns of the terminal; less than 80 counts as 80. */
  readonly width: number;
  /** `plan`: what would change; `result`: what became of it. */
  readonly show: 'plan' | 'result';
  /** How often `-v` is given. Default 0. */
  readonly verbose?: number | undefined;
  /** Where the report file is, for the last line; null or absent leaves the line out. */
  readonly reportFile?: string | null | undefined;
}

/** A run as text with a final newline: what became of its hosts, those that need attention first, then a table of hosts and the totals. */
export function renderRun(run: Run, options: TextOptions): string {
  return renderReport(reportOf(run), options);
}

/**
 * The same of a report. Hosts with the same change are told once, what is a host's own value as `‹host›` or `‹1›` in it; with `verbose` 1
 * also ok steps, idle handlers, durations, and diffs and outputs in full; with 2 each host by itself.
 */
export function renderReport(report: Report, { colours, width, show, verbose = 0, reportFile = null }: TextOptions): string {
  const limits = verbose > 0 ? ALL_LINES : FEW_LINES;
  const view: View = { style: createStyle(colours), width: Math.max(80, width), planned: show === 'plan', verbose: verbose > 0, limits };
  const blocks = [
    titleLines(report, view),
    // What is going to happen stands before its details, what became of it where the eye is: at the end.
    ...(view.planned ? rolloutBlocks(report, view) : []),
    ...hostBlocks(groupsOf(report, verbose), view),
    hostTable(report.hosts, view),
    ...(view.planned ? [] : rolloutBlocks(report, view)),
    totalLines(report, reportFile, view),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function groupsOf(report: Report, verbose: number): readonly HostGroup[] {
  if (verbose > 1) return soleGroups(report);
  return verbose === 0 ? foldNews(report) : groupHosts(foldReport(report), 'every step');
}

function titleLines({ run, hosts }: Report, view: View): readonly string[] {
  const limit = run.limit === null ? '' : `, limit ${run.limit}`;
  const tags = run.tags.length === 0 ? '' : `, tags ${run.tags.join(', ')}`;
  const undo = view.planned ? 'plan to undo' : 'undo of';
  const mode = view.planned && run.mode === 'apply' ? 'plan' : run.mode;
  const what = run.undoes === undefined ? `${mode} of ${run.playbook}` : `${undo} run ${run.undoes}`;
  const title = `${what} on ${count(hosts.length, 'host')}${limit}${tags}`;
  return wrap(visible(title), { width: view.width, hang: '  ' }).map((line) => view.style.heading(line));
}
