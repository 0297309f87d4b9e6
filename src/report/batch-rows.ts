import type { BatchRecord, RolloutRecord } from '../model/rollout.ts';
import type { RolloutOutcome } from './rollout-outcome.ts';
import { nameRows, type Row } from './rollout-rows.ts';
import { count, formatDuration } from './units.ts';
import type { View } from './view.ts';
import { visible } from './visible.ts';

/** Batches that have a row each; in larger rollouts neighbours without news share one. */
const MOST_ROWS = 12;

/** First batches that have a row each in any case: they tell how the batches grow. */
const FIRST_ROWS = 3;

/** Neighbouring batches in the same state. */
interface BatchGroup {
  /** Index of the first. */
  readonly from: number;
  readonly state: BatchRecord['state'];
  readonly batches: readonly BatchRecord[];
}

/** A row for each batch with its hosts, and in results with what became of it; where that is more than its state, in a row before. */
export function batchRows({ batches, failed, halted }: RolloutRecord, { notStarted }: RolloutOutcome, view: View): readonly Row[] {
  const names = { failed: new Set(failed), notStarted: new Set(notStarted) };
  return grouped(batches, view.verbose ? batches.length : MOST_ROWS).flatMap((group) => {
    const hosts = group.batches.flatMap((batch) => batch.hosts);
    const counted = count(hosts.length, 'host');
    const label = labelOf(group);
    if (view.planned) return nameRows({ label, head: counted }, hosts, view);
    const paint = paintOf(group, view);
    const [state = '', ...news] = stateWords(group, {
      failed: hosts.filter((name) => names.failed.has(name)).length,
      open: hosts.filter((name) => names.notStarted.has(name)).length,
    });
    if (news.length === 0 && isPlain(group)) return nameRows({ label, head: `${counted}, ${state}`, paint }, hosts, view);
    return [
      { label, text: [state, ...news].join(', '), paint },
      ...reasonRows(group, halted, view),
      ...nameRows({ label: '', head: counted }, hosts, view),
    ];
  });
}

function grouped(batches: readonly BatchRecord[], most: number): readonly BatchGroup[] {
  const groups: BatchGroup[] = [];
  for (const [index, batch] of batches.entries()) {
    const last = groups.at(-1);
    const joins =
      batches.length > most &&
      index > FIRST_ROWS &&
      isPlain({ state: batch.state, batches: [batch] }) &&
      last !== undefined &&
      last.state === batch.state;
    if (joins) groups[groups.length - 1] = { ...last, batches: [...last.batches, batch] };
    else groups.push({ from: index, state: batch.state, batches: [batch] });
  }
  return groups;
}

function isPlain({ state, batches }: Pick<BatchGroup, 'state' | 'batches'>): boolean {
  return state !== 'halted' && state !== 'gate-failed' && batches.every(({ reason }) => reason === null);
}

function labelOf({ from, batches }: BatchGroup): string {
  return batches.length === 1 ? `batch ${from + 1}` : `batches ${from + 1}-${from + batches.length}`;
}

function stateWords(
  { state, batches }: BatchGroup,
  { failed, open }: { readonly failed: number; readonly open: number },
): readonly string[] {
  const durationMs = batches.reduce((sum, batch) => sum + (batch.durationMs ?? 0), 0);
  const isUndone = batches.some(({ undone }) => undone);
  return [
    `${STATE_WORDS[state]}${batches.every((batch) => batch.durationMs === null) ? '' : ` ${state === 'done' ? 'in' : 'after'} ${formatDuration(durationMs)}`}`,
    ...(isUndone ? ['put back to what it was'] : []),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(open === 0 || state !== 'halted' ? [] : [`${open} not started`]),
  ];
}

const STATE_WORDS: Readonly<Record<BatchRecord['state'], string>> = {
  planned: 'not started',
  done: 'done',
  'gate-failed': 'gate closed',
  halted: 'halted',
  'not-started': 'not started',
};

function paintOf({ state }: BatchGroup, { style }: View): (text: string) => string {
  switch (state) {
    case 'done':
      return style.good;
    case 'gate-failed':
    case 'halted':
      return style.bad;
    case 'planned':
    case 'not-started':
      return style.change;
  }
}

/** The reason why the rollout was halted tells it already. */
function reasonRows({ batches }: BatchGroup, halted: string | null, { style }: View): readonly Row[] {
  return batches.flatMap(({ reason }) =>
    reason === null || halted?.includes(reason) === true ? [] : [{ label: '', text: visible(reason), paint: style.bad }],
  );
}
