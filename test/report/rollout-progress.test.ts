import { describe, expect, test } from 'vitest';
import type { HostPhase, RunEvent } from '../../src/model/event.ts';
import { type ProgressOptions, renderProgress } from '../../src/report/progress.ts';
import { type LineOptions, progressLine } from '../../src/report/progress-line.ts';
import { reduceProgress, startProgress } from '../../src/report/progress-state.ts';
import { NO_ROLLOUTS, reduceRollouts } from '../../src/report/rollout-progress.ts';
import { createStyle } from '../../src/report/style.ts';
import { batch, host, names, rollout } from './records.ts';

const style = createStyle(0);

/** Events, each at its second. */
type Timed = readonly (readonly [number, RunEvent])[];

function display(events: Timed, now: number, options: Partial<ProgressOptions> = {}): readonly string[] {
  const state = events.reduce((before, [second, event]) => reduceProgress(before, event, second * 1000), startProgress(0));
  return renderProgress(state, { style, width: 80, now: now * 1000, planned: false, ...options });
}

const [canary, second] = [names(1), names(10, 2)];
const planned = rollout([batch(canary), batch(second)], { maxFailures: { total: 2, batch: 1 } });
const phase = (name: string, to: HostPhase): RunEvent => ({ kind: 'host-phase', host: name, phase: to });
const begun = (index: number, hosts: readonly string[], play = 0): RunEvent => ({
  kind: 'batch-started',
  play,
  batch: index,
  size: index,
  hosts,
});
const ended = (name: string, budget: { total: number | null; batch: number | null }, failed = false): RunEvent => ({
  kind: 'turn-finished',
  play: 0,
  host: name,
  outcome: failed ? 'failed' : 'changed',
  done: !failed,
  out: failed,
  budget,
});

/** Planned, the canary done; the second batch has begun at 60 s. */
const atSecond: Timed = [
  [0, { kind: 'hosts-selected', hosts: [...canary, ...second] }],
  ...[...canary, ...second].map((name): [number, RunEvent] => [1, phase(name, 'planned')]),
  [2, { kind: 'rollouts-planned', rollouts: [planned] }],
  [2, begun(0, canary)],
  [3, phase('web001', 'before')],
  [40, ended('web001', { total: 2, batch: 1 })],
  [41, { kind: 'gate-started', play: 0, batch: 0, soakMs: 0 }],
  [50, phase('web001', 'gate')],
  [59, { kind: 'gate-finished', play: 0, batch: 0, closed: null }],
  [59, { kind: 'host-finished', host: host('web001', { outcome: 'changed' }) }],
  [60, begun(1, second)],
];

