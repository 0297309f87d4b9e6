import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchSettings } from '../../src/model/ports.ts';
import type { Amount, Order, RolloutHost, Spread } from '../../src/model/rollout.ts';
import { countOf, planBatches } from '../../src/plan/batches.ts';

const count = (hosts: number): Amount => ({ kind: 'count', count: hosts });
const percent = (share: number): Amount => ({ kind: 'percent', percent: share });

/** Hosts `a`, `b`, … of a text such as `x x y`: the zone of each. */
const zoned = (zones: string): RolloutHost[] =>
  zones.split(' ').map((zone, index) => ({ name: String.fromCharCode(97 + index), vars: { zone } }));

const plan = (hosts: readonly RolloutHost[], settings: Partial<BatchSettings> = {}): string[] =>
  planBatches(hosts, {
    serial: [],
    order: { kind: 'inventory' },
    spread: [],
    total: hosts.length,
    first: 0,
    ...settings,
  }).batches.map((batch) => batch.join(' '));

describe('a share of hosts', () => {
  it.each<[Amount, number, number]>([
    [count(3), 100, 3],
    [percent(10), 100, 10],
    [percent(10), 99, 9],
    [percent(50), 3, 1],
    [percent(10), 9, 1],
    [percent(1), 1, 1],
    [percent(100), 7, 7],
  ])('%j of %i hosts is %i: rounded down, and one at least', (amount, total, hosts) => {
    expect(countOf(amount, total)).toBe(hosts);
  });
});

describe('batches', () => {
  const ten = zoned('x x x x x x x x x x');

  it.each<[string, Partial<BatchSettings>, string[]]>([
    ['all hosts are one batch where nothing is said', {}, ['a b c d e f g h i j']],
    ['the last size repeats', { serial: [count(1), count(4)] }, ['a', 'b c d e', 'f g h i', 'j']],
    ['a canary, then shares of all hosts of the play', { serial: [count(1), percent(20), percent(50)] }, ['a', 'b c', 'd e f g h', 'i j']],
    ['a size beyond the fleet takes what there is', { serial: [count(1000)] }, ['a b c d e f g h i j']],
    [
      'a rollout that goes on has the sizes that were still to come',
      { serial: [count(1), count(2), count(5)], first: 1 },
      ['a b', 'c d e f g', 'h i j'],
    ],
    ['and the last of them behind the end of the list', { serial: [count(1), count(5)], first: 7 }, ['a b c d e', 'f g h i j']],
    ['reverse begins with the last host', { order: { kind: 'reverse' }, serial: [count(4)] }, ['j i h g', 'f e d c', 'b a']],
  ])('%s', (_, settings, batches) => {
    expect(plan(ten, settings)).toEqual(batches);
  });

  it('shares are shares of the hosts of the play, not of those that have something to do', () => {
    expect(plan(zoned('x x x x'), { serial: [percent(10)], total: 20 })).toEqual(['a b', 'c d']);
  });

  it('no hosts make no batch', () => {
    expect(plan([], { serial: [count(2)] })).toEqual([]);
  });

  it.each<[string, string, number, string[]]>([
    ['a host whose domain is full waits, those behind it do not', 'x x y y', 1, ['a c', 'b d']],
    ['the largest domain decides how many batches there are', 'x x x y', 1, ['a d', 'b', 'c']],
    ['as many of a domain as may be out', 'x x x y y', 2, ['a b d e', 'c']],
    ['one domain, one host', 'x x x', 1, ['a', 'b', 'c']],
  ])('%s', (_, zones, max, batches) => {
    expect(plan(zoned(zones), { spread: [{ by: 'zone', max }] })).toEqual(batches);
  });

  it('a batch that spread keeps small is a batch of the list all the same', () => {
    expect(plan(zoned('x x x y'), { spread: [{ by: 'zone', max: 1 }], serial: [count(1), count(3)] })).toEqual(['a', 'b d', 'c']);
  });

  it('values of different types are different domains', () => {
    const hosts = [1, '1', true, 'true', 1].map((zone, index) => ({ name: `h${index}`, vars: { zone } }));
    expect(plan(hosts, { spread: [{ by: 'zone', max: 1 }] })).toEqual(['h0 h1 h2 h3', 'h4']);
  });

  it('a shuffled order is the same for the same seed, another for another, and differs from that of the inventory', () => {
    const order = (seed: string): string => plan(ten, { order: { kind: 'shuffle', seed } }).join();
    const seeds = Array.from({ length: 100 }, (_, index) => `seed ${index}`);
    expect(seeds.map(order)).toEqual(seeds.map(order));
    expect(new Set(seeds.map(order)).size).toBe(100);
    expect(seeds.map(order)).not.toContain('a b c d e f g h i j');
    expect(order('seed 0').split(' ').sort().join(' ')).toBe('a b c d e f g h i j');
    // Each host has its chance to be the canary.
    expect(new Set(seeds.map((seed) => order(seed)[0])).size).toBe(10);
  });
});

