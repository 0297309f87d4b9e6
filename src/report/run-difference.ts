import type { RunHeader } from '../model/run.ts';
import { type HostDifference, outcomeOf, type Pair, type RunDifference } from './compare-runs.ts';
import { wrap } from './layout.ts';
import { purposeOf } from './outline.ts';
import type { Report, ReportHost, ReportStep } from './report.ts';
import { shortChange } from './short-change.ts';
import { type ColourLevel, createStyle, type Style } from './style.ts';
import { count } from './units.ts';
import { visible } from './visible.ts';

/** How a difference is written for people. */
interface DifferenceTextOptions {
  readonly colours: ColourLevel;
  readonly width: number;
}

/** Two runs and what they did differently, as text with a final newline; hosts with the same differences share a block. */
export function renderDifference(
  runs: { readonly first: Report; readonly second: Report },
  difference: RunDifference,
  { colours, width }: DifferenceTextOptions,
): string {
  const style = createStyle(colours);
  const columns = Math.max(80, width);
  const groups = new Map<string, { readonly names: string[]; readonly lines: readonly string[] }>();
  for (const host of difference.hosts) {
    const lines = hostLines(host, style, columns);
    const group = groups.get(lines.join('\n'));
    if (group === undefined) groups.set(lines.join('\n'), { names: [visible(host.name)], lines });
    else group.names.push(visible(host.name));
  }
  const blocks = [...groups.values()].map(({ names, lines }) => [
    ...wrap(`${names.join(', ')}:`, { width: columns, hang: '  ' }).map(style.heading),
    ...lines,
  ]);
  const all = [headLines(runs, style), ...blocks, [sameLine(difference)]];
  return `${all.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function sameLine({ hosts, same }: RunDifference): string {
  if (hosts.length === 0) return `both did the same on ${same === 1 ? 'the one host' : `all ${same} hosts`}`;
  return same === 0 ? 'on no host both did the same' : `on ${count(same, 'host')} both did the same`;
}

function headLines({ first, second }: { readonly first: Report; readonly second: Report }, style: Style): readonly string[] {
  const [old, young] = [first.run, second.run];
  return [runLine('first ', old, style), runLine('second', young, style), ...inputLines(old, young)];
}

function runLine(word: string, run: RunHeader, style: Style): string {
  const { user, startedAt, id } = run;
  const { what, of } = purposeOf(run);
  const by = user === undefined ? '' : ` by ${visible(user)}`;
  const when = visible(`${startedAt.slice(0, 10)} ${startedAt.slice(11, 16)} UTC`);
  return `${word}  ${when}, ${what} ${visible(of)}${by}  ${style.quiet(visible(id))}`;
}

/** What the runs were started with, where it was not the same. */
function inputLines(old: RunHeader, young: RunHeader): readonly string[] {
  const revision = ({ revision: at }: RunHeader): string | null =>
    at === undefined || at === null ? null : `${at.commit.slice(0, 12)}${at.dirty ? ' with changes' : ''}`;
  const [was, is] = [old.varsDigest ?? null, young.varsDigest ?? null];
  const canCompare = was !== null && is !== null && keyOf(was) === keyOf(is);
  return [
    ...inputLine('playbook', old.playbook, young.playbook),
    ...inputLine('revision', revision(old), revision(young)),
    ...inputLine('drover', old.drover, young.drover),
    ...inputLine('limit', old.limit, young.limit),
    ...inputLine('tags', old.tags.join(', '), young.tags.join(', ')),
    ...inputLine('skip-tags', old.skipTags?.join(', ') ?? '', young.skipTags?.join(', ') ?? ''),
    ...(canCompare && was !== is ? ['  vars: not the same'] : []),
  ];
}

function keyOf(digest: string): string {
  return digest.slice(0, digest.indexOf('-', 6));
}

function inputLine(name: string, old: string | null, young: string | null): readonly string[] {
  const shown = (value: string | null): string => (value === null || value === '' ? 'none' : visible(value));
  return old === young ? [] : [`  ${name}: ${shown(old)} → ${shown(young)}`];
}

function hostLines(host: HostDifference, style: Style, width: number): readonly string[] {
  if (host.first === null || host.second === null) return [`  ${onlyIn(host)}: ${hostState(host.first ?? host.second)}`];
  const [old, young] = [hostState(host.first), hostState(host.second)];
  const isToldBySteps = outcomeOf(host.first) === null && outcomeOf(host.second) === null;
  const own = old === young || isToldBySteps ? [] : [`  ${style.removed(`first   ${old}`)}`, `  ${style.added(`second  ${young}`)}`];
  const steps = host.steps.flatMap(({ id, first, second }) => [
    `  ${visible(id)}`,
    ...stepLines('first ', first, { paint: style.removed, width }),
    ...stepLines('second', second, { paint: style.added, width }),
  ]);
  return [...own, ...steps];
}

function onlyIn({ first }: Pair<unknown>): string {
  return first === null ? 'only in the second' : 'only in the first';
}

function hostState(host: ReportHost | null): string {
  if (host === null) return '';
  return host.error === null ? host.outcome : `${host.outcome}: ${visible(host.error.phase)}: ${visible(host.error.message)}`;
}

interface StepOptions {
  readonly paint: (text: string) => string;
  readonly width: number;
}

function stepLines(word: string, step: ReportStep | null, { paint, width }: StepOptions): readonly string[] {
  return wrap(`    ${word}  ${visible(stepState(step))}`, { width, hang: '            ' }).map(paint);
}

function stepState(step: ReportStep | null): string {
  if (step === null) return 'not in it';
  const { outcome, progress, reason, failure, changes } = step;
  const state = progress === 'in-doubt' || progress === 'not-started' ? progress.replace('-', ' ') : outcome;
  const why =
    failure === null ? reason : `${failure.action}: ${failure.exitCode === null ? 'no exit status' : `exit status ${failure.exitCode}`}`;
  const told = [...(why === null ? [] : [why]), ...(outcome === 'changed' ? changes.map(shortChange) : [])];
  return told.length === 0 ? state : `${state}: ${told.join(', ')}`;
}
