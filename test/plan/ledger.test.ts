import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Amount, Ledger, RolloutHost, RolloutSettings } from '../../src/model/rollout.ts';
import { openLedger } from '../../src/plan/ledger.ts';

const count = (hosts: number): Amount => ({ kind: 'count', count: hosts });
const percent = (share: number): Amount => ({ kind: 'percent', percent: share });
type Limits = RolloutSettings['maxFailures'];
const limits = (total: Amount | null, batch: Amount | null = null): Limits => ({ total, batch });

/** `h0`, `h1`, … in the zones of a text such as `x x y`. */
const zoned = (zones: string): RolloutHost[] => zones.split(' ').map((zone, index) => ({ name: `h${index}`, vars: { zone } }));
const many = (hosts: number): RolloutHost[] => zoned(Array.from({ length: hosts }, () => 'x').join(' '));
const open = (hosts: readonly RolloutHost[], maxFailures: Limits, spread: RolloutSettings['spread'] = []): Ledger =>
  openLedger(hosts, { maxFailures, spread });

const FAILED = { failed: true, out: false };
const DONE = { failed: false, out: false };

describe('the failure budget', () => {
  it.each<[string, Limits, number, { total: number | null; batch: number | null }]>([
    ['nothing is borne by default', limits(count(0)), 10, { total: 0, batch: null }],
    ['a share is one of all hosts of the play, rounded down', limits(percent(10)), 39, { total: 3, batch: null }],
    ['less than one host is none', limits(percent(10)), 9, { total: 0, batch: null }],
    ['a share of a batch is one of its hosts', limits(null, percent(50)), 10, { total: null, batch: 2 }],
    ['any number is borne where there is no limit', limits(null), 10, { total: null, batch: null }],
    ['both', limits(percent(20), count(1)), 10, { total: 2, batch: 1 }],
  ])('%s', (_, maxFailures, hosts, borne) => {
    expect(open(many(hosts), maxFailures).borne(5)).toEqual(borne);
  });

  it('is spent by one failure more than is borne, and says so', () => {
    const ledger = open(many(10), limits(count(1)));
    ledger.beginBatch(5);
    ledger.begin('h0');
    ledger.end('h0', FAILED);
    expect([ledger.halted(), ledger.budget().total]).toEqual([null, 0]);
    ledger.begin('h1');
    ledger.end('h1', FAILED);
    const reason = 'the failure budget is spent: 2 hosts failed or could not be reached, 1 may';
    expect([ledger.halted(), ledger.budget().total]).toEqual([reason, -1]);
    expect(ledger.obstacle('h2')).toBe(reason);
    expect(ledger.failed).toEqual(['h0', 'h1']);
  });

  it('of a batch is new with each batch; that in total is not', () => {
    const ledger = open(many(10), limits(count(3), count(1)));
    for (const [index, name] of ['h0', 'h1'].entries()) {
      ledger.beginBatch(5);
      ledger.end(name, FAILED);
      expect([ledger.halted(), ledger.budget()]).toEqual([null, { total: 2 - index, batch: 0 }]);
    }
    ledger.end('h2', FAILED);
    expect(ledger.halted()).toBe('the failure budget is spent: 2 hosts of this batch failed or could not be reached, 1 may');
  });

  it('of a batch does not count what failed before the first one', () => {
    const ledger = open(many(10), limits(null, count(0)));
    ledger.end('h0', { failed: true, out: true });
    expect(ledger.halted()).toBeNull();
    ledger.beginBatch(3);
    expect(ledger.budget().batch).toBe(0);
    ledger.end('h1', FAILED);
    expect(ledger.halted()).toBe('the failure budget is spent: 1 host of this batch failed or could not be reached, none may');
  });

  it('is not touched by hosts that succeed', () => {
    const ledger = open(many(3), limits(count(0)));
    ledger.beginBatch(3);
    for (const name of ['h0', 'h1', 'h2']) {
      ledger.begin(name);
      ledger.end(name, DONE);
    }
    expect([ledger.halted(), ledger.failed]).toEqual([null, []]);
  });

  it('keeps the first reason to halt', () => {
    const ledger = open(many(3), limits(count(0)));
    ledger.halt('the gate is closed');
    ledger.end('h0', FAILED);
    ledger.halt('the run was interrupted');
    expect(ledger.halted()).toBe('the gate is closed');
  });
});

