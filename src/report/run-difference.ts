import type { RunHeader } from '../model/run.ts';
import { type HostDifference, outcomeOf, type Pair, type RunDifference } from './compare-runs.ts';
import { type FoldedHosts, foldTexts } from './fold/fold-texts.ts';
import { type HoleView, holeLines } from './group-holes.ts';
import { rangedNames } from './host-names.ts';
import { wrap } from './layout.ts';
import { purposeOf } from './outline.ts';
import type { Report, ReportHost } from './report.ts';
import { type DifferenceLine, type Side, stepDifferenceLines } from './step-difference.ts';
import { type ColourLevel, createStyle, type Style } from './style.ts';
import { count } from './units.ts';
import { visible } from './visible.ts';

/** How a difference is written for people. */
interface DifferenceTextOptions {
  readonly colours: ColourLevel;
  readonly width: number;
}

/** Hosts that a block names one by one in its first line; of larger ones it tells the number. */
const FEW_HOSTS = 6;

/** Names, or ranges of names, below the first line of a larger block. */
const MOST_RANGES = 12;

/**
 * Two runs and what they did differently, as text with a final newline. Hosts with the same differences, but for values of their own, share a block;
 * those that came off badly in the second run stand first, then few hosts before many.
 */
export function renderDifference(
  runs: { readonly first: Report; readonly second: Report },
  difference: RunDifference,
  { colours, width }: DifferenceTextOptions,
): string {
  const style = createStyle(colours);
  const view = { style, width: Math.max(80, width), verbose: false };
  const lines = difference.hosts.map(hostLines);
  const folded = foldTexts(
    difference.hosts.map(({ name: host }, index) => ({
      host,
      text: (lines[index] ?? []).map(({ text }) => text).join('\n'),
      key: (lines[index] ?? []).map(({ side, hang }) => `${side}${hang === null}`).join(),
    })),
  );
  const rank = ({ first, hosts }: FoldedHosts): number => (isBad(difference.hosts[first]) ? 0 : hosts.length);
  const blocks = [...folded]
    .sort((one, other) => rank(one) - rank(other))
    .map((group) => blockLines(group, lines[group.first] ?? [], view));
  const all = [headLines(runs, style), ...blocks, [sameLine(difference)]];
  return `${all.map((block) => block.join('\n')).join('\n\n')}\n`;
}

function isBad(host: HostDifference | undefined): boolean {
  return host?.second?.outcome === 'failed' || host?.second?.outcome === 'unreachable';
}

/** A block of hosts: the lines of its first host, with the marks of the group in them. */
function blockLines({ hosts, text, holes }: FoldedHosts, lines: readonly DifferenceLine[], view: HoleView): readonly string[] {
  const { style, width } = view;
  const paints = { first: style.removed, second: style.added, both: (shown: string): string => shown };
  const shown = text.split('\n');
  const body = shown.flatMap((line, index) => {
    const { side = null, hang = null } = lines[index] ?? {};
    return (hang === null ? [line] : wrap(line, { width, hang })).map(paints[side ?? 'both']);
  });
  const isLarge = hosts.length > FEW_HOSTS;
  const head = isLarge ? `${hosts.length} hosts:` : `${hosts.map(visible).join(', ')}:`;
  return [
    ...wrap(head, { width, hang: '  ' }).map(style.heading),
    ...(isLarge ? wrap(`  ${rangedNames(hosts, MOST_RANGES)}`, { width, hang: '  ' }).map(style.quiet) : []),
    ...body,
    ...holeLines({ hosts, holes }, shown, view),
  ];
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

function hostLines(host: HostDifference): readonly DifferenceLine[] {
  const line = (side: Side, text: string): DifferenceLine => ({ side, text: `  ${text}`, hang: ' '.repeat(10) });
  if (host.first === null || host.second === null) return [line(null, `${onlyIn(host)}: ${hostState(host.first ?? host.second)}`)];
  const [old, young] = [hostState(host.first), hostState(host.second)];
  const isToldBySteps = outcomeOf(host.first) === null && outcomeOf(host.second) === null;
  const own = old === young || isToldBySteps ? [] : [line('first', `first   ${old}`), line('second', `second  ${young}`)];
  return [...own, ...host.steps.flatMap(stepDifferenceLines)];
}

function onlyIn({ first }: Pair<unknown>): string {
  return first === null ? 'only in the second' : 'only in the first';
}

function hostState(host: ReportHost | null): string {
  if (host === null) return '';
  return host.error === null ? host.outcome : `${host.outcome}: ${visible(host.error.phase)}: ${visible(host.error.message)}`;
}
