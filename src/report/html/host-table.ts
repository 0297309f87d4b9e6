import { HOST_OUTCOMES } from '../outline.ts';
import type { Report, ReportHost } from '../report.ts';
import { countSteps, STEP_STATES } from '../step-state.ts';
import { formatDuration } from '../units.ts';
import { wordOf } from '../view.ts';
import { SIGNS } from './group-card.ts';
import { type Child, html } from './markup.ts';
import { hostBar } from './timeline.ts';

/** What the table is drawn with. */
export interface TableOptions {
  readonly planned: boolean;
  /** Index of the card that tells what became of a host, by its name. */
  readonly cards: ReadonlyMap<string, number>;
  readonly spanMs: number;
}

/** Hosts in the order of the table: what needs attention first. */
export function inTableOrder(hosts: readonly ReportHost[]): readonly ReportHost[] {
  return HOST_OUTCOMES.flatMap((outcome) => hosts.filter((host) => host.outcome === outcome));
}

/** A row for each host: what became of it, and when. */
export function hostTable({ hosts }: Report, options: TableOptions): Child {
  const rows = inTableOrder(hosts).map((host, index) => row(host, index, options));
  return html`<section id="hosts" aria-labelledby="hostsh">
<h2 id="hostsh">Hosts</h2>
<p class="none" hidden>No host matches.</p>
<table class="rows hosts"><thead><tr><th scope="col">host</th><th scope="col">outcome</th><th scope="col">steps</th><th scope="col" class="num">took</th><th scope="col" class="when">when</th></tr></thead>
<tbody>${rows}</tbody></table></section>
`;
}

function row(host: ReportHost, index: number, { planned, cards, spanMs }: TableOptions): Child {
  const card = cards.get(host.name);
  const name = card === undefined ? host.name : html`<a href="#g${card}">${host.name}</a>`;
  return html`<tr data-h="${index}"><th scope="row">${name}</th><td><span class="badge ${host.outcome}"><span aria-hidden="true">${SIGNS[host.outcome]} </span>${wordOf(host.outcome, { planned })}</span></td><td>${stepsText(host, planned)}</td><td class="num">${formatDuration(host.durationMs)}</td><td class="when">${hostBar(host, spanMs)}</td></tr>
`;
}

function stepsText(host: ReportHost, planned: boolean): string {
  const counts = countSteps([host]);
  const words = [...STEP_STATES]
    .reverse()
    .flatMap((state) => (counts[state] === 0 ? [] : [`${counts[state]} ${wordOf(state, { planned })}`]));
  return words.length === 0 ? 'none' : words.join(', ');
}
