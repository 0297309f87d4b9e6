import type { HostLine, HostStep, RunLine } from '../model/history.ts';
import type { HostOutcome } from '../model/run.ts';
import { table, wrap } from './layout.ts';
import { purposeOf } from './outline.ts';
import { type ColourLevel, createStyle, type Style } from './style.ts';
import { count } from './units.ts';
import { paintOf, tally, wordOf } from './view.ts';
import { safeJson, visible } from './visible.ts';

/** How a history is written for people. */
export interface HistoryTextOptions {
  readonly colours: ColourLevel;
  readonly width: number;
  /** Runs that are wanted as well and not shown. */
  readonly more: number;
}

/** Outcomes of hosts in the order of their importance. */
const ORDER: readonly HostOutcome[] = ['failed', 'unreachable', 'changed', 'skipped', 'ok'];

/** One line for each run: when, how, who, what, what it came to; final newline. Times are UTC. */
export function renderRuns(runs: readonly RunLine[], { colours, more }: HistoryTextOptions): string {
  const style = createStyle(colours);
  // Colours are put on last: they would count as columns.
  const rows = runs.map((run) => [
    timeOf(run),
    modeOf(run),
    visible(run.user ?? '-'),
    visible(run.playbook),
    plainOutcome(run),
    visible(run.id),
  ]);
  const [head = '', ...lines] = table([['when (UTC)', 'mode', 'who', 'playbook', 'hosts', 'run'], ...rows], new Set());
  const painted = lines.map((line, index) => {
    const run = runs[index];
    return run === undefined ? line : line.replace(plainOutcome(run), () => outcomeOf(run, style));
  });
  return `${[style.quiet(head), ...painted, ...moreLines(more, style)].join('\n')}\n`;
}

function modeOf({ mode, undoes }: RunLine): string {
  return undoes === null ? mode : 'undo';
}

/** A run on the host that is looked at. */
export interface ShownHostRun {
  readonly run: RunLine;
  readonly host: HostLine;
}

/** A block for each run: when, how, who, what, and what it changed on the host; final newline. `quiet`: wanted runs that did nothing there. */
export function renderHostRuns(
  runs: readonly ShownHostRun[],
  { quiet, ...options }: HistoryTextOptions & { readonly quiet: number },
): string {
  const style = createStyle(options.colours);
  const blocks = runs.map((each) => hostRunLines(each, style, Math.max(80, options.width)).join('\n'));
  const left = quiet === 0 ? [] : [`${count(quiet, 'run')} changed nothing on it`];
  const tail = [...moreLines(options.more, style), ...left.map((line) => style.quiet(line))];
  return `${[...blocks, ...(tail.length === 0 ? [] : [tail.join('\n')])].join('\n\n')}\n`;
}

/** A value as JSON text with a final newline, harmless on a terminal. */
export function renderHistoryJson(value: unknown): string {
  return `${safeJson(value)}\n`;
}

/** `2026-11-20 14:02`. */
export function timeOf({ startedAt }: Pick<RunLine, 'startedAt'>): string {
  return visible(`${startedAt.slice(0, 10)} ${startedAt.slice(11, 16)}`);
}

function moreLines(more: number, style: Style): readonly string[] {
  return more === 0 ? [] : [style.quiet(`and ${count(more, 'older run')}; -n ALL shows them`)];
}

function plainOutcome(run: RunLine): string {
  return outcomeOf(run, createStyle(0));
}

function outcomeOf({ mode, outcome, hosts, isPlan }: RunLine, style: Style): string {
  const view = { style, planned: mode !== 'apply' || isPlan === true };
  const counts = tally(
    ORDER.map((each) => [each, hosts[each]] as const),
    view,
  );
  if (outcome === 'ok' || outcome === 'changed' || outcome === 'failed' || outcome === 'unreachable')
    return counts === '' ? 'no hosts' : counts;
  const word = outcome === 'declined' ? style.quiet(outcome) : style.bad(outcome);
  return counts === '' ? word : `${word}: ${counts}`;
}

function hostRunLines({ run, host }: ShownHostRun, style: Style, width: number): readonly string[] {
  const view = { style, planned: run.mode !== 'apply' };
  const outcome = host.outcome === null ? style.bad(run.outcome) : paintOf(host.outcome, view)(wordOf(host.outcome, view));
  const state = host.outcome === null && run.outcome !== 'unfinished' ? 'visited' : outcome;
  const error = host.error === null ? '' : ` (${visible(host.error)})`;
  const by = run.user === null ? '' : ` by ${visible(run.user)}`;
  const { what, of } = purposeOf(run);
  return [
    `${style.heading(`${timeOf(run)} UTC`)}  ${what} ${visible(of)}${by}: ${state}${error}`,
    `  ${style.quiet(`run ${visible(run.id)}`)}`,
    ...host.steps.flatMap((step) => stepLines(step, style, width)),
  ];
}

function stepLines({ id, outcome, for: isFor, changes }: HostStep, style: Style, width: number): readonly string[] {
  const marks = { changed: style.change('~'), failed: style.bad('✗'), 'in-doubt': style.bad('?') } as const;
  const aim = isFor === null ? '' : ` for ${visible(isFor)}`;
  const told = changes.length === 0 ? [] : wrap(`      ${visible(changes.join(', '))}`, { width, hang: '      ' });
  return [`  ${marks[outcome]} ${visible(id)}${aim}`, ...told];
}
