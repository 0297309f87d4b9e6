import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { type ProgressOptions, renderProgress } from '../../src/report/progress.ts';
import { progressLine } from '../../src/report/progress-line.ts';
import { reduceProgress, startProgress } from '../../src/report/progress-state.ts';
import { createStyle } from '../../src/report/style.ts';
import { host } from './records.ts';

const style = createStyle(0);

/** The display after these events, each at its second; the last time is now. */
function display(events: readonly (readonly [number, RunEvent])[], now: number, options: Partial<ProgressOptions> = {}): readonly string[] {
  const state = events.reduce((before, [second, event]) => reduceProgress(before, event, second * 1000), startProgress(0));
  return renderProgress(state, { style, width: 80, now: now * 1000, planned: true, ...options });
}

const selected = (...hosts: readonly string[]): RunEvent => ({ kind: 'hosts-selected', hosts });
const phase = (name: string, to: 'connecting' | 'reading' | 'planned' | 'applying' | 'verifying'): RunEvent => ({
  kind: 'host-phase',
  host: name,
  phase: to,
});

describe('the live display', () => {
  test('counts planned hosts as done while planning, and says what the others do and for how long', () => {
    const events: [number, RunEvent][] = [
      [0, selected('web1', 'web2', 'db1', 'db2')],
      [0, phase('web1', 'connecting')],
      [0, phase('db1', 'connecting')],
      [1, phase('web1', 'reading')],
      [2, phase('web2', 'planned')],
      [3, { kind: 'host-finished', host: host('db2') }],
    ];
    expect(display(events, 5)).toEqual(['planning: 2 of 4 hosts done, 5 s  1 ok', '  db1   connecting (5 s)', '  web1  reading (4 s)']);
  });

  test('counts only finished hosts while applying, and shows the running step', () => {
    const events: [number, RunEvent][] = [
      [0, selected('web1', 'web2')],
      [1, phase('web2', 'planned')],
      [1, phase('web1', 'applying')],
      [2, { kind: 'step-started', host: 'web1', step: 'web/package[nginx]', part: 'roles', on: null }],
    ];
    expect(display(events, 14, { planned: false })).toEqual(['applying: 0 of 2 hosts done, 14 s', '  web1  web/package[nginx] (12 s)']);
  });

  test('shows the eight hosts that have been busy longest', () => {
    const names = Array.from({ length: 11 }, (_, index) => `web${index + 1}`);
    const events: [number, RunEvent][] = [
      [0, selected(...names)],
      ...[...names].reverse().map((name, index): [number, RunEvent] => [index, phase(name, 'reading')]),
    ];
    const shown = display(events, 20);
    expect(shown).toHaveLength(10);
    expect(shown[1]).toBe('  web11  reading (20 s)');
    expect(shown.at(-1)).toBe('  and 3 more');
  });

  test('names the hosts it waits for where nothing is known of what they do', () => {
    const events: [number, RunEvent][] = [
      [0, selected('web1', 'web2')],
      [1, { kind: 'host-finished', host: host('web1') }],
    ];
    expect(display(events, 61, { title: 'running', planned: false })).toEqual([
      'running: 1 of 2 hosts done, 1 min 01 s  1 ok',
      '  waiting for web2',
    ]);
  });

  test('says that it is stopping', () => {
    const events: [number, RunEvent][] = [
      [0, selected('web1')],
      [1, { kind: 'stopping', signal: 'SIGINT', running: [] }],
    ];
    expect(display(events, 1).at(-1)).toBe('stopping: finishing the running steps; Ctrl-C again drops the connections');
  });

  test('keeps its lines narrower than the terminal, and harmless', () => {
    const events: [number, RunEvent][] = [
      [0, selected('web1', 'web\x1b[2J')],
      [0, { kind: 'step-started', host: 'web1', step: `a/file[${'x'.repeat(200)}\n]`, part: 'roles', on: null }],
      [0, { kind: 'step-started', host: 'web\x1b[2J', step: 'a/file[\x1b[2J]', part: 'roles', on: null }],
      [0, { kind: 'stopping', signal: 'SIGTERM', running: [] }],
    ];
    for (const line of display(events, 1, { width: 80 })) {
      expect(line.length).toBeLessThan(80);
      expect(line).not.toMatch(/[\u0000-\u001f]/);
    }
  });
});

describe('plain lines', () => {
  const finished: RunEvent = { kind: 'host-finished', host: host('web1', { outcome: 'changed', durationMs: 1500 }) };
  const failed: RunEvent = {
    kind: 'host-finished',
    host: host('db1', { outcome: 'failed', durationMs: 90, error: { phase: 'action', message: 'exit status 1', hint: null } }),
  };
  const stepped: RunEvent = {
    kind: 'step-finished',
    host: 'web1',
    step: 'a/file[/x]',
    part: 'roles',
    on: null,
    outcome: 'changed',
    durationMs: 20,
  };
  const options = { planned: false, verbose: false, style };

  test.each<[string, RunEvent, typeof options, string | null]>([
    ['the end of a host', finished, options, 'web1: changed (1.5 s)'],
    ['the end of a host in a plan', finished, { ...options, planned: true }, 'web1: would change (1.5 s)'],
    ['the failure of a host', failed, options, 'db1: failed: exit status 1 (90 ms)'],
    ['the end of a step', stepped, options, null],
    ['the end of a step with verbose', stepped, { ...options, verbose: true }, 'web1: a/file[/x] changed (20 ms)'],
    ['a phase', phase('web1', 'reading'), { ...options, verbose: true }, null],
  ])('%s', (_, event, shown, line) => {
    expect(progressLine(event, shown)).toBe(line);
  });
});
