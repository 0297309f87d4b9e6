import { driftSentence } from '../drift-sentence.ts';
import { titleOf } from '../outline.ts';
import type { Report, ReportChange, ReportHost, ReportStep } from '../report.ts';
import { diffless, fieldLine, isContentChange } from '../report-value.ts';
import { type StepState, stepState } from '../step-state.ts';
import { formatDuration } from '../units.ts';
import { visible, visibleText } from '../visible.ts';
import { type Element, renderXml } from './xml.ts';

/**
 * A report as JUnit XML, as CI servers read it: a suite for each host, a case for each step. What failed is a failure, what is in doubt and what
 * befell a host outside of its steps an error; in a `check` so is each pending change a failure, for it is what the check looks for.
 */
export function renderJunit(report: Report): string {
  const suites = report.hosts.map((host) => suiteOf(host, report));
  const sum = (name: keyof Tally): number => suites.reduce((total, { tally }) => total + tally[name], 0);
  return renderXml({
    name: 'testsuites',
    attributes: {
      name: `drover ${visible(titleOf(report))}`,
      tests: sum('tests'),
      failures: sum('failures'),
      errors: sum('errors'),
      time: seconds(report.run.durationMs),
    },
    children: suites.map(({ element }) => element),
  });
}

interface Tally {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
}

/** What becomes of a case besides its output; null for one that passed. */
type Verdict = { readonly name: 'failure' | 'error' | 'skipped'; readonly element: Element } | null;

interface Case {
  readonly verdict: Verdict;
  readonly element: Element;
}

function suiteOf(host: ReportHost, report: Report): { readonly element: Element; readonly tally: Tally } {
  const { run } = report;
  const cases = [...troubleCase(host), ...host.steps.map((step) => caseOf(step, report))];
  const count = (name: string): number => cases.filter(({ verdict }) => verdict?.name === name).length;
  const tally = { tests: cases.length, failures: count('failure'), errors: count('error'), skipped: count('skipped') };
  const element: Element = {
    name: 'testsuite',
    attributes: {
      name: visible(host.name),
      ...tally,
      time: seconds(host.durationMs),
      timestamp: new Date(Date.parse(run.startedAt) + (host.startedMs ?? 0)).toISOString().slice(0, 19),
      hostname: visible(host.name),
    },
    children: [propertiesOf(host, report), ...cases.map((each) => each.element)],
  };
  return { element, tally };
}

function propertiesOf({ outcome }: ReportHost, { run }: Report): Element {
  const values = { 'drover.run': run.id, 'drover.mode': run.mode, 'drover.playbook': run.playbook, 'drover.outcome': outcome };
  return {
    name: 'properties',
    children: Object.entries(values).map(([name, value]) => ({ name: 'property', attributes: { name, value: visible(value) } })),
  };
}

/** What befell the host as a case of its own, where no step tells it. */
function troubleCase(host: ReportHost): readonly Case[] {
  const { error, outcome, steps, durationMs } = host;
  if (error === null || (outcome === 'failed' && steps.some((step) => step.outcome === 'failed'))) return [];
  const message = visible(error.message);
  const verdict: Verdict =
    outcome === 'skipped' || outcome === 'ok' || outcome === 'changed'
      ? { name: 'skipped', element: { name: 'skipped', attributes: { message } } }
      : { name: 'error', element: { name: 'error', attributes: { message, type: error.phase }, children: hintOf(error.hint) } };
  const attributes = { name: visible(error.phase), classname: 'drover', time: seconds(durationMs) };
  return [{ verdict, element: { name: 'testcase', attributes, children: [verdict.element] } }];
}

function hintOf(hint: string | null): readonly string[] {
  return hint === null ? [] : [`hint: ${visible(hint)}`];
}

function caseOf(step: ReportStep, report: Report): Case {
  const verdict = verdictOf(step, report);
  const output = changeText(step);
  const on = step.on === null ? '' : ` on ${visible(step.on)}`;
  const part = step.part === 'roles' ? '' : `${step.part} `;
  return {
    verdict,
    element: {
      name: 'testcase',
      attributes: {
        name: `${part}${visible(step.id)}${on}`,
        classname: classOf(step),
        time: seconds(step.durationMs ?? 0),
      },
      children: [...(verdict === null ? [] : [verdict.element]), ...(output === '' ? [] : [{ name: 'system-out', children: [output] }])],
    },
  };
}

/** Servers make folders of the dots. */
function classOf({ play, role }: ReportStep): string {
  return [play, role].map((name) => visible(name).replaceAll('.', '_')).join('.');
}

function verdictOf(step: ReportStep, report: Report): Verdict {
  const state: StepState = stepState(step);
  const reason = step.reason === null ? null : visible(step.reason);
  switch (state) {
    case 'ok':
      return null;
    case 'changed':
      return report.run.mode === 'check' ? bad('failure', { message: changeWords(step), type: 'drift', text: driftText(step) }) : null;
    case 'failed':
      return bad('failure', { message: reason ?? 'failed', type: step.failure === null ? 'step' : 'action', text: failureText(step) });
    case 'in-doubt':
      return bad('error', { message: reason ?? 'its end was not seen', type: 'in-doubt', text: failureText(step) });
    case 'skipped':
      return skipped(reason ?? 'skipped');
    case 'not-started':
      return skipped(reason ?? 'not started');
    case 'idle':
      return skipped('not notified');
  }
}

function changeWords({ changes }: ReportStep): string {
  return changes.length === 0 ? 'would change' : `would change ${changes.map(({ field }) => visible(field)).join(', ')}`;
}

function driftText({ drift }: ReportStep): string {
  return drift === undefined ? '' : visible(driftSentence(drift, { full: true }));
}

interface Bad {
  readonly message: string;
  readonly type: string;
  readonly text: string;
}

function bad(name: 'failure' | 'error', { message, type, text }: Bad): Verdict {
  return { name, element: { name, attributes: { message, type }, children: text === '' ? [] : [text] } };
}

function skipped(message: string): Verdict {
  return { name: 'skipped', element: { name: 'skipped', attributes: { message } } };
}

function failureText({ failure }: ReportStep): string {
  if (failure === null) return '';
  const ended = failure.exitCode === null ? 'no exit status' : `exit status ${failure.exitCode}`;
  const head = `${visible(failure.action)}: ${ended} after ${formatDuration(failure.durationMs)}`;
  return `${head}\n${visibleText(failure.output)}`.trimEnd();
}

/** The fields that change, and the diffs of contents. */
function changeText(step: ReportStep): string {
  const state = stepState(step);
  if (state !== 'changed' && state !== 'in-doubt' && state !== 'failed') return '';
  return step.changes.map((change) => changeLines(change, step)).join('\n');
}

function changeLines(change: ReportChange, step: ReportStep): string {
  if (!isContentChange(change)) return fieldLine(change, step);
  const { diff, diffNote } = change;
  const field = visible(change.field);
  if (diff === null) return `${field}: ${visible(diffless(change))}`;
  const note = diffNote === null ? '' : `\n… ${visible(diffNote)}`;
  return `${field}:\n${visibleText(diff).trimEnd()}${note}`;
}

/** Seconds with milliseconds. */
function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
