import type { BatchRecord, RolloutRecord } from '../../model/rollout.ts';
import { rangedNames } from '../host-names.ts';
import { count, formatDuration } from '../units.ts';
import { code, table } from './inline.ts';

/** Rows of batches; a rollout of more says how many there are. */
const MOST_ROWS = 30;

/** Names of hosts in a row. */
const NAMES = 4;

/** A rollout: why it was halted, and its batches in order. */
export function rolloutText({ play, batches, halted, out }: RolloutRecord, planned: boolean): string {
  const head = `### Rollout of ${code(play)}`;
  const rows = batches.slice(0, MOST_ROWS).map((batch, index) => row(batch, index));
  const left = batches.length - rows.length;
  return [
    head,
    ...(halted === null ? [] : [`**${planned ? 'It would not begin' : 'Halted'}:** ${code(halted)}`]),
    ...(out.length === 0 ? [] : [`**Out of service, not put back:** ${out.map((name) => code(name)).join(', ')}`]),
    ...(rows.length === 0 ? [] : [table([['batch', 'hosts', 'state', 'took'], ...rows], new Set([3]))]),
    ...(left > 0 ? [`… and ${left} more ${left === 1 ? 'batch' : 'batches'}`] : []),
  ].join('\n\n');
}

function row({ hosts, state, reason, durationMs, undone }: BatchRecord, index: number): readonly string[] {
  const cell = (text: string): string => code(text, { inTable: true });
  const told = `${state.replace('-', ' ')}${undone ? ', put back to what it was' : ''}${reason === null ? '' : `: ${cell(reason)}`}`;
  return [
    String(index + 1),
    `${count(hosts.length, 'host')}: ${cell(rangedNames(hosts, NAMES))}`,
    told,
    durationMs === null ? '' : formatDuration(durationMs),
  ];
}
