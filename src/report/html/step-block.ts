import { changeMark } from '../change-lines.ts';
import { driftSentence } from '../drift-sentence.ts';
import type { GroupStep, Hole } from '../fold/fold.ts';
import { nameList } from '../layout.ts';
import { stateWord } from '../outline.ts';
import type { ReportChange, ReportStep } from '../report.ts';
import { diffless, fieldLine, isContentChange } from '../report-value.ts';
import { type StepState, stepState } from '../step-state.ts';
import { count, formatDurations } from '../units.ts';
import { diffBlock } from './diff-block.ts';
import type { GroupView, StepView } from './group-view.ts';
import { holedText } from './holes.ts';
import { type Child, html } from './markup.ts';
import { numberIn, stepId } from './step-id.ts';

/** How a step is shown. */
export interface StepOptions {
  /** Its number in the group. */
  readonly number: number;
  readonly isOpen: boolean;
}

/** A step of a group: its name unfolds to what changes. Failed ones come with their output. */
export function stepBlock({ folded, own }: StepView, view: GroupView, { number, isOpen }: StepOptions): Child {
  const { step, sameAs, there } = folded;
  const state = stepState(step);
  const place = stepId(view.index, number);
  const changes = step.changes.map((change, index) => ({ change, mine: own.changes[index] ?? change }));
  // Short ones first, as in the text.
  const inOrder = [...changes].sort((a, b) => Number(isContentChange(a.change)) - Number(isContentChange(b.change)));
  const told = sameAs === null ? inOrder.map(({ change, mine }) => changeBlock(change, mine, { step, own, view })) : [];
  const same = sameAs === null || step.changes.length === 0 ? null : sameText(sameAs, there, { view, id: folded.id, number });
  const body: readonly Child[] = [...proseOf(step, own, view), same, ...told, failureBlock(folded, own, view)].filter(
    (child) => child !== null,
  );
  const head = html`<span class="sign" aria-hidden="true">${signOf(step, state)}</span> ${partOf(step)}<code>${holedText({ shown: step.id, own: own.id }, view.values)}</code>${onOf(step, own, view)} <span class="state ${state}">${stateWord(step, view.planned)}</span>${timeOf(folded)}`;
  if (body.length === 0) return html`<div class="step ${state}" id="${place}" data-role="${step.role}"><h4>${head}</h4></div>`;
  return html`<details class="step ${state}" id="${place}" data-role="${step.role}"${OPEN[String(isOpen)] ?? null}><summary><h4>${head}</h4></summary>
${body}</details>
`;
}

const OPEN: { readonly [isOpen: string]: Child } = { true: html` open` };

function signOf(step: ReportStep, state: StepState): string {
  switch (state) {
    case 'failed':
      return '✗';
    case 'in-doubt':
      return '?';
    case 'not-started':
    case 'idle':
      return '·';
    case 'skipped':
      return '–';
    case 'ok':
      return '=';
    case 'changed':
      return changeMark(step);
  }
}

function partOf({ part }: ReportStep): Child {
  return part === 'roles' ? null : html`<span class="part">${part}</span> `;
}

function onOf({ on }: ReportStep, own: ReportStep, { values }: GroupView): Child {
  return on === null ? null : html` on <code>${holedText({ shown: on, own: own.on ?? on }, values)}</code>`;
}

function timeOf({ durations }: GroupStep): Child {
  return durations.step === null ? null : html` <span class="time">${formatDurations(durations.step)}</span>`;
}

function proseOf(step: ReportStep, own: ReportStep, { values, planned }: GroupView): readonly Child[] {
  const line = (shown: string | null, mine: string | null, before = ''): Child =>
    shown === null ? null : html`<p class="why">${before}${holedText({ shown, own: mine ?? shown }, values)}</p>`;
  const notifiers = step.handler && step.notifiedBy.length > 0 ? nameList(step.notifiedBy, 5) : null;
  return [
    line(notifiers, nameList(own.notifiedBy, 5), 'notified by '),
    line(step.reason, own.reason),
    step.drift === undefined ? null : html`<p class="why drift">${driftSentence(step.drift, { full: true })}</p>`,
    planned ? line(step.irreversible, own.irreversible, 'cannot be undone: ') : null,
  ];
}

interface Telling {
  readonly view: GroupView;
  readonly id: number;
  readonly number: number;
}

/** Another group tells this step with the same diff. */
function sameText(sameAs: number, there: readonly Hole[], { view, id, number }: Telling): Child {
  const teller = view.fold.groups[sameAs];
  if (teller === undefined) return null;
  const [first = ''] = teller.hosts;
  const others = teller.hosts.length === 1 ? '' : ` and ${teller.hosts.length - 1} more`;
  const values = there.map(({ label, values: [value = ''] }) => html`, where <mark>‹${label}›</mark> is <code>${value}</code>`);
  return html`<p class="same" data-s="${number}">The same as on <a href="#${stepId(sameAs, numberIn(teller, id))}">${first}${others}</a>${view.group.hosts.length === 1 ? values : null}.</p>`;
}

interface ChangeOptions {
  readonly step: ReportStep;
  readonly own: ReportStep;
  readonly view: GroupView;
}

function changeBlock(change: ReportChange, mine: ReportChange, { step, own, view }: ChangeOptions): Child {
  const { values } = view;
  if (!isContentChange(change)) {
    return html`<p class="field">${holedText({ shown: fieldLine(change, step), own: fieldLine(mine, own) }, values)}</p>`;
  }
  const { diff, diffNote } = change;
  const field = holedText({ shown: change.field, own: mine.field }, values);
  if (diff === null) return html`<p class="field">${field}: ${holedText({ shown: diffless(change), own: diffless(mine) }, values)}</p>`;
  const note =
    diffNote === null ? null : html`<p class="why note">… ${holedText({ shown: diffNote, own: mine.diffNote ?? diffNote }, values)}</p>`;
  const open = step.certainty === 'after-apply' ? html`<p class="why note">${field}: what is there now is known after apply</p>` : null;
  return html`${open}${diffBlock({ shown: diff, own: mine.diff ?? diff, path: own.subject, values })}${note}`;
}

function failureBlock({ step: { failure }, durations }: GroupStep, own: ReportStep, { values }: GroupView): Child {
  if (failure === null) return null;
  const time = formatDurations(durations.failure ?? [failure.durationMs, failure.durationMs]);
  const ended = failure.exitCode === null ? 'no exit status' : `exit status ${failure.exitCode}`;
  const mine = own.failure ?? failure;
  const lines = failure.output.trimEnd().split('\n').length;
  const output =
    failure.output.trim() === ''
      ? html`<p class="why">It printed nothing.</p>`
      : html`<pre class="output" tabindex="0" role="group" aria-label="${`Output, ${count(lines, 'line')}`}"><span>${holedText({ shown: failure.output.trimEnd(), own: mine.output.trimEnd() }, values)}</span></pre>`;
  return html`<p class="action"><code>${holedText({ shown: failure.action, own: mine.action }, values)}</code>: ${ended} after ${time}</p>${output}`;
}
