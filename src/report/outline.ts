import type { HostError, HostOutcome, RunMode } from '../model/run.ts';
import { commandLine } from '../shell/quote.ts';
import type { Report, ReportStep } from './report.ts';
import { type StepState, stepState } from './step-state.ts';
import { count } from './units.ts';
import { wordOf } from './view.ts';
import { visible } from './visible.ts';

/** Hosts by outcome, what needs attention first. */
export const HOST_OUTCOMES: readonly HostOutcome[] = ['failed', 'unreachable', 'changed', 'skipped', 'ok'];

/** True where nothing of the report was carried out: changes read `would change`. So is an apply that waits for its answer, or was declined. */
export function isPlanned({ run, hosts }: Report): boolean {
  return run.mode !== 'apply' || hosts.every(({ steps }) => steps.every(({ progress }) => progress === 'planned'));
}

/** What of a run says what it was about; `undoes` as in the report or in the history. */
interface Purpose {
  readonly mode: RunMode;
  readonly playbook: string;
  readonly undoes?: string | null;
}

/** What a run was about: `apply of` a playbook, or `undo of run` another one. */
export function purposeOf({ mode, playbook, undoes }: Purpose): { readonly what: string; readonly of: string } {
  return typeof undoes === 'string' ? { what: 'undo of run', of: undoes } : { what: `${mode} of`, of: playbook };
}

/** What the report is of: `apply of playbooks/site.yml`. */
export function titleOf(report: Report): string {
  const { mode } = report.run;
  const { what, of } = purposeOf(report.run);
  return `${what} ${of}${mode === 'apply' && isPlanned(report) && report.totals.hosts.changed > 0 ? ' (not carried out)' : ''}`;
}

/** How it ended, in a few words: `1 failed, 1 unreachable, 3 changed of 500 hosts`. */
export function verdictOf(report: Report): string {
  const planned = isPlanned(report);
  const { hosts } = report.totals;
  const all = count(report.hosts.length, 'host');
  const words = HOST_OUTCOMES.filter((outcome) => outcome !== 'ok' && hosts[outcome] > 0).map(
    (outcome) => `${hosts[outcome]} ${wordOf(outcome, { planned })}`,
  );
  return words.length === 0 ? `${all} ok, nothing to change` : `${words.join(', ')} of ${all}`;
}

/** What the exit code of a run says. */
export function exitWords(code: number): string {
  switch (code) {
    case 0:
      return 'nothing failed';
    case 2:
      return 'a host failed';
    case 3:
      return 'there are changes to make';
    case 4:
      return 'a host was unreachable';
    case 130:
    case 143:
      return 'it was interrupted';
    default:
      return 'see docs/commands.md';
  }
}

/** What was run, as rows of label and value; what a report of an earlier drover lacks has no row. */
export function runFacts({ run }: Report): readonly (readonly [label: string, value: string])[] {
  const { revision } = run;
  const optional: readonly (readonly [string, string | null | undefined])[] = [
    ['command', commandLine(['drover', ...run.argv.map(visible)])],
    ['run', run.id],
    ['started', timeOf(run.startedAt)],
    ['by', run.user],
    ['playbook', run.playbook],
    ['revision', revision == null ? null : `${revision.commit.slice(0, 12)}${revision.dirty ? ', with uncommitted changes' : ''}`],
    ['inventory', run.inventory.join(', ')],
    ['limit', run.limit],
    ['tags', run.tags.join(', ')],
    ['skipped tags', run.skipTags?.join(', ')],
    ['drover', `${run.drover}${run.node === undefined ? '' : ` on Node ${run.node}`}`],
    ['exit code', `${run.exitCode}: ${exitWords(run.exitCode)}`],
    ['interrupted', run.interrupted],
  ];
  return optional.flatMap(([label, value]) => (value == null || value === '' ? [] : [[label, value] as const]));
}

/** A time in UTC to the second: `2026-11-21 10:15:00 UTC`. */
function timeOf(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

/** The word for where a step stands. */
export function stateWord(step: ReportStep, planned: boolean): string {
  const state: StepState = stepState(step);
  if (state === 'idle') return 'not notified';
  return state === 'in-doubt' && step.outcome === 'failed' ? 'failed, in doubt' : wordOf(state, { planned });
}

/** True where a failed step of the host says all that its error does. */
export function isToldBySteps({ message, hint }: HostError, steps: readonly { readonly step: ReportStep }[]): boolean {
  if (hint !== null) return false;
  return steps.some(({ step }) => step.outcome === 'failed' && step.reason !== null && message.endsWith(`${step.id}: ${step.reason}`));
}
