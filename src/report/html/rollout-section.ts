import type { BatchRecord, RolloutRecord } from '../../model/rollout.ts';
import { rangedNames } from '../host-names.ts';
import { count, formatDuration } from '../units.ts';
import { type Child, html } from './markup.ts';
import { batchBar } from './timeline.ts';

/** Names of hosts, or ranges of them, in a row. */
const NAMES = 4;

/** What the table of batches is drawn with. */
export interface RolloutOptions {
  readonly planned: boolean;
  /** Time that bars are drawn over. */
  readonly spanMs: number;
}

/** A rollout: whether it was halted, who is out of service, and its batches over time. */
export function rolloutSection(rollout: RolloutRecord, { planned, spanMs }: RolloutOptions): Child {
  const { play, batches, halted, out, index } = rollout;
  const rows = batches.map((batch, number) => batchRow(batch, number, { planned, spanMs }));
  const table =
    rows.length === 0
      ? html`<p class="lead">None of its hosts has anything to do.</p>`
      : html`<table class="rows batches"><thead><tr><th scope="col">batch</th><th scope="col">hosts</th><th scope="col">state</th><th scope="col" class="num">took</th><th scope="col" class="when">when</th></tr></thead><tbody>${rows}</tbody></table>`;
  return html`<section id="rollout${index}" aria-labelledby="rollout${index}h">
<h2 id="rollout${index}h">Rollout of ${play}</h2>
${halted === null ? null : html`<p class="error"><b>${planned ? 'It would not begin' : 'Halted'}:</b> ${halted}</p>`}${out.length === 0 ? null : html`<p class="error"><b>Out of service, not put back:</b> ${out.join(', ')}</p>`}${table}</section>
`;
}

function batchRow(batch: BatchRecord, number: number, { spanMs }: RolloutOptions): Child {
  const { hosts, state, reason, durationMs, undone } = batch;
  const why = reason === null ? null : html`: ${reason}`;
  return html`<tr><th scope="row">${number + 1}</th><td>${count(hosts.length, 'host')}<span class="names">: ${rangedNames(hosts, NAMES)}</span></td><td>${state.replace('-', ' ')}${undone ? ', put back to what it was' : ''}${why}</td><td class="num">${durationMs === null ? '' : formatDuration(durationMs)}</td><td class="when">${batchBar(batch, spanMs)}</td></tr>
`;
}
