import type { HostError, HostOutcome } from '../../model/run.ts';
import type { Report, ReportStep } from '../report.ts';
import { countSteps, isQuiet, type StepCounts, type StepState, stepState } from '../step-state.ts';
import { putTogether } from './apart.ts';
import { GroupHoles, showRecord } from './columns.ts';
import type { Filling, Fold, FoldedHost, GroupStep, HostGroup, Range, Template } from './fold.ts';
import { groupBy } from './group-by.ts';
import { type Draft, withSameAs } from './same-as.ts';
import { walkError, walkStep } from './walk.ts';

/** Hosts in the order of a fold: what needs attention stands first. */
const ORDER: readonly HostOutcome[] = ['failed', 'unreachable', 'changed', 'skipped', 'ok'];

/**
 * What must be the same on hosts that are one group. `changes`: steps that are ok and handlers that nothing notified do not count,
 * and of changing steps around the roles, which change something else for each host, only that they change something.
 */
export type Alike = 'changes' | 'every step';

/** A fold without its groups. */
export type FoldParts = Pick<Fold, 'steps' | 'outlines' | 'errors' | 'hosts'>;

/** Hosts with the same change: failures first, then smaller groups before larger ones, hosts that are ok last. */
export function groupHosts(fold: FoldParts, alike: Alike = 'changes'): readonly HostGroup[] {
  const states = fold.steps.map(({ frame }) => stepState(frame));
  const tells = (host: FoldedHost): readonly Told[] => (alike === 'every step' ? wholeSteps(host) : changesOf(host, states));
  const groups = groupBy(fold.hosts, (host) => [host.frame.outcome, host.error?.template, ...tells(host).map(({ id }) => id)].join());
  const sorted = ORDER.flatMap((outcome) => bySize(groups.filter(([first]) => first?.frame.outcome === outcome)));
  return withSameAs(sorted.flatMap((hosts) => groupOf(hosts, { fold, tells }) ?? []));
}

/** A group for each host, with all its steps as they are; in the same order of outcomes. */
export function soleGroups({ hosts }: Report): readonly HostGroup[] {
  const groups = hosts.map(({ name, outcome, error, steps }): HostGroup => {
    const shown = steps.map((step, id) => ({ id, step, durations: soleDurations(step), sameAs: null, there: [] }));
    return { hosts: [name], outcome, error, steps: shown, holes: [], counts: rangesOf([countSteps([{ steps }])]) };
  });
  return ORDER.flatMap((outcome) => groups.filter((group) => group.outcome === outcome));
}

function soleDurations({ durationMs, failure }: ReportStep): GroupStep['durations'] {
  const range = (ms: number | undefined | null): Range | null => (typeof ms === 'number' ? [ms, ms] : null);
  return { step: range(durationMs), failure: range(failure?.durationMs) };
}

/** A step, or its outline, as one host has it. */
interface Told {
  readonly id: number;
  readonly filling: Filling;
}

function wholeSteps({ steps }: FoldedHost): readonly Told[] {
  return steps.map((filling) => ({ id: filling.template, filling }));
}

/** Outlines are numbered on from the steps. */
function changesOf({ steps, outlines }: FoldedHost, states: readonly StepState[]): readonly Told[] {
  return steps.flatMap((filling, index) => {
    if (isQuiet(states[filling.template] ?? 'ok')) return [];
    const outline = outlines[index] ?? null;
    return [outline === null ? { id: filling.template, filling } : { id: states.length + outline.template, filling: outline }];
  });
}

function bySize<T>(groups: readonly (readonly T[])[]): readonly (readonly T[])[] {
  return [...groups].sort((a, b) => a.length - b.length);
}

interface Grouping {
  readonly fold: FoldParts;
  readonly tells: (host: FoldedHost) => readonly Told[];
}

function groupOf(hosts: readonly FoldedHost[], { fold, tells }: Grouping): Draft | null {
  const [first] = hosts;
  if (first === undefined) return null;
  const names = hosts.map(({ frame }) => frame.name);
  const holes = new GroupHoles(names);
  const error = showError(hosts, fold, holes);
  const rows = hosts.map(tells);
  const steps = tells(first).flatMap(({ id, filling }, at) => {
    const template = fold.steps[id] ?? fold.outlines[id - fold.steps.length];
    if (template === undefined) return [];
    const fillings = rows.flatMap((row) => row[at]?.filling ?? []);
    const columns = holes.columnsOf(template, fillings);
    const step = showRecord(template, columns, filling, walkStep);
    return { columns, step: { id, step, durations: durationsOf(template, fillings), sameAs: null, there: [] } };
  });
  const group: HostGroup = {
    hosts: names,
    outcome: first.frame.outcome,
    error,
    steps: steps.map(({ step }) => step),
    holes: holes.all,
    counts: rangesOf(hosts.map(({ counts }) => counts)),
  };
  return { group, columns: steps.map(({ columns }) => columns) };
}

function durationsOf({ frame }: Template<ReportStep>, fillings: readonly Filling[]): GroupStep['durations'] {
  const [least, most] = [Math.min, Math.max].map((pick) => {
    const figures = fillings.reduce<readonly number[] | null>(
      (all, own) => all?.map((figure, at) => pick(figure, own.figures[at] ?? figure)) ?? own.figures,
      null,
    );
    return putTogether({ frame, texts: [], figures: figures ?? [], digests: [] }, walkStep, Number);
  });
  const range = (a: number | null | undefined, b: number | null | undefined): Range | null =>
    typeof a === 'number' && typeof b === 'number' ? [a, b] : null;
  return { step: range(least?.durationMs, most?.durationMs), failure: range(least?.failure?.durationMs, most?.failure?.durationMs) };
}

function showError(hosts: readonly FoldedHost[], { errors }: FoldParts, holes: GroupHoles): HostError | null {
  const fillings = hosts.flatMap(({ error }) => error ?? []);
  const [first] = fillings;
  const template = first === undefined ? undefined : errors[first.template];
  return first === undefined || template === undefined ? null : showRecord(template, holes.columnsOf(template, fillings), first, walkError);
}

function rangesOf(counts: readonly StepCounts[]): HostGroup['counts'] {
  const range = (state: StepState): Range => {
    const numbers = counts.map((own) => own[state]);
    return [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
  };
  return {
    idle: range('idle'),
    ok: range('ok'),
    skipped: range('skipped'),
    changed: range('changed'),
    'not-started': range('not-started'),
    'in-doubt': range('in-doubt'),
    failed: range('failed'),
  };
}
