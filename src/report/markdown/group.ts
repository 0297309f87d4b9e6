import { type DiffLimits, readDiff } from '../diff.ts';
import { driftSentence } from '../drift-sentence.ts';
import type { GroupStep, Hole, HostGroup, Range } from '../fold/fold.ts';
import { rangedNames } from '../host-names.ts';
import { nameList } from '../layout.ts';
import { isToldBySteps, stateWord } from '../outline.ts';
import type { ReportChange, ReportStep } from '../report.ts';
import { diffless, fieldLine, isContentChange } from '../report-value.ts';
import { markOf } from '../step-lines.ts';
import { stepState } from '../step-state.ts';
import { count, formatDurations } from '../units.ts';
import { wordOf } from '../view.ts';
import { visible, visibleLine, visibleLines } from '../visible.ts';
import { code, details, fenced, htmlCode, table } from './inline.ts';

/** Names, or ranges of them, shown in a heading. */
const NAMES = 6;

/** What is shown of a diff; report.json has all of it. */
const DIFF_LIMITS: DiffLimits = { maxLines: 200, maxColumns: 400 };

/** Last lines of an output that are shown. */
const OUTPUT_LINES = 40;

/** Values of hosts named beside a step that another group tells. */
const SAME_VALUES = 4;

/** Hosts in a table of what differs. */
const VALUE_ROWS = 20;

/** How groups are shown. */
export interface GroupView {
  /** All groups of the report: steps may be told in another one. */
  readonly groups: readonly HostGroup[];
  readonly planned: boolean;
}

/** A group of hosts in several lengths. */
export interface Block {
  readonly hosts: number;
  /** The whole of it first, then ever shorter ones for where there is no more room. */
  readonly texts: readonly string[];
}

/** How much of a step is told: all of it, no more than why it is not well, or its reason alone. */
type Length = 'whole' | 'trouble' | 'reason';

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
  const failed = (length: Length): readonly string[] => bad.map((each) => stepText(each, view, length));
  const others =
    rest.length === 0 ? [] : [details(`${count(rest.length, 'other step')}`, rest.map((each) => stepText(each, view)).join('\n\n'))];
  const values = valueTable(group);
  return {
    hosts: group.hosts.length,
    texts: [
      [head, ...why, ...failed('whole'), ...others, ...values],
      [head, ...why, ...failed('trouble')],
      [head, ...why, ...failed('reason')],
      [head, ...why],
    ].map((parts) => parts.join('\n\n')),
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
    texts: [
      details(summary, body.join('\n\n')),
      `- ${count(hosts.length, 'host')} ${wordOf(group.outcome, view)}, ${told}: ${code(rangedNames(hosts, NAMES))}`,
    ],
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

function stepText({ step, durations, sameAs, there }: GroupStep, { groups, planned }: GroupView, length: Length = 'whole'): string {
  const on = step.on === null ? '' : ` on ${code(step.on)}`;
  const part = step.part === 'roles' ? '' : `${step.part} `;
  const head = `**${markOf(step, stepState(step))}** ${part}${code(step.id)}${on} ${stateWord(step, planned)}`;
  const reason = step.reason === null ? [] : [code(step.reason)];
  const teller = sameAs === null ? null : { hosts: groups[sameAs]?.hosts ?? [], there };
  const parts = [
    [head, ...(length === 'whole' ? notifierText(step) : []), ...reason],
    ...(length === 'whole' ? [changesText(step, teller, planned)] : []),
    ...(length === 'reason' ? [] : [failureText(step, durations.failure)]),
  ];
  return parts.flat().join('\n\n');
}

function notifierText({ handler, notifiedBy }: ReportStep): readonly string[] {
  return handler && notifiedBy.length > 0
    ? [
        `notified by ${nameList(
          notifiedBy.map((id) => code(id)),
          5,
        )}`,
      ]
    : [];
}

/** The hosts that a step is told of already, and what the group's hosts have in the holes there. */
interface Teller {
  readonly hosts: readonly string[];
  readonly there: readonly Hole[];
}

function changesText(step: ReportStep, teller: Teller | null, planned: boolean): readonly string[] {
  const isLost = planned && stepState(step) === 'changed' && step.irreversible !== null;
  return [
    ...(step.drift === undefined ? [] : [code(driftSentence(step.drift, { full: true }))]),
    ...fieldsText(step, teller !== null),
    ...(teller === null ? step.changes.flatMap((change) => changeText(change, step)) : [sameText(teller)]),
    ...(isLost ? [`cannot be undone: ${code(step.irreversible ?? '')}`] : []),
  ];
}

function sameText({ hosts, there }: Teller): string {
  const [first = ''] = hosts;
  const others = hosts.length === 1 ? '' : ` and ${hosts.length - 1} more`;
  const values = there.map(({ label, values }) => `${code(`‹${label}›`)} is ${valuesText(values)}`);
  return `The same as on ${code(first)}${others}${values.length === 0 ? '' : `, where ${values.join(', ')}`}.`;
}

/** What the hosts of a group have in a hole of another one, in their order; the table of the group is of its own holes. */
function valuesText(values: readonly string[]): string {
  const [first = ''] = values;
  if (values.every((value) => value === first)) return code(first);
  const left = values.length - SAME_VALUES;
  const told = values.slice(0, SAME_VALUES).map((value) => code(value));
  return left > 0 ? `${told.join(', ')} and ${left} more` : `${told.slice(0, -1).join(', ')} and ${told.at(-1)}`;
}

function fieldsText(step: ReportStep, isTold: boolean): readonly string[] {
  const fields = isTold ? [] : step.changes.filter((change) => !isContentChange(change));
  return fields.length === 0 ? [] : [fields.map((change) => code(fieldLine(change, step))).join(', ')];
}

function changeText(change: ReportChange, { certainty }: ReportStep): readonly string[] {
  if (!isContentChange(change)) return [];
  const { diff, diffNote, field } = change;
  if (diff === null) return [code(`${field}: ${diffless(change)}`)];
  const short = readDiff({ text: diff, note: diffNote }, DIFF_LIMITS);
  const head = certainty === 'after-apply' ? [`${code(field)}: what is there is known after apply`] : [];
  const lines = short.lines.map(({ text }) => visibleLine(text));
  return [...head, fenced(lines, 'diff'), ...(short.note === null ? [] : [`… ${visible(short.note)}`])];
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
