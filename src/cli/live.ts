import type { Emit, RunEvent } from '../model/event.ts';
import { renderProgress, STOPPING } from '../report/progress.ts';
import { progressLine } from '../report/progress-line.ts';
import { reduceProgress, startProgress } from '../report/progress-state.ts';
import { redactEvent } from '../report/redact-event.ts';
import { NO_ROLLOUTS, reduceRollouts } from '../report/rollout-progress.ts';
import { createStyle } from '../report/style.ts';
import type { Cli } from './cli.ts';
import type { StopSignal } from './io.ts';

/** A shorter run shows no display at all. */
const FIRST_FRAME_MS = 250;
const FRAME_MS = 100;

/** The progress display on standard error. */
export interface Live {
  readonly emit: Emit;
  /** Begins to show; `planned` where changes only would be made; `title` says what the run is doing. */
  start(planned: boolean, title?: string): void;
  /** Takes the display away; events are still followed. */
  stop(): void;
  /** Says that the run is being stopped. */
  stopping(signal: StopSignal): void;
  /** A line that stays. */
  say(line: string): void;
  /** Takes the display away for a question; lines and redrawing wait until the returned function is called. */
  pause(): () => void;
}

/** Lines that wait while a question is asked. */
interface Patience {
  readonly isPaused: boolean;
  say(line: string): void;
  pause(): () => void;
}

function patient(say: (line: string) => void): Patience {
  let held: string[] | null = null;
  return {
    get isPaused() {
      return held !== null;
    },
    say: (line) => (held === null ? say(line) : void held.push(line)),
    pause: () => {
      held = [];
      return () => {
        const lines = held ?? [];
        held = null;
        for (const line of lines) say(line);
      };
    },
  };
}

/** What is shown where lines cannot be redrawn: `hosts` their ends, `steps` also the ends of steps, `nothing` neither. */
export type PlainDetail = 'nothing' | 'hosts' | 'steps';

/** A display that is redrawn at a terminal, and plain lines elsewhere. */
export function createLive({ io, output }: Cli, plain: (planned: boolean) => PlainDetail): Live {
  return output.canRedraw ? redrawn({ io, output }) : lines({ io, output }, plain);
}

interface LineState {
  readonly running: boolean;
  readonly planned: boolean;
  readonly detail: PlainDetail;
}

function lines({ io, output }: Pick<Cli, 'io' | 'output'>, plain: (planned: boolean) => PlainDetail): Live {
  const style = createStyle(output.colours.err);
  const stopped: LineState = { running: false, planned: true, detail: 'nothing' };
  let state = stopped;
  let rollouts = NO_ROLLOUTS;
  const { say, pause } = patient((line) => output.err(`${line}\n`));
  return {
    emit: (event) => {
      const { planned, detail } = state;
      rollouts = reduceRollouts(rollouts, event, io.now());
      const line = detail === 'nothing' ? null : progressLine(event, { planned, style, verbose: detail === 'steps', rollouts });
      if (line !== null) say(line);
    },
    start: (planned) => {
      state = { running: true, planned, detail: plain(planned) };
    },
    stop: () => {
      state = stopped;
    },
    stopping: () => {
      if (state.running) say(STOPPING);
    },
    say,
    pause,
  };
}

function redrawn({ io, output }: Pick<Cli, 'io' | 'output'>): Live {
  const style = createStyle(output.colours.err);
  let state = startProgress(io.now());
  let planned = true;
  let title: string | undefined;
  let drawn = 0;
  let frame = '';
  let timer: NodeJS.Timeout | undefined;
  let beganAt = io.now();
  const clear = (): string => (drawn === 0 ? '' : `\x1b[${drawn}A\r\x1b[J`);
  const erase = (line = ''): void => {
    output.err(clear() + line);
    drawn = 0;
    frame = '';
  };
  const patience = patient((line) => erase(`${line}\n`));
  const draw = (): void => {
    const now = io.now();
    if (patience.isPaused || now - beganAt < FIRST_FRAME_MS) return;
    const lines = renderProgress(state, { style, width: output.width, now, planned, title });
    const next = `${lines.join('\n')}\n`;
    if (next === frame) return;
    output.err(clear() + next);
    frame = next;
    drawn = lines.length;
  };
  const follow = (event: RunEvent): void => {
    state = reduceProgress(state, redactEvent(event, output.redact), io.now());
  };
  return {
    emit: follow,
    start: (isPlan, what) => {
      planned = isPlan;
      title = what;
      beganAt = io.now();
      state = { ...state, startedAt: beganAt };
      clearInterval(timer);
      timer = setInterval(draw, FRAME_MS);
    },
    stop: () => {
      clearInterval(timer);
      erase();
    },
    stopping: (signal) => follow({ kind: 'stopping', signal, running: [] }),
    say: patience.say,
    pause: () => {
      erase();
      return patience.pause();
    },
  };
}
