import type { HostError, HostOutcome, HostRecord } from '../model/run.ts';
import { nameList, wrap } from './layout.ts';
import { isLeftAlone } from './rollout-outcome.ts';
import { type StepLines, stepLines } from './step-lines.ts';
import { countSteps, STEP_STATES, stepState } from './step-state.ts';
import { paintOf, tally, type View, wordOf } from './view.ts';
import { visible } from './visible.ts';

/** Hosts in the order of a report: what needs attention stands last, at the bottom of the terminal. */
const ORDER: readonly HostOutcome[] = ['ok', 'skipped', 'changed', 'unreachable', 'failed'];

/** Names shown of hosts that have nothing to tell. */
const MOST_QUIET_NAMES = 12;

/** Hosts sorted for reading: by outcome, the ones that need attention last, otherwise in the inventory's order. */
export function inReadingOrder(hosts: readonly HostRecord[]): readonly HostRecord[] {
  return ORDER.flatMap((outcome) => hosts.filter((host) => host.outcome === outcome));
}

/** One block of lines for each host; hosts with equal lines share one, hosts with nothing to tell share one line. */
export function hostBlocks(hosts: readonly HostRecord[], view: View): readonly (readonly string[])[] {
  const groups = new Map<string, Member[]>();
  for (const host of inReadingOrder(hosts)) {
    const body = bodyLines(host, view);
    const key = keyOf(host, body, view);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [{ host, body }]);
    else group.push({ host, body });
  }
  return [...groups.values()].map((members) => groupLines(members, view));
}

/** A host of a group of hosts that are shown as one. */
interface Member {
  readonly host: HostRecord;
  readonly body: StepLines;
}

function keyOf(host: HostRecord, { folded }: StepLines, view: View): string {
  if (isQuiet(host, view)) return host.outcome;
  if (isUntouched(host, view)) return `untouched\n${host.error?.message}`;
  return [host.outcome, ...folded].join('\n');
}

function groupLines(members: readonly Member[], view: View): readonly string[] {
  const [first] = members;
  if (first === undefined) return [];
  const { host, body } = first;
  const names = members.map((member) => visible(member.host.name));
  if (isQuiet(host, view)) return quietLines(names, view);
  if (isUntouched(host, view)) return untouchedLines(names, host, view);
  const lines = body.folded.map((line, index) => {
    const full = body.full[index];
    return full !== undefined && members.every((member) => member.body.full[index] === full) ? full : line;
  });
  return [...headLines(names, host, view), ...lines];
}

function isUntouched(host: HostRecord, { verbose }: View): boolean {
  return !verbose && isLeftAlone(host);
}

function untouchedLines(names: readonly string[], { error }: HostRecord, view: View): readonly string[] {
  const head = wrap(`${nameList(names, MOST_QUIET_NAMES)}:`, { width: view.width - 16, hang: '  ' });
  const last = head.length - 1;
  return [
    ...head.map((line, index) => view.style.heading(line) + (index === last ? ` ${view.style.change('not started')}` : '')),
    ...(error === null ? [] : errorLines({ ...error, message: error.message.replace(/^not started: /, '') }, view, view.style.quiet)),
  ];
}

function isQuiet(host: HostRecord, { verbose }: View): boolean {
  return !verbose && host.outcome === 'ok' && host.error === null && host.steps.every((step) => ['ok', 'idle'].includes(stepState(step)));
}

function quietLines(names: readonly string[], view: View): readonly string[] {
  const text = `${nameList(names, MOST_QUIET_NAMES)}: ok, nothing to change`;
  return wrap(text, { width: view.width, hang: '  ' }).map((line) => view.style.good(line));
}

function headLines(names: readonly string[], host: HostRecord, view: View): readonly string[] {
  const wrapped = wrap(`${names.join(', ')}:`, { width: view.width - 16, hang: '  ' });
  const counts = countSteps([host]);
  const steps = tally(
    [...STEP_STATES].reverse().map((state) => [state, counts[state]] as const),
    view,
  );
  const outcome = paintOf(host.outcome, view)(wordOf(host.outcome, view));
  const isPlain = host.outcome === 'ok' || host.outcome === 'changed';
  const text = isPlain && steps !== '' ? steps : steps === '' ? outcome : `${outcome} · ${steps}`;
  return wrapped.map((line, index) => view.style.heading(line) + (index === wrapped.length - 1 ? ` ${text}` : ''));
}

function bodyLines(host: HostRecord, view: View): StepLines {
  const error = host.error === null || isToldBySteps(host) ? [] : errorLines(host.error, view, view.style.bad);
  const steps = host.steps.map((step) => stepLines(step, view));
  return { full: [...error, ...steps.flatMap(({ full }) => full)], folded: [...error, ...steps.flatMap(({ folded }) => folded)] };
}

/** An error without a hint that a failed step tells as well. Around the roles it begins with where the step stands: `before on lb1: `. */
function isToldBySteps({ error, steps }: HostRecord): boolean {
  if (error === null || error.hint !== null) return false;
  return steps.some(({ id, part, on, outcome, reason, failure }) => {
    if (outcome !== 'failed') return false;
    const place = part === 'roles' ? '' : `${part}${on === null ? '' : ` on ${on}`}: `;
    const start = `${error.message.startsWith(place) ? place : ''}${id}: `;
    return error.message === `${start}${reason}` || (failure !== null && error.message.startsWith(start));
  });
}

function errorLines({ phase, message, hint }: HostError, { width }: View, paint: (text: string) => string): readonly string[] {
  const told = wrap(`  ${visible(phase)}: ${visible(message)}`, { width, hang: '  ' }).map((line) => paint(line));
  if (hint === null) return told;
  return [...told, ...wrap(`  hint: ${visible(hint)}`, { width, hang: '  ' })];
}
