import type { HostPhase } from '../model/event.ts';
import { cut } from './layout.ts';
import type { ProgressState } from './progress-state.ts';
import type { BatchProgress, RolloutProgress } from './rollout-progress.ts';
import type { Style } from './style.ts';
import { formatDuration, formatSeconds } from './units.ts';
import { visible } from './visible.ts';

/** Phases as they are counted, in the order of a turn. */
const PHASES: readonly (readonly [HostPhase, string])[] = [
  ['connecting', 'connecting'],
  ['reading', 'reading'],
  ['before', 'before'],
  ['applying', 'applying'],
  ['verifying', 'verifying'],
  ['rebooting', 'rebooting'],
  ['after', 'after'],
  ['undoing', 'undoing'],
  ['gate', 'at the gate'],
];

/** The rollout that is carried out now, in at most three lines: batch and gate, its hosts by phase, failures still borne or why it was halted. */
export function rolloutProgressLines(
  state: ProgressState,
  { style, width, now }: { readonly style: Style; readonly width: number; readonly now: number },
): readonly string[] {
  const { current } = state.rollouts;
  if (current === null) return [];
  const line = (text: string): string => cut(`  ${text}`, width - 1);
  return [
    ...(current.batch === null ? [] : batchTexts(current, current.batch, { state, now }).map(line)),
    ...(current.halted === null
      ? [line(budgetText(current))].filter((text) => text.trim() !== '')
      : [style.bad(line(`halted: ${visible(current.halted)}`))]),
  ];
}

/** The batch and its play, where the run has several rollouts: `batch 2 of 3 of web servers`. */
export function batchName({ record, batch }: RolloutProgress, rollouts: number): string {
  const of = record === null ? '' : ` of ${record.batches.length}`;
  const play = record === null || rollouts < 2 ? '' : ` of ${cut(visible(record.play), 24)}`;
  return `batch ${(batch?.index ?? 0) + 1}${of}${play}`;
}

interface Moment {
  readonly state: ProgressState;
  readonly now: number;
}

function batchTexts(current: RolloutProgress, batch: BatchProgress, { state, now }: Moment): readonly string[] {
  const head = `${batchName(current, state.rollouts.number)}, ${formatSeconds(now - batch.since)}`;
  return [[head, ...gateWords(batch, now)].join(', '), phaseCounts(batch, state).join(', ')];
}

/** Hosts by what they are doing, in words: `1 done, 5 applying, 5 waiting`. Of hosts that rest those are done that are said to have ended, or have. */
export function phaseCounts(
  { hosts, ended }: { readonly hosts: readonly string[]; readonly ended: ReadonlySet<string> },
  { active, finished }: ProgressState,
): readonly string[] {
  const counts = new Map<HostPhase, number>();
  for (const host of hosts) {
    const phase = active.get(host)?.phase ?? 'waiting';
    counts.set(phase, (counts.get(phase) ?? 0) + 1);
  }
  const idle = hosts.filter((host) => !PHASES.some(([phase]) => phase === active.get(host)?.phase));
  const done = idle.filter((host) => ended.has(host) || finished.has(host)).length;
  const words: readonly (readonly [number, string])[] = [
    [done, 'done'],
    ...PHASES.map(([phase, word]) => [counts.get(phase) ?? 0, word] as const),
    [idle.length - done, 'waiting'],
  ];
  return words.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
}

function gateWords({ gate }: BatchProgress, now: number): readonly string[] {
  if (gate === null) return [];
  switch (gate.state) {
    case 'waiting': {
      const soakedMs = now - gate.since;
      return soakedMs < gate.soakMs ? [`soaking ${formatSeconds(soakedMs)} of ${formatDuration(gate.soakMs)}`] : ['checking its gate'];
    }
    case 'opened':
      return ['gate open'];
    case 'closed':
      return ['gate closed'];
  }
}

function budgetText({ budget: { total, batch } }: RolloutProgress): string {
  const limits = [
    ...(total === null ? [] : [`${Math.max(0, total)} in all`]),
    ...(batch === null ? [] : [`${Math.max(0, batch)} in this batch`]),
  ];
  return limits.length === 0 ? '' : `failures still borne: ${limits.join(', ')}`;
}