describe('failure domains', () => {
  const spread = [{ by: 'zone', max: 1 }];

  it('hold back a host while as many of its domain are out as may be, and name them', () => {
    const ledger = open(zoned('x x y'), limits(null), spread);
    ledger.begin('h0');
    expect(ledger.obstacle('h1')).toBe('h0 is out of service, and of zone="x" at most 1 may be');
    expect(ledger.obstacle('h2')).toBeNull();
    ledger.end('h0', DONE);
    expect([ledger.obstacle('h1'), ledger.isOut('h0')]).toEqual([null, false]);
  });

  it('count hosts that stayed out and such as cannot be reached', () => {
    const ledger = open(zoned('x x x x'), limits(null), [{ by: 'zone', max: 2 }]);
    ledger.begin('h0');
    ledger.end('h0', { failed: true, out: true });
    expect(ledger.obstacle('h3')).toBeNull();
    ledger.end('h1', { failed: true, out: true });
    expect(ledger.obstacle('h3')).toBe('h0, h1 are out of service, and of zone="x" at most 2 may be');
    ledger.end('h1', DONE);
    expect(ledger.obstacle('h3')).toBeNull();
  });

  it('do not hold back a host that is out itself: its turn brings it back', () => {
    const ledger = open(zoned('x x'), limits(null), spread);
    ledger.begin('h0');
    ledger.end('h1', { failed: true, out: true });
    expect(ledger.obstacle('h0')).toBeNull();
  });

  it('count each for itself', () => {
    const hosts = [
      { name: 'h0', vars: { zone: 'x', rack: 1 } },
      { name: 'h1', vars: { zone: 'y', rack: 1 } },
      { name: 'h2', vars: { zone: 'y', rack: 2 } },
    ];
    const ledger = open(hosts, limits(null), [
      { by: 'zone', max: 2 },
      { by: 'rack', max: 1 },
    ]);
    ledger.begin('h0');
    expect(ledger.obstacle('h1')).toBe('h0 is out of service, and of rack=1 at most 1 may be');
    expect(ledger.obstacle('h2')).toBeNull();
  });

  it('know no host that is not part of the rollout', () => {
    expect(() => open(many(1), limits(null)).obstacle('stranger')).toThrow('host stranger is not part of the rollout');
  });
});

describe('an account of any rollout', () => {
  const hosts = zoned('x y x y x z');
  const zoneOf = (name: string): unknown => hosts.find((each) => each.name === name)?.vars.zone;
  const settings = fc.record({
    total: fc.option(fc.nat(4)),
    batch: fc.option(fc.nat(2)),
    max: fc.integer({ min: 1, max: 3 }),
  });
  const turns = fc.uniqueArray(
    fc.record({ host: fc.nat(5), failed: fc.boolean(), out: fc.boolean(), opensBatch: fc.boolean(), overlaps: fc.boolean() }),
    { selector: ({ host }) => host },
  );

  it('halts with the first failure beyond the budget and not before, and never lets more than max of a domain out', () => {
    fc.assert(
      fc.property(settings, turns, ({ total, batch, max }, all) => {
        const ledger = open(hosts, limits(total === null ? null : count(total), batch === null ? null : count(batch)), [
          { by: 'zone', max },
        ]);
        const out = new Set<string>();
        let [failed, failedInBatch, isSpent] = [0, 0, false];
        let end = (): void => {};
        ledger.beginBatch(3);
        for (const { host, opensBatch, overlaps, ...ending } of all) {
          if (opensBatch) {
            end();
            end = () => {};
            ledger.beginBatch(3);
            failedInBatch = 0;
          }
          const name = `h${host}`;
          const neighbours = [...out].filter((other) => zoneOf(other) === zoneOf(name)).length;
          expect(ledger.obstacle(name) === null).toBe(!isSpent && neighbours < max);
          if (ledger.obstacle(name) !== null) continue;
          ledger.begin(name);
          out.add(name);
          end();
          end = () => {
            ledger.end(name, ending);
            if (!ending.out) out.delete(name);
            if (ending.failed) [failed, failedInBatch] = [failed + 1, failedInBatch + 1];
            isSpent ||= failed > (total ?? hosts.length) || failedInBatch > (batch ?? hosts.length);
            expect([ledger.halted() !== null, ledger.isOut(name)]).toEqual([isSpent, ending.out]);
          };
          if (!overlaps) {
            end();
            end = () => {};
          }
        }
        end();
        expect(ledger.failed.length).toBe(failed);
      }),
      { numRuns: 1000 },
    );
  });
});
