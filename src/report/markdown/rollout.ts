import type { BatchRecord, RolloutRecord } from '../../model/rollout.ts';
import { rangedNames } from '../host-names.ts';
import { cut } from '../layout.ts';
import { count, formatDuration } from '../units.ts';
import { code, table } from './inline.ts';

/** Rows of batches in all; rollouts of more say how many there are. */
const MOST_ROWS = 60;

/** The same of one rollout, the fewest and the most. */
const ROWS_OF_ONE = { fewest: 3, most: 30 } as const;

/** Columns of a reason. */
const REASON_WIDTH = 500;

/** Names, or ranges of names, of hosts that are out of service. */
const MOST_OUT = 100;

/** Names of hosts in a row. */
const NAMES = 4;

/** Rollouts: why each was halted, and its batches in order; where there are many of them, those that did not go well for certain. */
export function rolloutTexts(rollouts: readonly RolloutRecord[], planned: boolean): readonly string[] {
  const share = Math.floor(MOST_ROWS / Math.max(1, rollouts.length));
  const most = Math.min(ROWS_OF_ONE.most, Math.max(ROWS_OF_ONE.fewest, share));
  return rollouts.map((rollout) => rolloutText(rollout, planned, most));
}

function rolloutText({ play, batches, halted, out }: RolloutRecord, planned: boolean, most: number): string {
  const shown = shownOf(batches, most);
  const rows = batches.flatMap((batch, index) => (shown.has(batch) ? [row(batch, index)] : []));
  const left = batches.length - rows.length;
  return [
    `### Rollout of ${code(play)}`,
    ...(halted === null ? [] : [`**${planned ? 'It would not begin' : 'Halted'}:** ${code(cut(halted, REASON_WIDTH))}`]),
    ...(out.length === 0 ? [] : [`**Out of service, not put back:** ${code(rangedNames(out, MOST_OUT))}`]),
    ...(rows.length === 0 ? [] : [table([['batch', 'hosts', 'state', 'took'], ...rows], new Set([3]))]),
    ...(left > 0 ? [`… and ${left} more ${left === 1 ? 'batch' : 'batches'}`] : []),
  ].join('\n\n');
}

function shownOf(batches: readonly BatchRecord[], most: number): ReadonlySet<BatchRecord> {
  const isTrouble = ({ state }: BatchRecord): boolean => state === 'gate-failed' || state === 'halted';
  return new Set([...batches.filter(isTrouble), ...batches.filter((batch) => !isTrouble(batch))].slice(0, most));
}

function row({ hosts, state, reason, durationMs, undone }: BatchRecord, index: number): readonly string[] {
  const cell = (text: string): string => code(cut(text, REASON_WIDTH), { inTable: true });
  const told = `${state.replace('-', ' ')}${undone ? ', put back to what it was' : ''}${reason === null ? '' : `: ${cell(reason)}`}`;
  return [
    String(index + 1),
    `${count(hosts.length, 'host')}: ${cell(rangedNames(hosts, NAMES))}`,
    told,
    durationMs === null ? '' : formatDuration(durationMs),
  ];
}