describe('the live display of a rollout', () => {
  test('shows the batch, its hosts by phase, the failures still borne, and the busiest hosts with where their steps run', () => {
    const shown = display(
      [
        ...atSecond,
        [61, phase('web002', 'before')],
        [62, { kind: 'step-started', host: 'web002', step: 'balancer/line[x]', part: 'before', on: 'lb1' }],
        [63, phase('web003', 'applying')],
        [64, phase('web004', 'rebooting')],
        [65, { kind: 'step-started', host: 'web005', step: 'wait-http/wait[80]', part: 'after', on: null }],
        [66, phase('web006', 'applying')],
        [67, ended('web006', { total: 1, batch: 0 }, true)],
      ],
      125,
    );
    expect(shown).toEqual([
      'applying: 1 of 11 hosts done, 2 min 05 s  1 changed',
      '  batch 2 of 2, 1 min 05 s',
      '  1 done, 1 before, 1 applying, 1 rebooting, 1 after, 5 waiting',
      '  failures still borne: 1 in all, 0 in this batch',
      '  web002  before balancer/line[x] on lb1 (1 min 03 s)',
      '  web003  applying (1 min 02 s)',
      '  web004  rebooting (1 min 01 s)',
      '  web005  after wait-http/wait[80] (1 min 00 s)',
    ]);
  });

  test('shows the soak time, then the gate, and that it is closed', () => {
    const soaking: Timed = [
      ...atSecond,
      ...second.map((name): [number, RunEvent] => [70, ended(name, { total: 2, batch: 1 })]),
      [80, { kind: 'gate-started', play: 0, batch: 1, soakMs: 30_000 }],
    ];
    expect(display(soaking, 92).slice(1, 3)).toEqual(['  batch 2 of 2, 32 s, soaking 12 s of 30.0 s', '  10 done']);
    const gate: Timed = [
      [111, phase('web002', 'gate')],
      [111, { kind: 'step-started', host: 'web002', step: 'wait-http/wait[80]', part: 'gate', on: 'lb1' }],
    ];
    expect(display([...soaking, ...gate], 113).slice(1)).toEqual([
      '  batch 2 of 2, 53 s, checking its gate',
      '  9 done, 1 at the gate',
      '  failures still borne: 2 in all, 1 in this batch',
      '  web002  gate wait-http/wait[80] on lb1 (2 s)',
    ]);
    const closed: Timed = [
      [120, { kind: 'gate-finished', play: 0, batch: 1, closed: 'status 502' }],
      [120, { kind: 'rollout-halted', play: 0, reason: 'the gate of batch 2 did not open: status\n502' }],
      [121, phase('web002', 'undoing')],
    ];
    expect(display([...soaking, ...gate, ...closed], 122).slice(1)).toEqual([
      '  batch 2 of 2, 1 min 02 s, gate closed',
      '  9 done, 1 undoing',
      '  halted: the gate of batch 2 did not open: status\\n502',
      '  web002  undoing (1 s)',
    ]);
  });

  test('says nothing of failures where any number is borne, and names the play where there are several rollouts', () => {
    const both = [
      rollout([batch(['a'])], { play: 'databases' }),
      rollout([batch(['a'])], { index: 2, maxFailures: { total: null, batch: null } }),
    ];
    const events: Timed = [
      [0, { kind: 'rollouts-planned', rollouts: both }],
      [1, begun(0, ['a'], 0)],
      [2, begun(0, ['a'], 2)],
    ];
    expect(display(events.slice(0, 2), 3).slice(1)).toEqual([
      '  batch 1 of 1 of databases, 2 s',
      '  1 waiting',
      '  failures still borne: 0 in all',
    ]);
    expect(display(events, 3).slice(1)).toEqual(['  batch 1 of 1 of web servers, 1 s', '  1 waiting']);
  });

  test('estimates the time that is left from batches that are as large as what is to come', () => {
    const batches = [names(1), names(10, 2), names(10, 12), names(10, 22)];
    const events: Timed = [
      [0, { kind: 'hosts-selected', hosts: batches.flat() }],
      [0, { kind: 'rollouts-planned', rollouts: [rollout(batches.map((hosts) => batch(hosts)))] }],
      [0, begun(0, batches[0] ?? [])],
      [30, ended('web001', { total: 0, batch: 0 })],
      [60, begun(1, batches[1] ?? [])],
      ...(batches[1] ?? []).slice(0, 2).map((name): [number, RunEvent] => [80, ended(name, { total: 0, batch: 0 })]),
    ];
    const left = (more: Timed, now: number): string | undefined => /about .* left/.exec(display([...events, ...more], now)[0] ?? '')?.[0];
    expect(left([], 90)).toBeUndefined();
    const rest = (batches[1] ?? []).slice(2).map((name): [number, RunEvent] => [100, ended(name, { total: 0, batch: 0 })]);
    expect(left(rest, 120)).toBe('about 2 min left');
    const third: Timed = [...rest, [120, begun(2, batches[2] ?? [])]];
    expect(left(third, 120)).toBe('about 2 min left');
    expect(left([...third, [130, { kind: 'rollout-halted', play: 0, reason: 'x' }]], 130)).toBeUndefined();
    expect(left([...third, [130, { kind: 'stopping', signal: 'SIGINT', running: [] }]], 130)).toBeUndefined();
  });

  test('ends with the play that has it', () => {
    const next: Timed = [
      [90, { kind: 'turn-started', play: 1, host: 'web002' }],
      [90, phase('web002', 'applying')],
    ];
    expect(display([...atSecond, ...next], 91).slice(1)).toEqual(['  web002  applying (1 s)']);
  });

  test('has twelve lines at most, narrower than the terminal', () => {
    const evil = Array.from({ length: 30 }, (_, index) => `web${index}\x1b[2J${'x'.repeat(90)}`);
    const events: Timed = [
      [0, { kind: 'hosts-selected', hosts: evil }],
      [0, { kind: 'rollouts-planned', rollouts: [rollout([batch(evil)], { play: 'y'.repeat(100) }), planned] }],
      [1, begun(0, evil)],
      ...evil.map((name): [number, RunEvent] => [
        1,
        { kind: 'step-started', host: name, step: 'a/b[c]', part: 'before', on: `\x1b${name}` },
      ]),
      [2, { kind: 'rollout-halted', play: 0, reason: `\x1b[2J${'z '.repeat(90)}` }],
      [3, { kind: 'stopping', signal: 'SIGINT', running: [] }],
    ];
    const shown = display(events, 5);
    expect(shown.length).toBeLessThanOrEqual(12);
    for (const line of shown) {
      expect(line.length).toBeLessThan(80);
      expect(line).not.toMatch(/[\u0000-\u001f]/);
    }
  });
});

