import { rangedNames } from '../host-names.ts';
import { nameList } from '../layout.ts';
import { isToldBySteps } from '../outline.ts';
import { stepState } from '../step-state.ts';
import { count } from '../units.ts';
import { wordOf } from '../view.ts';
import type { GroupView, StepView } from './group-view.ts';
import { holedText } from './holes.ts';
import { type Child, html } from './markup.ts';
import { stepBlock } from './step-block.ts';

/** Names, or ranges of them, in a heading. */
const NAMES = 4;

/** Rows of a table of values that are there without script; the page's data has them all. */
const VALUE_ROWS = 1000;

/** How many more lines of diffs are unfolded from the start. */
export interface Unfolding {
  lines: number;
}

/** The signs beside words: colour alone says nothing. */
export const SIGNS = { failed: '✗', unreachable: '⚡', changed: '~', skipped: '–', ok: '✓' } as const;

/** A group of hosts with the same change, or the same trouble. */
export function groupCard(view: GroupView, unfolding: Unfolding): Child {
  const { group, index } = view;
  const isBad = group.outcome === 'failed' || group.outcome === 'unreachable';
  const bad = view.steps.filter(isTrouble);
  const rest = view.steps.filter((step) => !isTrouble(step));
  const show = (steps: readonly StepView[]): Child =>
    steps.map((step) => stepBlock(step, view, { number: view.steps.indexOf(step), isOpen: isTrouble(step) || unfolds(step, unfolding) }));
  const others =
    isBad && rest.length > 0
      ? html`<details class="others"><summary>${count(rest.length, 'other step')}</summary>${show(rest)}</details>`
      : show(rest);
  return html`<article class="card ${group.outcome}" id="g${index}" data-g="${index}" aria-labelledby="g${index}h" tabindex="-1">
<h3 id="g${index}h"><span class="badge ${group.outcome}"><span aria-hidden="true">${SIGNS[group.outcome]} </span>${wordOf(group.outcome, view)}</span> ${nameText(view)}</h3>
<p class="matching" hidden></p>
${errorBlock(view)}${asHost(view)}${show(bad)}${others}${allNames(view)}${valueTable(view)}</article>
`;
}

function isTrouble({ folded: { step } }: StepView): boolean {
  const state = stepState(step);
  return state === 'failed' || state === 'in-doubt';
}

function unfolds({ folded: { step, sameAs } }: StepView, unfolding: Unfolding): boolean {
  const lines = sameAs === null ? step.changes.reduce((sum, { diff }) => sum + (diff?.split('\n').length ?? 1), 2) : 1;
  unfolding.lines -= lines;
  return unfolding.lines >= 0;
}

function nameText({ group: { hosts } }: GroupView): Child {
  const [name = ''] = hosts;
  if (hosts.length === 1) return html`<code>${name}</code>`;
  return html`${count(hosts.length, 'host')}<span class="names">: <code>${rangedNames(hosts, NAMES)}</code></span>`;
}

function errorBlock({ group, error: own, values }: GroupView): Child {
  const { error } = group;
  if (error === null || isToldBySteps(error, group.steps)) return null;
  const hint =
    error.hint === null
      ? null
      : html`<p class="hint"><b>Hint:</b> ${holedText({ shown: error.hint, own: own?.hint ?? error.hint }, values)}</p>`;
  return html`<p class="error"><b>${error.phase}:</b> ${holedText({ shown: error.message, own: own?.message ?? error.message }, values)}</p>${hint}`;
}

function allNames({ group: { hosts } }: GroupView): Child {
  if (hosts.length <= NAMES + 1) return null;
  return html`<details class="all"><summary>all ${count(hosts.length, 'host')}</summary><p class="list">${nameList(hosts)}</p></details>`;
}

/** The choice of a host whose own values the holes are to show; the page's script offers it. */
function asHost({ group: { hosts, holes, steps }, index }: GroupView): Child {
  const isFolded = holes.length > 0 || steps.some(({ there }) => there.length > 0);
  if (hosts.length < 2 || !isFolded) return null;
  return html`<p class="as" hidden><label for="g${index}as">Show it as on</label> <select id="g${index}as"></select></p>
`;
}

/** What each host has at the marked places: with the diff, that is each host's own diff. */
function valueTable({ group: { hosts, holes } }: GroupView): Child {
  const shown = holes.filter(({ label }) => label !== 'host');
  const head = shown.map(({ label }) => html`<th scope="col"><mark>‹${label}›</mark></th>`);
  const rows = hosts
    .slice(0, VALUE_ROWS)
    .map((name, at) => html`<tr><th scope="row">${name}</th>${shown.map(({ values }) => html`<td>${values[at] ?? ''}</td>`)}</tr>`);
  const table = html`<details class="values"><summary>what each host has at the marked places</summary><div class="scroll" tabindex="0" role="group" aria-label="Values by host"><table><thead><tr><th scope="col">host</th>${head}</tr></thead><tbody>${rows}</tbody></table></div></details>`;
  return shown.length === 0 ? null : table;
}
