import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { foldReport } from '../fold/fold-report.ts';
import { isPlanned, titleOf } from '../outline.ts';
import type { Report } from '../report.ts';
import { filterForm } from './filter-form.ts';
import { groupCard, type Unfolding } from './group-card.ts';
import { type GroupView, groupViews } from './group-view.ts';
import { hostTable } from './host-table.ts';
import { type Child, html, jsonScript, Markup } from './markup.ts';
import { pageData } from './page-data.ts';
import { pageHead } from './page-head.ts';
import { rolloutSection } from './rollout-section.ts';
import { spanOf, timeline } from './timeline.ts';

/** Lines of diffs that are unfolded when the page is opened. */
const UNFOLDED_LINES = 120;

/** Parts of the page's style, in their order. */
const STYLES = ['base', 'head', 'filter', 'cards', 'diffs', 'tables', 'media'];

/**
 * A report as one HTML page that needs nothing but itself: no network, which its policy forbids, and no script to be read; with scripts it can be
 * searched, filtered, and unfolded to each host's own diffs.
 */
export function renderHtml(report: Report): string {
  const planned = isPlanned(report);
  const views = groupViews(foldReport(report), planned);
  const body = html`<a class="skip" href="#main">Skip to the report</a>
${pageHead(report)}${filterForm(report, planned)}<main id="main" tabindex="-1">
${sections(report, views)}</main>
<footer><p>Run <code>${report.run.id}</code>, drover ${report.run.drover}. Everything in this page was redacted when the run ended.</p></footer>
${jsonScript('data', pageData(report, views))}
`;
  return documentOf(titleOf(report), body).text;
}

function sections(report: Report, views: readonly GroupView[]): Child {
  const planned = isPlanned(report);
  const isBad = ({ group }: GroupView): boolean => group.outcome === 'failed' || group.outcome === 'unreachable';
  const shown = views.filter((view) => isBad(view) || view.group.error !== null || view.group.steps.length > 0);
  const unfolding: Unfolding = { lines: UNFOLDED_LINES };
  const cards = new Map(shown.flatMap(({ group, index }) => group.hosts.map((name) => [name, index] as const)));
  const spanMs = spanOf(report);
  return [
    cardSection(
      'attention',
      'Needs attention',
      shown.filter(isBad).map((view) => groupCard(view, unfolding)),
    ),
    report.rollouts.map((rollout) => rolloutSection(rollout, { planned, spanMs })),
    cardSection(
      'changes',
      'Changes',
      shown.filter((view) => !isBad(view)).map((view) => groupCard(view, unfolding)),
    ),
    timeline(report),
    hostTable(report, { planned, cards, spanMs }),
  ];
}

function cardSection(id: string, title: string, cards: readonly Child[]): Child {
  if (cards.length === 0) return null;
  return html`<section id="${id}" class="cards" aria-labelledby="${id}h">
<h2 id="${id}h">${title}</h2>
<p class="none" hidden>Nothing here matches.</p>
${cards}</section>
`;
}

function documentOf(title: string, body: Markup): Markup {
  const [style, script] = [STYLES.map((name) => asset(`${name}.css`)).join(''), asset('script.js')];
  const policy = `default-src 'none'; style-src '${digest(style)}'; script-src '${digest(script)}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title} · drover</title>
<link rel="icon" href="data:,">
<style>${new Markup(style)}</style>
</head>
<body>
${body}<script type="module">${new Markup(script)}</script>
</body>
</html>
`;
}

/** Style and script lie in a folder beside this module, and beside the bundle that it becomes part of. */
function asset(name: string): string {
  return `\n${readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8')}`;
}

/** What the page's policy lets in: exactly this. */
function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