describe('what no batches can be made of', () => {
  const problems = (hosts: readonly RolloutHost[], spread: readonly Spread[]): readonly string[] => {
    const planned = planBatches(hosts, { serial: [], order: { kind: 'inventory' }, spread, total: hosts.length, first: 0 });
    expect(planned.batches).toEqual([]);
    return planned.problems;
  };

  it('is a domain of which no host may be out, and every such domain is named', () => {
    expect(
      problems(zoned('x'), [
        { by: 'zone', max: 0 },
        { by: 'rack', max: 1.5 },
      ]),
    ).toEqual([
      'spread by zone: with max 0 no host could ever be worked on; it must be at least 1',
      'spread by rack: with max 1.5 no host could ever be worked on; it must be at least 1',
    ]);
  });

  it('is a host without the var, or with one that has no single value', () => {
    expect(problems([...zoned('x x'), { name: 'bare', vars: {} }], [{ by: 'zone', max: 1 }])).toEqual([
      'spread by zone: bare has no such var with text, a number or true or false',
    ]);
    const odd = [null, ['x'], { x: 1 }, undefined, null].map((zone, index) => ({
      name: `h${index}`,
      vars: zone === undefined ? {} : { zone },
    }));
    expect(problems(odd, [{ by: 'zone', max: 1 }])).toEqual([
      'spread by zone: h0, h1, h2 and 2 more have no such var with text, a number or true or false',
    ]);
  });
});

const amounts = fc.oneof(fc.integer({ min: 1, max: 9 }).map(count), fc.integer({ min: 1, max: 100 }).map(percent));
const orders: fc.Arbitrary<Order> = fc.oneof(
  fc.constantFrom<Order>({ kind: 'inventory' }, { kind: 'reverse' }),
  fc.string().map((seed): Order => ({ kind: 'shuffle', seed })),
);
const spreads = fc.uniqueArray(fc.record({ by: fc.constantFrom('zone', 'rack', 'owner'), max: fc.integer({ min: 1, max: 3 }) }), {
  selector: ({ by }) => by,
});
const fleets = fc
  .array(fc.record({ zone: fc.constantFrom('x', 'y', 'z'), rack: fc.integer({ min: 1, max: 4 }), owner: fc.boolean() }), { maxLength: 40 })
  .map((all) => all.map((vars, index): RolloutHost => ({ name: `h${index}`, vars })));
const settingsOf = (total: number): fc.Arbitrary<BatchSettings> =>
  fc.record({
    serial: fc.array(amounts, { maxLength: 4 }),
    order: orders,
    spread: spreads,
    total: fc.integer({ min: total, max: total + 20 }),
    first: fc.nat(5),
  });
const cases = fleets.chain((hosts) => fc.tuple(fc.constant(hosts), settingsOf(hosts.length)));

/** Size of a batch, told otherwise than the code tells it. */
function declared({ serial, first, total }: BatchSettings, index: number): number {
  const amount = [...serial, ...Array.from({ length: first + index + 1 }, () => serial.at(-1))][first + index];
  if (amount === undefined) return total;
  return amount.kind === 'count' ? amount.count : Math.max(1, Math.trunc((amount.percent * total) / 100));
}

describe('batches of any fleet', () => {
  it('hold every host once, are never empty, and never larger than serial says', () => {
    fc.assert(
      fc.property(cases, ([hosts, settings]) => {
        const { batches } = planBatches(hosts, settings);
        expect(batches.flat().sort()).toEqual(hosts.map(({ name }) => name).sort());
        const wrong = batches.filter((batch, index) => batch.length === 0 || batch.length > declared(settings, index));
        expect(wrong).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('hold at most max hosts of each domain, of all domains at once', () => {
    fc.assert(
      fc.property(cases, ([hosts, settings]) => {
        const vars = new Map(hosts.map((host) => [host.name, host.vars]));
        const values = ['x', 'y', 'z', 1, 2, 3, 4, true, false];
        const tooMany = planBatches(hosts, settings).batches.filter((batch) =>
          settings.spread.some(({ by, max }) =>
            values.some((value) => batch.filter((name) => vars.get(name)?.[by] === value).length > max),
          ),
        );
        expect(tooMany).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('let a host wait only where those before it have filled the batch or one of its domains', () => {
    fc.assert(
      fc.property(cases, ([hosts, settings]) => {
        const order = planBatches(hosts, { ...settings, serial: [], spread: [], first: 0 }).batches.flat();
        const vars = new Map(hosts.map((host) => [host.name, host.vars]));
        const { batches } = planBatches(hosts, settings);
        const hasReason = (name: string, batch: readonly string[], index: number): boolean => {
          const ahead = batch.filter((other) => order.indexOf(other) < order.indexOf(name));
          const isHindered = settings.spread.some(
            ({ by, max }) => ahead.filter((other) => vars.get(other)?.[by] === vars.get(name)?.[by]).length >= max,
          );
          return isHindered || ahead.length === declared(settings, index);
        };
        for (const [index, batch] of batches.entries()) {
          expect(batch).toEqual(order.filter((name) => batch.includes(name)));
          const later = batches.slice(index + 1).flat();
          expect(later.filter((name) => !hasReason(name, batch, index))).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
