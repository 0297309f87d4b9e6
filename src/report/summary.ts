import type { HostOutcome, HostRecord, Run } from '../model/run.ts';
import { inReadingOrder } from './host-blocks.ts';
import { cut, table } from './layout.ts';
import { hasHostsLeft, isLeftAlone } from './rollout-outcome.ts';
import { countSteps, STEP_STATES, type StepState } from './step-state.ts';
import { type Totals, totalsOf } from './totals.ts';
import { count, formatBytes, formatDuration } from './units.ts';
import { paintOf, tally, type View, wordOf } from './view.ts';
import { visible } from './visible.ts';

/** Rows of the table of hosts; in larger runs hosts that are ok or were not started are only counted. */
const MOST_ROWS = 24;

const HOST_OUTCOMES: readonly HostOutcome[] = ['failed', 'unreachable', 'changed', 'skipped', 'ok'];

/** A row for each host: outcome, steps by where they stand, time. In runs of one host no lines. */
export function hostTable(hosts: readonly HostRecord[], view: View): readonly string[] {
  if (hosts.length < 2) return [];
  const sorted = inReadingOrder(hosts);
  const shown = sorted.length > MOST_ROWS ? sorted.filter((host) => host.outcome !== 'ok' && !isLeftAlone(host)) : sorted;
  const all = countSteps(hosts);
  const states = STEP_STATES.filter((state) => state === 'ok' || all[state] > 0);
  const head = ['host', 'outcome', ...states.map((state) => wordOf(state, view)), 'time'];
  const rows = table([head, ...shown.map((host) => row(host, states, view))], new Set(head.map((_, index) => index).slice(2)));
  const leftAlone = sorted.filter(isLeftAlone).length;
  const left =
    sorted.length === shown.length
      ? []
      : [...counted(sorted.length - shown.length - leftAlone, 'ok'), ...counted(leftAlone, 'not started')];
  return [
    ...rows.slice(0, 1).map((line) => view.style.quiet(line)),
    ...rows.slice(1).map((line, index) => paintRow(line, shown[index], view)),
    ...(left.length === 0 ? [] : [view.style.quiet(`and ${left.join(', ')}`)]),
  ];
}

/** Closing lines: hosts, steps, time and traffic, and where the record is. */
export function totalLines(run: Run, report: string | null, view: View): readonly string[] {
  const totals = totalsOf(run);
  const label = (name: string): string => view.style.quiet(name.padEnd(8));
  const lines = [
    label('hosts') +
      tally(
        HOST_OUTCOMES.map((outcome) => [outcome, totals.hosts[outcome]] as const),
        view,
      ),
    label('steps') + (stepTally(totals, view) || 'none'),
    label('took') + traffic(run, totals),
  ];
  const { interrupted } = run;
  return [
    ...lines,
    ...(report === null ? [] : [label('report') + visible(report)]),
    ...(interrupted === null ? [] : [view.style.bad(`interrupted by ${interrupted}`)]),
    ...(view.planned ? [] : resumeLines(run, label)),
  ];
}

/** The commands that go on with the hosts of rollouts that are not done, and with those that failed. */
function resumeLines(run: Run, label: (name: string) => string): readonly string[] {
  const { header, rollouts } = run;
  if (header.mode !== 'apply' || rollouts.length === 0) return [];
  const line = (name: string, flag: string): string => `${label(name)}drover apply --${flag} ${visible(header.id)}`;
  return [
    ...(rollouts.some(({ failed }) => failed.length > 0) ? [line('retry', 'retry-failed')] : []),
    ...(hasHostsLeft(run) ? [line('go on', 'resume')] : []),
  ];
}

function counted(number: number, word: string): readonly string[] {
  return number === 0 ? [] : [`${number} ${word}`];
}

function row(host: HostRecord, states: readonly StepState[], view: View): readonly string[] {
  const counts = countSteps([host]);
  const numbers = states.map((state) => (counts[state] === 0 ? '-' : String(counts[state])));
  return [cut(visible(host.name), 32), wordOf(host.outcome, view), ...numbers, formatDuration(host.durationMs)];
}

function paintRow(line: string, host: HostRecord | undefined, view: View): string {
  return host === undefined || host.outcome === 'ok' ? line : paintOf(host.outcome, view)(line);
}

function stepTally(totals: Totals, view: View): string {
  return tally(
    [...STEP_STATES].reverse().map((state) => [state, totals.steps[state]] as const),
    view,
  );
}

function traffic(run: Run, { roundTrips, bytesSent, bytesReceived }: Totals): string {
  const bytes = `${formatBytes(bytesSent)} sent, ${formatBytes(bytesReceived)} received`;
  return `${formatDuration(run.durationMs)}, ${count(roundTrips, 'round trip')}, ${bytes}`;
}
