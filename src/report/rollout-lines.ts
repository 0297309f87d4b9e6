import type { RolloutRecord } from '../model/rollout.ts';
import { batchRows } from './batch-rows.ts';
import { wrapAll } from './layout.ts';
import type { Report } from './report.ts';
import { outcomeOf, type RolloutOutcome } from './rollout-outcome.ts';
import { nameRows, type Row, rowLines } from './rollout-rows.ts';
import { count, formatDuration } from './units.ts';
import type { View } from './view.ts';
import { visible } from './visible.ts';

/** A block of lines for each rollout: how it goes through its hosts, or what became of it. */
export function rolloutBlocks({ rollouts, hosts }: Report, view: View): readonly (readonly string[])[] {
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

function plannedTitle({ hosts, batches, halted }: RolloutRecord): string {
  const busy = batches.flatMap((batch) => batch.hosts).length;
  const all = count(hosts, 'host');
  const todo =
    busy === 0
      ? `none of ${all} has anything to do`
      : `${busy} of ${all} ${busy === 1 ? 'has' : 'have'} something to do, in ${countBatches(batches)}`;
  return halted === null ? todo : `would not begin; ${todo}`;
}

function resultTitle({ hosts, batches }: RolloutRecord): string {
  if (batches.length === 0) return `no batch of ${count(hosts, 'host')}`;
  return `${batches.filter(({ state }) => state === 'done').length} of ${countBatches(batches)} done`;
}

function countBatches({ length }: RolloutRecord['batches']): string {
  return `${length} ${length === 1 ? 'batch' : 'batches'}`;
}

function haltedRow({ halted }: RolloutRecord, { planned, style }: View): readonly Row[] {
  return halted === null ? [] : [{ label: planned ? 'because' : 'halted', text: visible(halted), paint: style.bad }];
}

function settingRows(rollout: RolloutRecord, view: View): readonly Row[] {
  if (rollout.batches.length === 0) return view.planned ? failedRow(rollout, view) : [];
  const { once, before, after } = rollout.around;
  return [
    ...outRows(rollout),
    ...aroundRow('once', once),
    ...aroundRow('before', before),
    ...aroundRow('after', after),
    ...gateRows(rollout),
    ...budgetRows(rollout),
    ...(view.planned ? failedRow(rollout, view) : []),
  ];
}

function outRows({ mostOut, domains }: RolloutRecord): readonly Row[] {
  const shares = domains.map(({ by, max, most }) => `${most} of each ${visible(by)}${most === max ? '' : ` (${max} may)`}`);
  return [
    { label: 'out at once', text: `at most ${count(mostOut, 'host')}, while none fails` },
    ...(shares.length === 0 ? [] : [{ label: '', text: `at most ${shares.join(', ')}` }]),
  ];
}

function aroundRow(label: string, words: readonly string[]): readonly Row[] {
  return words.length === 0 ? [] : [{ label, text: inTurn(words) }];
}

/** The words hold commas themselves. */
function inTurn(words: readonly string[]): string {
  return words.map(visible).join(', then ');
}

function gateRows({ around, soakMs, onGateFailure }: RolloutRecord): readonly Row[] {
  const soak = `${soakMs === 0 ? '' : `${formatDuration(soakMs)} `}after each batch`;
  if (around.gate.length === 0) return soakMs === 0 ? [] : [{ label: 'soak', text: soak }];
  const undo = onGateFailure === 'undo' ? 'the batch is put back to what it was, and ' : '';
  return [
    { label: 'gate', text: `${soak}: ${inTurn(around.gate)}` },
    { label: '', text: `where it stays closed, ${undo}the rollout halts` },
  ];
}

function budgetRows({ maxFailures, onFailure, around }: RolloutRecord): readonly Row[] {
  const fate = onFailure === 'putBack' ? 'is put back into service' : 'stays out of service';
  return [
    { label: 'failures', text: budgetText(maxFailures) },
    ...(around.after.length === 0 ? [] : [{ label: '', text: `a host that fails ${fate}` }]),
  ];
}

function budgetText(maxFailures: RolloutRecord['maxFailures']): string {
  const { total, batch } = maxFailures;
  if (total === null && batch === null) return 'any number of hosts may fail or be unreachable';
  if (total === 0 || batch === 0) return 'the first host that fails or is unreachable halts the rollout';
  return `${limitWords(maxFailures)} may fail or be unreachable, one more halts the rollout`;
}

function limitWords({ total, batch }: RolloutRecord['maxFailures']): string {
  return [...(total === null ? [] : [`${total} in all`]), ...(batch === null ? [] : [`${batch} in a batch`])].join(' and ');
}

/** Failures against the budget; in plans only where there are any already. */
function failedRow({ failed, maxFailures }: RolloutRecord, view: View): readonly Row[] {
  if (view.planned && failed.length === 0) return [];
  const bearsNone = maxFailures.total === 0 || maxFailures.batch === 0;
  const borne = `${bearsNone ? 'none' : limitWords(maxFailures) || 'any number'} may`;
  if (failed.length === 0) return [{ label: 'failed', text: `none (${borne})` }];
  const head = view.planned ? `${failed.length} already` : `${failed.length} (${borne})`;
  return nameRows({ label: 'failed', head, paint: view.style.bad, whole: true }, failed, view);
}

function leftRows({ notStarted, unfinished, out }: RolloutOutcome, view: View): readonly Row[] {
  const { style } = view;
  return [
    ...nameRows({ label: 'not started', head: String(notStarted.length), paint: style.change }, notStarted, view),
    ...nameRows({ label: 'not finished', head: String(unfinished.length), paint: style.change, whole: true }, unfinished, view),
    ...nameRows({ label: 'out of service', head: `${out.length}, not put back`, paint: style.bad, whole: true }, out, view),
  ];
}
