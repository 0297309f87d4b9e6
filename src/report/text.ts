import type { Run } from '../model/run.ts';
import { createDiffer, type DiffLimits } from './diff.ts';
import { hostBlocks } from './host-blocks.ts';
import { wrap } from './layout.ts';
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
  /** Also ok steps, idle handlers, durations, and diffs and outputs in full. Default false. */
  readonly verbose?: boolean | undefined;
  /** Where the report file is, for the last line; null or absent leaves the line out. */
  readonly reportFile?: string | null | undefined;
}

/** A run as text with a final newline: hosts that need attention last, then a table of hosts and the totals. Shows plans and results alike. */
export function renderRun(run: Run, { colours, width, show, verbose = false, reportFile = null }: TextOptions): string {
  const diff = createDiffer(verbose ? ALL_LINES : FEW_LINES);
  const view: View = { style: createStyle(colours), width: Math.max(80, width), planned: show === 'plan', verbose, diff };
  const blocks = [
    titleLines(run, view),
    // What is going to happen stands before its details, what became of it where the eye is: at the end.
    ...(view.planned ? rolloutBlocks(run, view) : []),
    ...hostBlocks(run.hosts, view),
    hostTable(run.hosts, view),
    ...(view.planned ? [] : rolloutBlocks(run, view)),
    totalLines(run, reportFile, view),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function titleLines({ header, hosts }: Run, view: View): readonly string[] {
  const limit = header.limit === null ? '' : `, limit ${header.limit}`;
  const tags = header.tags.length === 0 ? '' : `, tags ${header.tags.join(', ')}`;
  const title = `${view.planned ? 'plan' : header.mode} of ${header.playbook} on ${count(hosts.length, 'host')}${limit}${tags}`;
  return wrap(visible(title), { width: view.width, hang: '  ' }).map((line) => view.style.heading(line));
}