describe('plain lines of a rollout', () => {
  /** The lines of these events, one after the other, as the command writes them. */
  function lines(events: readonly RunEvent[], options: Partial<LineOptions> = {}): readonly string[] {
    let rollouts = NO_ROLLOUTS;
    return events.flatMap((event) => {
      rollouts = reduceRollouts(rollouts, event, 0);
      return progressLine(event, { planned: false, verbose: false, style, rollouts, ...options }) ?? [];
    });
  }

  const left = host('web011', { outcome: 'skipped', error: { phase: 'halted', message: 'the gate stayed closed', hint: null } });
  const events: readonly RunEvent[] = [
    { kind: 'rollouts-planned', rollouts: [planned] },
    begun(0, canary),
    { kind: 'gate-started', play: 0, batch: 0, soakMs: 0 },
    { kind: 'gate-finished', play: 0, batch: 0, closed: null },
    begun(1, second),
    {
      kind: 'step-finished',
      host: 'web002',
      step: 'balancer/line[x]',
      part: 'before',
      on: 'lb1',
      outcome: 'changed',
      durationMs: 20,
    },
    { kind: 'gate-finished', play: 0, batch: 1, closed: 'status \x1b502' },
    { kind: 'rollout-halted', play: 0, reason: 'the gate stayed closed' },
    { kind: 'host-finished', host: left },
  ];

  test('tell batches, gates and the halt; not each host that was left alone', () => {
    expect(lines(events)).toEqual([
      'batch 1 of 2: 1 host: web001',
      'batch 1 of 2: gate open',
      'batch 2 of 2: 10 hosts: web002, web003, web004, web005, web006 and 5 more',
      'batch 2 of 2: gate closed: status \\x1b502',
      'halted: the gate stayed closed',
    ]);
  });

  test('with verbose tell steps with where they ran, and every host', () => {
    expect(lines(events, { verbose: true }).filter((line) => line.startsWith('web'))).toEqual([
      'web002: before balancer/line[x] on lb1 changed (20 ms)',
      'web011: skipped: the gate stayed closed (400 ms)',
    ]);
  });

  test('number batches only where the rollouts are not known', () => {
    expect(progressLine(begun(4, ['web1']), { planned: false, verbose: false, style })).toBe('batch 5: 1 host: web1');
  });
});
