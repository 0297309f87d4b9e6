import type { Drift, DriftRun } from '../model/run.ts';

/** What a drift comes to, in one sentence without its end; short ones fit a line, `full` ones also name the runs and who started them. */
export function driftSentence({ asWanted, writer, by }: Drift, { full }: { readonly full: boolean }): string {
  const name = (run: DriftRun): string => (full ? ` (run ${run.run}, ${run.mode}${run.user === null ? '' : `, by ${run.user}`})` : '');
  const until = asWanted === null ? '' : `as wanted until ${timeOf(asWanted)}${name(asWanted)}; `;
  if (writer === 'drover' && by !== null) return `drover itself set it ${timeOf(by)}${name(by)}; playbook or vars differ since`;
  if (by !== null) return `${full ? until : ''}maybe left by the run of ${timeOf(by)}${name(by)}, which did not end well`;
  if (asWanted === null) return 'never applied here';
  return `${until}${writer === 'someone-else' ? 'changed since by someone else' : 'by whom it was changed is not known'}`;
}

/** `2026-11-20 14:02 UTC`. */
function timeOf({ startedAt }: DriftRun): string {
  return `${startedAt.slice(0, 10)} ${startedAt.slice(11, 16)} UTC`;
}
