import { HOST_OUTCOMES, isPlanned, purposeOf, runFacts, verdictOf } from '../outline.ts';
import type { Report } from '../report.ts';
import { count, formatBytes, formatDuration } from '../units.ts';
import { wordOf } from '../view.ts';
import { SIGNS } from './group-card.ts';
import { type Child, html } from './markup.ts';

/** What the page begins with: what was run, how it ended, and the totals. */
export function pageHead(report: Report): Child {
  const { run, totals } = report;
  const planned = isPlanned(report);
  const purpose = purposeOf(run);
  const rest = { of: run.mode === 'apply' && planned && totals.hosts.changed > 0 ? 'not carried out: ' : '' };
  return html`<header class="top">
<p class="brand">drover change report</p>
<h1>${purpose.what} <code>${purpose.of}</code></h1>
<p class="verdict">${rest.of}${verdictOf(report)}${run.interrupted === null ? '' : `, interrupted by ${run.interrupted}`}</p>
${totalTiles(report, planned)}
<p class="lead">${stepText(report, planned)}. Took ${formatDuration(run.durationMs)}, ${count(totals.roundTrips, 'round trip')}, ${formatBytes(totals.bytesSent)} sent, ${formatBytes(totals.bytesReceived)} received.</p>
<details class="facts"><summary>about this run</summary><dl>${runFacts(report).map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl></details>
</header>
`;
}

function totalTiles({ totals: { hosts }, hosts: all }: Report, planned: boolean): Child {
  const shown = HOST_OUTCOMES.filter((outcome) => hosts[outcome] > 0);
  const tiles = shown.map(
    (outcome) =>
      html`<li class="${outcome}"><b>${hosts[outcome]}</b> <span><span aria-hidden="true">${SIGNS[outcome]} </span>${wordOf(outcome, { planned })}</span></li>`,
  );
  let from = 0;
  const parts = shown.map((outcome) => {
    const width = (hosts[outcome] / Math.max(1, all.length)) * 100;
    from += width;
    return html`<rect class="${outcome}" x="${(from - width).toFixed(2)}%" width="${Math.max(0.8, width).toFixed(2)}%" height="100%"/>`;
  });
  // The rare ones last, so that the others do not cover them.
  return html`<ul class="totals" aria-label="Hosts by outcome">${tiles}</ul><svg class="shares" aria-hidden="true">${[...parts].reverse()}</svg>`;
}

function stepText({ totals: { steps } }: Report, planned: boolean): string {
  const counts: readonly (readonly [number, string])[] = [
    [steps.failed, 'failed'],
    [steps.inDoubt, 'in doubt'],
    [steps.notStarted, 'not started'],
    [steps.changed, wordOf('changed', { planned })],
    [steps.skipped, 'skipped'],
    [steps.ok, 'ok'],
  ];
  const words = counts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  return `Steps: ${words.length === 0 ? 'none' : words.join(', ')}`;
}
