import type { HostError } from '../model/run.ts';
import type { GroupStep, HostGroup } from './fold/fold.ts';
import { holeLines, valueLines } from './group-holes.ts';
import { rangedNames } from './host-names.ts';
import { nameList, wrap } from './layout.ts';
import { isLeftAlone } from './rollout-outcome.ts';
import { nameInPart, stepLines } from './step-lines.ts';
import { countSteps, STEP_STATES, type StepState, stepState } from './step-state.ts';
import { paintOf, tally, type View, wordOf } from './view.ts';
import { visible } from './visible.ts';

/** Hosts that a block names one by one in its first line; of larger ones it tells the number. */
const FEW_HOSTS = 6;

/** Names, or ranges of names, below the first line of a larger block. */
const MOST_RANGES = 12;

/** Lines of steps that are told again, although another block tells them: to say so would take as many. */
const FEW_LINES = 3;

/** Steps named that another block tells. */
const MOST_SAME_STEPS = 6;

/** One block of lines for each group of hosts, in order; hosts that nothing was begun on share one. */
export function hostBlocks(groups: readonly HostGroup[], view: View): readonly (readonly string[])[] {
  const untouched = view.verbose ? [] : groups.filter(isUntouched);
  return groups.flatMap((group) => {
    if (!untouched.includes(group)) return [groupLines(group, groups, view)];
    const alike = untouched.filter(({ error }) => error?.message === group.error?.message);
    return alike[0] === group ? [untouchedLines(alike, view)] : [];
  });
}

function isUntouched({ error, steps }: HostGroup): boolean {
  return isLeftAlone({ error, steps: steps.map(({ step }) => step) });
}

function untouchedLines(groups: readonly HostGroup[], view: View): readonly string[] {
  const error = groups[0]?.error ?? null;
  const names = groups.flatMap(({ hosts }) => hosts);
  const head = wrap(`${rangedNames(names, MOST_RANGES)}:`, { width: view.width - 16, hang: '  ' });
  const last = head.length - 1;
  return [
    ...head.map((line, index) => view.style.heading(line) + (index === last ? ` ${view.style.change('not started')}` : '')),
    ...(error === null ? [] : errorLines({ ...error, message: error.message.replace(/^not started: /, '') }, view, view.style.quiet)),
  ];
}

function groupLines(group: HostGroup, groups: readonly HostGroup[], view: View): readonly string[] {
  if (isQuiet(group)) return quietLines(group, view);
  const error = group.error === null || isToldBySteps(group) ? [] : errorLines(group.error, view, view.style.bad);
  const blocks = group.steps.map((step) => ({ step, lines: stepLines(step, view) }));
  const tellers = [...new Set(group.steps.flatMap(({ sameAs }) => sameAs ?? []))].filter((index) => {
    const told = blocks.filter(({ step }) => step.sameAs === index);
    return told.flatMap(({ lines }) => lines).length > FEW_LINES;
  });
  const own = blocks.filter(({ step: { sameAs } }) => sameAs === null || !tellers.includes(sameAs));
  const lines = [...error, ...own.flatMap((block) => block.lines)];
  const same = tellers.flatMap((index) => sameLines(group, { index, names: groups[index]?.hosts ?? [] }, view));
  return [...headLines(group, view), ...lines, ...holeLines(group, lines, view), ...same];
}

function isQuiet({ outcome, error, steps }: HostGroup): boolean {
  return outcome === 'ok' && error === null && steps.length === 0;
}

function quietLines({ hosts }: HostGroup, { style, width }: View): readonly string[] {
  const text = `${rangedNames(hosts, MOST_RANGES)}: ok, nothing to change`;
  return wrap(text, { width, hang: '  ' }).map((line) => style.good(line));
}

function headLines(group: HostGroup, view: View): readonly string[] {
  const { hosts, outcome } = group;
  const steps = countWords(group, view);
  const word = paintOf(outcome, view)(wordOf(outcome, view));
  const isPlain = outcome === 'ok' || outcome === 'changed';
  const text = isPlain && steps !== '' ? steps : steps === '' ? word : `${word} · ${steps}`;
  const isLarge = hosts.length > FEW_HOSTS;
  const head = isLarge ? `${hosts.length} hosts:` : `${hosts.map(visible).join(', ')}:`;
  const names = isLarge ? rangedNames(hosts, view.verbose ? Number.POSITIVE_INFINITY : MOST_RANGES) : '';
  const wrapped = wrap(head, { width: view.width - 16, hang: '  ' });
  return [
    ...wrapped.map((line, index) => view.style.heading(line) + (index === wrapped.length - 1 ? ` ${text}` : '')),
    ...(isLarge ? wrap(`  ${names}`, { width: view.width, hang: '  ' }).map((line) => view.style.quiet(line)) : []),
  ];
}

/** Steps of one of the hosts by where they stand: `2 would change, 9-11 ok`. */
function countWords({ counts }: HostGroup, view: View): string {
  return [...STEP_STATES]
    .reverse()
    .flatMap((state) => {
      const [least, most] = counts[state];
      const number = least === most ? String(most) : `${least}-${most}`;
      return most === 0 ? [] : [paintOf(state, view)(`${number} ${wordOf(state, view)}`)];
    })
    .join(', ');
}

/** Steps that another group tells: how many and which they are, and what differs in its holes. */
function sameLines(
  { hosts, steps }: HostGroup,
  { index, names }: { readonly index: number; readonly names: readonly string[] },
  view: View,
): readonly string[] {
  const told = steps.filter(({ sameAs }) => sameAs === index);
  const ids = told.filter(isNews).map(({ step }) => visible(nameInPart(step)));
  const holes = new Map(told.flatMap(({ there }) => there.map((hole) => [hole.label, hole] as const)));
  return [
    `  as on ${tellerName(names)}: ${stateWords(told, view)}`,
    ...(ids.length === 0 ? [] : wrap(`      ${nameList(ids, MOST_SAME_STEPS)}`, { width: view.width, hang: '      ' })),
    ...[...holes.values()].flatMap((hole) => valueLines(hole, { hosts, head: 'where ', view })),
  ];
}

/** A group as its block begins. */
function tellerName(names: readonly string[]): string {
  return names.length > FEW_HOSTS ? `${names.length} hosts (${visible(names[0] ?? '')}, …)` : names.map(visible).join(', ');
}

function isNews({ step }: GroupStep): boolean {
  return !['ok', 'idle'].includes(stepState(step));
}

function stateWords(steps: readonly GroupStep[], view: View): string {
  const counts = countSteps([{ steps: steps.map(({ step }) => step) }]);
  const states: readonly StepState[] = [...[...STEP_STATES].reverse(), 'idle'];
  return tally(
    states.map((state) => [state, counts[state]] as const),
    view,
  );
}

/** An error without a hint that a failed step tells as well. Around the roles it begins with where the step stands: `before on lb1: `. */
function isToldBySteps({ error, steps }: HostGroup): boolean {
  if (error === null || error.hint !== null) return false;
  return steps.some(({ step: { id, part, on, outcome, reason, failure } }) => {
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
