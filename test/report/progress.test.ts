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
    expect(display(events, 14, { planned: false })).toEqual([
      'applying: 0 of 2 hosts done, 14 s',
      '  web1  applying web/package[nginx] (12 s)',
    ]);
  });

  test('cuts the step, not how long it has taken', () => {
    const id = `web/file[/srv/${'long/'.repeat(20)}name]`;
    const events: [number, RunEvent][] = [
      [0, selected('web1', 'web2')],
      [2, { kind: 'step-started', host: 'web1', step: id, part: 'roles', on: null }],
    ];
    const shown = display(events, 14, { planned: false, width: 40 });
    expect(shown[1]).toBe('  web1  applying web/file[/srv/… (12 s)');
  });

  test('shows the eight hosts that have been busy longest, and counts all by what they do', () => {
    const names = Array.from({ length: 11 }, (_, index) => `web${index + 1}`);
    const events: [number, RunEvent][] = [
      [0, selected(...names)],
      ...[...names].reverse().map((name, index): [number, RunEvent] => [index, phase(name, 'reading')]),
    ];
    const shown = display(events, 20);
    expect(shown).toHaveLength(11);
    expect(shown[1]).toBe('  11 reading');
    expect(shown[2]).toBe('  web11  reading (20 s)');
    expect(shown.at(-1)).toBe('  and 3 more');
  });

  const started = (name: string): RunEvent => ({ kind: 'step-started', host: name, step: 'web/package[nginx]', part: 'roles', on: null });
  const printed = (name: string, tail: string): RunEvent => ({ kind: 'action-output', host: name, step: 'web/package[nginx]', tail });

  test('shows what the three slowest hosts have printed last, as long as the step runs', () => {
    const names = ['web1', 'web2', 'web3', 'web4'];
    const events: [number, RunEvent][] = [
      [0, selected(...names)],
      ...names.map((name, index): [number, RunEvent] => [index, started(name)]),
      ...names.map((name): [number, RunEvent] => [9, printed(name, `Get:1\n  Unpacking \x1b[2J${name}`)]),
    ];
    const shown = display(events, 10, { planned: false }).slice(1);
    expect(shown).toEqual([
      '  web1  applying web/package[nginx] (10 s)',
      '    | Unpacking \\x1b[2Jweb1',
      '  web2  applying web/package[nginx] (9 s)',
      '    | Unpacking \\x1b[2Jweb2',
      '  web3  applying web/package[nginx] (8 s)',
      '    | Unpacking \\x1b[2Jweb3',
      '  web4  applying web/package[nginx] (7 s)',
    ]);
    const next: [number, RunEvent][] = [
      [11, { kind: 'step-started', host: 'web1', step: 'web/file[/x]', part: 'roles', on: null }],
      [11, printed('web1', 'too late')],
    ];
    expect(display([...events, ...next], 12, { planned: false }).slice(1, 3)).toEqual([
      '  web1  applying web/file[/x] (1 s), 12 s in all',
      '  web2  applying web/package[nginx] (11 s)',
    ]);
  });

  test('estimates the time that is left from the hosts that are done, once there are enough', () => {
    const names = Array.from({ length: 40 }, (_, index) => `web${index + 1}`);
    const applied = (hosts: number): [number, RunEvent][] => [
      [0, selected(...names)],
      [5, phase('web1', 'applying')],
      ...names.slice(0, hosts).map((name): [number, RunEvent] => [25, { kind: 'host-finished', host: host(name) }]),
    ];
    expect(display(applied(3), 25, { planned: false })[0]).toBe('applying: 3 of 40 hosts done, 25 s  3 ok');
    expect(display(applied(8), 14, { planned: false })[0]).toBe('applying: 8 of 40 hosts done, 14 s  8 ok');
    expect(display(applied(8), 25, { planned: false })[0]).toBe('applying: 8 of 40 hosts done, 25 s, about 80 s left  8 ok');
    expect(display(applied(40), 25, { planned: false })[0]).toBe('applying: 40 of 40 hosts done, 25 s  40 ok');
  });

  test('gives the outcomes a line of their own where the first has no room', () => {
    const names = Array.from({ length: 500 }, (_, index) => `web${index}`);
    const outcomes = ['failed', 'unreachable', 'changed', 'skipped', 'ok'] as const;
    const events: [number, RunEvent][] = [
      [0, selected(...names)],
      [0, phase('web0', 'applying')],
      ...names
        .slice(0, 250)
        .map((name, index): [number, RunEvent] => [
          1,
          { kind: 'host-finished', host: host(name, { outcome: outcomes[index % 5] ?? 'ok' }) },
        ]),
    ];
    const wide = [
      '50 failed, 50 unreachable, 50 changed, 50 skipped, 50 ok',
      'applying: 250 of 500 hosts done, 1 min 40 s, about 2 min left',
    ];
    expect(display(events, 100, { planned: false }).slice(0, 2)).toEqual([wide[1], `  ${wide[0]}`]);
    for (const width of [20, 40, 60, 80, 120]) {
      for (const line of display(events, 100, { planned: false, width, style: createStyle(1) })) {
        expect(line.replace(/\x1b\[\d+m/g, '').length, line).toBeLessThan(width);
      }
    }
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
      [0, { kind: 'action-output', host: 'web1', step: `a/file[${'x'.repeat(200)}\n]`, tail: `\x1b]0;evil\x07${'漢'.repeat(100)}` }],
      [0, { kind: 'stopping', signal: 'SIGTERM', running: [] }],
    ];
    expect(display(events, 1)[2]).toMatch(/^ {4}\| \\x1b\]0;evil\\x07漢+…$/);
    for (const line of display(events, 1, { width: 80 })) {
      expect(line.replaceAll('漢', '漢.').length).toBeLessThan(80);
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
