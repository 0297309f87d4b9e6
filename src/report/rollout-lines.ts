import type { RolloutRecord } from '../model/rollout.ts';
import type { Run } from '../model/run.ts';
import { batchRows } from './batch-rows.ts';
import { wrapAll } from './layout.ts';
import { outcomeOf, type RolloutOutcome } from './rollout-outcome.ts';
import { nameRows, type Row, rowLines } from './rollout-rows.ts';
import { count, formatDuration } from './units.ts';
import type { View } from './view.ts';
import { visible } from './visible.ts';

/** A block of lines for each rollout: how it goes through its hosts, or what became of it. */
export function rolloutBlocks({ rollouts, hosts }: Run, view: View): readonly (readonly string[])[] {
  return rollouts.map((rollout) => {
    const outcome = outcomeOf(rollout, hosts);
    const title = `rollout of ${visible(rollout.play)}: ${view.planned ? plannedTitle(rollout) : resultTitle(rollout)}`;
    const rows = view.planned
      ? [...haltedRow(rollout, view), ...settingRows(rollout, view), ...batchRows(rollout, outcome, view)]
      : [
          ...haltedRow(rollout, view),
          ...(view.verbose ? settingRows(rollout, view) : []),
          ...failedRow(rollout, view),
          ...batchRows(rollout, outcome, view),
          ...leftRows(outcome, view),
        ];
    return [...wrapAll(title, view.width).map((line) => view.style.heading(line)), ...rowLines(rows, view)];
  });
}

function plannedTitle({ hosts, batches }: RolloutRecord): string {
  const busy = batches.flatMap((batch) => batch.hosts).length;
  if (busy === 0) return `none of ${count(hosts, 'host')} has anything to do`;
  return `${busy} of ${count(hosts, 'host')} ${busy === 1 ? 'has' : 'have'} something to do, in ${countBatches(batches.length)}`;
}

function resultTitle({ hosts, batches }: RolloutRecord): string {
  if (batches.length === 0) return `no batch, none of ${count(hosts, 'host')} had anything to do`;
  return `${batches.filter(({ state }) => state === 'done').length} of ${countBatches(batches.length)} done`;
}

function countBatches(number: number): string {
  return `${number} ${number === 1 ? 'batch' : 'batches'}`;
}

function haltedRow({ halted }: RolloutRecord, { planned, style }: View): readonly Row[] {
  if (halted === null) return [];
  return [{ label: 'halted', text: `${planned ? 'it would not begin: ' : ''}${visible(halted)}`, paint: style.bad }];
}

function settingRows(rollout: RolloutRecord, view: View): readonly Row[] {
  if (rollout.batches.length === 0) return [];
  const { once, before, after } = rollout.around;
  return [
    { label: 'out at once', text: outText(rollout) },
    ...aroundRow('once', once),
    ...aroundRow('before', before),
    ...aroundRow('after', after),
    ...gateRow(rollout),
    { label: 'failures', text: budgetText(rollout) },
    ...(view.planned ? failedRow(rollout, view) : []),
  ];
}

function outText({ mostOut, domains }: RolloutRecord): string {
  const shares = domains.map(({ by, max, most }) => `${most} of each ${visible(by)}${most === max ? '' : ` (of ${max} allowed)`}`);
  const unlessDomains = shares.length === 0 ? '' : `, at most ${shares.join(', ')}`;
  return `at most ${count(mostOut, 'host')}, while none fails${unlessDomains}`;
}

function aroundRow(label: string, words: readonly string[]): readonly Row[] {
  return words.length === 0 ? [] : [{ label, text: inTurn(words) }];
}

/** The words hold commas themselves. */
function inTurn(words: readonly string[]): string {
  return words.map(visible).join(', then ');
}

function gateRow({ around, soakMs, onGateFailure }: RolloutRecord): readonly Row[] {
  const soak = soakMs === 0 ? '' : `${formatDuration(soakMs)} `;
  if (around.gate.length === 0) return soak === '' ? [] : [{ label: 'soak', text: `${soak}after each batch` }];
  const closed = onGateFailure === 'undo' ? 'the batch is put back to what it was, and the rollout halts' : 'the rollout halts';
  return [{ label: 'gate', text: `${soak}after each batch: ${inTurn(around.gate)}; if it stays closed, ${closed}` }];
}

function budgetText({ maxFailures: { total, batch }, onFailure, around }: RolloutRecord): string {
  const limits = [...(total === null ? [] : [`${total} in all`]), ...(batch === null ? [] : [`${batch} in a batch`])];
  const budget =
    limits.length === 0
      ? 'any number of failed and unreachable hosts is borne'
      : total === 0 || batch === 0
        ? 'none is borne, the first failed or unreachable host halts the rollout'
        : `up to ${limits.join(' and ')} are borne, failed or unreachable; one more halts the rollout`;
  if (around.after.length === 0) return budget;
  return `${budget}; a host that fails ${onFailure === 'putBack' ? 'is put back into service' : 'stays out of service'}`;
}

/** Failures against the budget; in plans only where there are any already. */
function failedRow({ failed, maxFailures: { total, batch } }: RolloutRecord, view: View): readonly Row[] {
  if (view.planned && failed.length === 0) return [];
  const limits = [...(total === null ? [] : [`${total} in all`]), ...(batch === null ? [] : [`${batch} in a batch`])];
  const borne = limits.length === 0 ? 'any number is borne' : `${limits.join(' and ')} would be borne`;
  if (failed.length === 0) return [{ label: 'failed', text: `none (${borne})` }];
  const head = view.planned ? `${failed.length} already` : `${failed.length} (${borne})`;
  return nameRows({ label: 'failed', head, paint: view.style.bad, whole: true }, failed, view);
}

function leftRows({ notStarted, out }: RolloutOutcome, view: View): readonly Row[] {
  const { style } = view;
  return [
    ...nameRows({ label: 'not started', head: String(notStarted.length), paint: style.change }, notStarted, view),
    ...nameRows({ label: 'out of service', head: `${out.length}, not put back`, paint: style.bad, whole: true }, out, view),
  ];
}
