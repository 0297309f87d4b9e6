import { changeMark } from '../change-lines.ts';
import { driftSentence } from '../drift-sentence.ts';
import type { GroupStep, Hole, HostGroup, Range } from '../fold/fold.ts';
import { rangedNames } from '../host-names.ts';
import { isToldBySteps, stateWord } from '../outline.ts';
import type { ReportChange, ReportStep } from '../report.ts';
import { diffless, fieldLine, isContentChange } from '../report-value.ts';
import { stepState } from '../step-state.ts';
import { count, formatDurations } from '../units.ts';
import { wordOf } from '../view.ts';
import { visible, visibleLines } from '../visible.ts';
import { code, details, fenced, htmlCode, table } from './inline.ts';

/** Names, or ranges of them, shown in a heading. */
const NAMES = 6;

/** Lines of a diff that are shown; report.json has them all. */
const DIFF_LINES = 200;

/** Last lines of an output that are shown. */
const OUTPUT_LINES = 40;

/** Hosts in a table of what differs. */
const VALUE_ROWS = 20;

/** How groups are shown. */
export interface GroupView {
  /** All groups of the report: steps may be told in another one. */
  readonly groups: readonly HostGroup[];
  readonly planned: boolean;
}

/** A group of hosts in two lengths: the short one without diffs, for where there is no more room. */
export interface Block {
  readonly hosts: number;
  readonly full: string;
  readonly short: string;
}

/** A group that failed or was not reached: everything that helps to find out why, unfolded. */
export function attentionBlock(group: HostGroup, view: GroupView): Block {
  const head = `#### ✗ ${nameText(group)} ${wordOf(group.outcome, view)}`;
  const { error } = group;
  const why =
    error === null || isToldBySteps(error, group.steps)
      ? []
      : [`${code(error.phase)}: ${code(error.message)}`, ...(error.hint === null ? [] : [`Hint: ${code(error.hint)}`])];
  const bad = group.steps.filter(({ step }) => isBad(step));
  const rest = group.steps.filter(({ step }) => !isBad(step));
  const failed = bad.map((each) => stepText(each, view));
  const others =
    rest.length === 0 ? [] : [details(`${count(rest.length, 'other step')}`, rest.map((each) => stepText(each, view)).join('\n\n'))];
  const values = valueTable(group);
  return {
    hosts: group.hosts.length,
    full: [head, ...why, ...failed, ...others, ...values].join('\n\n'),
    short: [head, ...why].join('\n\n'),
  };
}

/** A group that changed: one line that unfolds to the diffs. */
export function changeBlock(group: HostGroup, view: GroupView): Block {
  const { hosts, steps } = group;
  const names = htmlCode(rangedNames(hosts, NAMES));
  const told = count(steps.length, 'step');
  const summary = `<b>${count(hosts.length, 'host')}</b> ${wordOf(group.outcome, view)}, ${told}: ${names}`;
  const all = rangedNames(hosts) === rangedNames(hosts, NAMES) ? [] : [`Hosts: ${code(rangedNames(hosts))}`];
  const body = [
    ...(group.error === null ? [] : [code(group.error.message)]),
    ...steps.map((each) => stepText(each, view)),
    ...valueTable(group),
    ...all,
  ];
  return {
    hosts: hosts.length,
    full: details(summary, body.join('\n\n')),
    short: `- ${count(hosts.length, 'host')} ${wordOf(group.outcome, view)}, ${told}: ${code(rangedNames(hosts, NAMES))}`,
  };
}

function isBad(step: ReportStep): boolean {
  const state = stepState(step);
  return state === 'failed' || state === 'in-doubt';
}

function nameText({ hosts }: HostGroup): string {
  const names = code(rangedNames(hosts, NAMES));
  return hosts.length === 1 ? names : `${count(hosts.length, 'host')} (${names})`;
}

function stepText({ step, durations, sameAs, there }: GroupStep, { groups, planned }: GroupView): string {
  const on = step.on === null ? '' : ` on ${code(step.on)}`;
  const part = step.part === 'roles' ? '' : `${step.part} `;
  const head = `**${changeMark(step)}** ${part}${code(step.id)}${on} ${stateWord(step, planned)}`;
  const reason = step.reason === null ? [] : [code(step.reason)];
  const drift = step.drift === undefined ? [] : [code(driftSentence(step.drift, { full: true }))];
  const teller = sameAs === null ? undefined : groups[sameAs];
  const changes = teller === undefined ? step.changes.flatMap((change) => changeText(change, step)) : [sameText(teller, there)];
  return [head, ...reason, ...drift, ...fieldsText(step, teller !== undefined), ...changes, ...failureText(step, durations.failure)].join(
    '\n\n',
  );
}

function sameText({ hosts }: HostGroup, there: readonly Hole[]): string {
  const values = there.map(({ label, values: [value = ''] }) => `${code(`‹${label}›`)} is ${code(value)}`);
  const [first = ''] = hosts;
  const others = hosts.length === 1 ? '' : ` and ${hosts.length - 1} more`;
  return `The same as on ${code(first)}${others}${values.length === 0 ? '' : `, where ${values.join(', ')}`}.`;
}

function fieldsText(step: ReportStep, isTold: boolean): readonly string[] {
  const fields = isTold ? [] : step.changes.filter((change) => !isContentChange(change));
  return fields.length === 0 ? [] : [fields.map((change) => code(fieldLine(change, step))).join(', ')];
}

function changeText(change: ReportChange, { certainty }: ReportStep): readonly string[] {
  if (!isContentChange(change)) return [];
  const { diff, diffNote, field } = change;
  if (diff === null) return [code(`${field}: ${diffless(change)}`)];
  const lines = visibleLines(diff);
  const left = lines.length - DIFF_LINES;
  const note = [...(left > 0 ? [`${count(left, 'more line')} of this diff`] : []), ...(diffNote === null ? [] : [visible(diffNote)])];
  const head = certainty === 'after-apply' ? [`${code(field)}: what is there is known after apply`] : [];
  return [...head, fenced(lines.slice(0, DIFF_LINES), 'diff'), ...(note.length === 0 ? [] : [`… ${note.join('; ')}`])];
}

function failureText({ failure }: ReportStep, durations: Range | null): readonly string[] {
  if (failure === null) return [];
  const time = formatDurations(durations ?? [failure.durationMs, failure.durationMs]);
  const ended = failure.exitCode === null ? 'no exit status' : `exit status ${failure.exitCode}`;
  const lines = visibleLines(failure.output);
  const left = lines.length - OUTPUT_LINES;
  const above = left > 0 ? `, the last ${OUTPUT_LINES} of ${lines.length} lines` : '';
  return [
    `${code(failure.action)}: ${ended} after ${time}${above}`,
    ...(lines.length === 0 ? [] : [fenced(lines.slice(-OUTPUT_LINES), 'text')]),
  ];
}

/** What each host has at the marked places, besides its name. */
function valueTable({ hosts, holes }: HostGroup): readonly string[] {
  const shown = holes.filter(({ label }) => label !== 'host');
  if (shown.length === 0) return [];
  const head = ['host', ...shown.map(({ label }) => code(`‹${label}›`, { inTable: true }))];
  const rows = hosts
    .slice(0, VALUE_ROWS)
    .map((name, index) => [code(name, { inTable: true }), ...shown.map(({ values }) => code(values[index] ?? '', { inTable: true }))]);
  const left = hosts.length - rows.length;
  const note = left > 0 ? `\n\n… and ${count(left, 'more host')}` : '';
  return [details('what each host has at the marked places', `${table([head, ...rows])}${note}`)];
}
