import { HOST_OUTCOMES } from '../outline.ts';
import type { Report } from '../report.ts';
import { wordOf } from '../view.ts';
import { SIGNS } from './group-card.ts';
import { type Child, html } from './markup.ts';

/** Search and filters. Hidden until the page's script has taken them over. */
export function filterForm({ totals: { hosts } }: Report, planned: boolean): Child {
  const outcomes = HOST_OUTCOMES.filter((outcome) => hosts[outcome] > 0).map(
    (outcome) =>
      html`<label class="chip ${outcome}"><input type="checkbox" name="outcome" value="${outcome}"><span aria-hidden="true">${SIGNS[outcome]} </span>${wordOf(outcome, { planned })} <span class="number">${hosts[outcome]}</span></label>`,
  );
  return html`<form id="filter" class="filter" role="search" aria-label="Search and filter this report" hidden>
<div class="field-q"><label for="q">Search</label><input id="q" type="search" placeholder="host, step, text" autocomplete="off" spellcheck="false" aria-keyshortcuts="/" aria-describedby="qhelp"><kbd aria-hidden="true">/</kbd><span id="qhelp" class="unseen">Press slash to come here from anywhere, escape to clear.</span></div>
<fieldset><legend class="unseen">Outcome</legend>${outcomes}</fieldset>
<div class="field-role"><label for="by-role">Role</label><select id="by-role"><option value="">all</option></select></div>
<div class="field-all"><button type="button" id="unfold" aria-pressed="false">Unfold all</button> <button type="button" id="clear">Clear</button></div>
<output id="found" for="q by-role" aria-live="polite"></output>
</form>
`;
}
