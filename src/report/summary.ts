import type { HostOutcome } from '../model/run.ts';
import { cut, table } from './layout.ts';
import type { Report, ReportHost, ReportTotals } from './report.ts';
import { hasHostsLeft, isLeftAlone } from './rollout-outcome.ts';
import { countSteps, STEP_STATES, type StepState } from './step-state.ts';
import { count, formatBytes, formatDuration } from './units.ts';
import { paintOf, tally, type View, wordOf } from './view.ts';
import { visible } from './visible.ts';

/** Rows of the table of hosts; in larger runs only hosts that need attention have one, the others are counted. */
const MOST_ROWS = 20;

/** Outcomes as they are counted. */
const HOST_OUTCOMES: readonly HostOutcome[] = ['failed', 'unreachable', 'changed', 'skipped', 'ok'];

/** Hosts sorted for reading: by outcome, the ones that need attention last, at the bottom of the terminal, otherwise in the inventory's order. */
export function inReadingOrder(hosts: readonly ReportHost[]): readonly ReportHost[] {
  return [...HOST_OUTCOMES].reverse().flatMap((outcome) => hosts.filter((host) => host.outcome === outcome));
}

/** A row for each host: outcome, steps by where they stand, time. In runs of one host no lines. */
export function hostTable(hosts: readonly ReportHost[], view: View): readonly string[] {
  if (hosts.length < 2) return [];
  const sorted = inReadingOrder(hosts);
  const shown = sorted.length > MOST_ROWS ? needingAttention(sorted) : sorted;
  if (shown.length === 0) return [];
  const rowed = new Set(shown);
  const left = leftWords(
    sorted.filter((host) => !rowed.has(host)),
    view,
  );
  const all = countSteps(hosts);
  const states = STEP_STATES.filter((state) => state === 'ok' || all[state] > 0);
  const head = ['host', 'outcome', ...states.map((state) => wordOf(state, view)), 'time'];
  const rows = table([head, ...shown.map((host) => row(host, states, view))], new Set(head.map((_, index) => index).slice(2)));
  return [
    ...rows.slice(0, 1).map((line) => view.style.quiet(line)),
    ...rows.slice(1).map((line, index) => paintRow(line, shown[index], view)),
    ...(left === '' ? [] : [view.style.quiet(`and ${left}`)]),
  ];
}

/** Hosts of the outcomes that matter most, whole outcomes as long as there are rows for them; of the first one at least some. */
function needingAttention(sorted: readonly ReportHost[]): readonly ReportHost[] {
  const begun = sorted.filter((host) => !isLeftAlone(host));
  const chosen: ReportHost[] = [];
  for (const outcome of HOST_OUTCOMES.filter((each) => each !== 'ok')) {
    const alike = begun.filter((host) => host.outcome === outcome);
    if (chosen.length + alike.length <= MOST_ROWS) chosen.unshift(...alike);
    else if (outcome === 'failed' || outcome === 'unreachable') chosen.unshift(...alike.slice(0, MOST_ROWS - chosen.length));
    else break;
  }
  return chosen;
}

/** `3 failed, 480 changed, 12 ok`, not started ones apart. */
function leftWords(hosts: readonly ReportHost[], view: View): string {
  const alone = hosts.filter(isLeftAlone).length;
  const counts = HOST_OUTCOMES.map(
    (outcome) => [wordOf(outcome, view), hosts.filter((host) => host.outcome === outcome && !isLeftAlone(host)).length] as const,
  );
  return [...counts, ['not started', alone] as const]
    .filter(([, number]) => number > 0)
    .map(([word, number]) => `${number} ${word}`)
    .join(', ');
}

/** Closing lines: hosts, steps, time and traffic, and where the record is. */
export function totalLines(shown: Report, report: string | null, view: View): readonly string[] {
  const { run, totals } = shown;
  const label = (name: string): string => view.style.quiet(name.padEnd(8));
  const lines = [
    label('hosts') +
      tally(
        HOST_OUTCOMES.map((outcome) => [outcome, totals.hosts[outcome]] as const),
        view,
      ),
    label('steps') + (stepTally(totals, view) || 'none'),
    label('took') + traffic(run.durationMs, totals),
  ];
  const { interrupted } = run;
  return [
    ...lines,
    ...(report === null ? [] : [label('report') + visible(report)]),
    ...(interrupted === null ? [] : [view.style.bad(`interrupted by ${interrupted}`)]),
    ...(view.planned ? [] : resumeLines(shown, label)),
  ];
}

/** The commands that go on with the hosts of rollouts that are not done, and with those that failed. */
function resumeLines({ run, rollouts, hosts }: Report, label: (name: string) => string): readonly string[] {
  if (run.mode !== 'apply' || rollouts.length === 0) return [];
  const line = (name: string, flag: string): string => `${label(name)}drover apply --${flag} ${visible(run.id)}`;
  return [
    ...(rollouts.some(({ failed }) => failed.length > 0) ? [line('retry', 'retry-failed')] : []),
    ...(hasHostsLeft({ rollouts, hosts, interrupted: run.interrupted }) ? [line('go on', 'resume')] : []),
  ];
}

function row(host: ReportHost, states: readonly StepState[], view: View): readonly string[] {
  const counts = countSteps([host]);
  const numbers = states.map((state) => (counts[state] === 0 ? '-' : String(counts[state])));
  return [cut(visible(host.name), 32), wordOf(host.outcome, view), ...numbers, formatDuration(host.durationMs)];
}

function paintRow(line: string, host: ReportHost | undefined, view: View): string {
  return host === undefined || host.outcome === 'ok' ? line : paintOf(host.outcome, view)(line);
}

function stepTally({ steps }: ReportTotals, view: View): string {
  const counts = { ...steps, 'in-doubt': steps.inDoubt, 'not-started': steps.notStarted };
  return tally(
    [...STEP_STATES].reverse().map((state) => [state, counts[state]] as const),
    view,
  );
}

function traffic(durationMs: number, { roundTrips, bytesSent, bytesReceived }: ReportTotals): string {
  const bytes = `${formatBytes(bytesSent)} sent, ${formatBytes(bytesReceived)} received`;
  return `${formatDuration(durationMs)}, ${count(roundTrips, 'round trip')}, ${bytes}`;
}
