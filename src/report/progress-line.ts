import type { RunEvent } from '../model/event.ts';
import type { HostRecord } from '../model/run.ts';
import { fitNames } from './layout.ts';
import { isLeftAlone } from './rollout-outcome.ts';
import type { RolloutsState } from './rollout-progress.ts';
import { batchName } from './rollout-progress-lines.ts';
import { nameInPart } from './step-lines.ts';
import { count, formatDuration } from './units.ts';
import { paintOf, type Wording, wordOf } from './view.ts';
import { visible } from './visible.ts';

/** Columns for the names of a batch. */
const NAMES_WIDTH = 50;

/** How plain lines are written. */
export interface LineOptions extends Wording {
  /** Also the ends of steps. */
  readonly verbose: boolean;
  /** The rollouts after the event; without them batches are numbered only. */
  readonly rollouts?: RolloutsState | undefined;
}

/**
 * One event as a plain line for a display that is no terminal, or null where it says nothing: ends of hosts, begins and gates of batches,
 * and with `verbose` ends of steps.
 */
export function progressLine(event: RunEvent, options: LineOptions): string | null {
  const { style } = options;
  switch (event.kind) {
    case 'host-finished':
      return hostLine(event.host, options);
    case 'step-finished':
      return options.verbose ? stepLine(event, options) : null;
    case 'batch-started': {
      const names = fitNames(event.hosts.map(visible), NAMES_WIDTH);
      return `${nameOf(event.batch, options)}: ${count(event.hosts.length, 'host')}: ${names}`;
    }
    case 'gate-finished': {
      const said = event.closed === null ? style.good('gate open') : `${style.bad('gate closed')}: ${visible(event.closed)}`;
      return `${nameOf(event.batch, options)}: ${said}`;
    }
    case 'rollout-halted':
      return `${style.bad('halted')}: ${visible(event.reason)}`;
    default:
      return null;
  }
}

/** Where a step runs, unless it is the host itself. */
export function onWords(on: string | null): string {
  return on === null ? '' : ` on ${visible(on)}`;
}

/** Hosts that a halted rollout left as they were are no news one by one. */
function hostLine(host: HostRecord, options: LineOptions): string | null {
  const { name, outcome, error, durationMs } = host;
  if (isLeftAlone(host) && !options.verbose) return null;
  const why = error === null ? '' : `: ${visible(error.message)}`;
  return `${visible(name)}: ${paintOf(outcome, options)(wordOf(outcome, options))}${why} (${formatDuration(durationMs)})`;
}

function stepLine(
  { host, step, part, on, outcome, durationMs }: Extract<RunEvent, { kind: 'step-finished' }>,
  options: LineOptions,
): string {
  const time = durationMs === null ? '' : ` (${formatDuration(durationMs)})`;
  const what = `${part === 'roles' ? '' : `${part} `}${visible(nameInPart({ id: step, part }))}${onWords(on)}`;
  return `${visible(host)}: ${what} ${paintOf(outcome, options)(wordOf(outcome, options))}${time}`;
}

function nameOf(batch: number, { rollouts }: LineOptions): string {
  const current = rollouts?.current;
  return current?.batch?.index === batch ? batchName(current, rollouts?.number ?? 0) : `batch ${batch + 1}`;
}
