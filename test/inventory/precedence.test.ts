import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inventoryOf } from './build.ts';

/** A world of groups g0…g6 in which group i may be a child of lower numbers only, and one host. */
interface World {
  readonly parents: readonly (readonly number[])[];
  readonly defines: readonly boolean[];
  readonly hostIn: readonly number[];
  readonly hostDefines: boolean;
}

const COUNT = 7;
const worlds: fc.Arbitrary<World> = fc.record({
  parents: fc.tuple(
    ...Array.from({ length: COUNT }, (_, index) => (index === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(index - 1), { maxLength: 3 }))),
  ),
  defines: fc.array(fc.boolean(), { minLength: COUNT, maxLength: COUNT }),
  hostIn: fc.uniqueArray(fc.nat(COUNT - 1), { minLength: 1, maxLength: 3 }),
  hostDefines: fc.boolean(),
});

function toYaml({ parents, defines, hostIn, hostDefines }: World): string {
  const groups = Array.from({ length: COUNT }, (_, index) => [
    `g${index}`,
    {
      hosts: hostIn.includes(index) ? { h: null } : {},
      children: Object.fromEntries(parents.flatMap((list, child) => (list.includes(index) ? [[`g${child}`, null]] : []))),
      vars: defines[index] ? { x: `g${index}` } : {},
    },
  ]);
  return JSON.stringify({ ...Object.fromEntries(groups), all: { hosts: { h: hostDefines ? { x: 'host' } : null }, vars: { x: 'all' } } });
}

/** The rule said naively: the host, else the deepest defining ancestor, of equally deep ones the last by name. */
function expected({ parents, defines, hostIn, hostDefines }: World): string {
  if (hostDefines) return 'host';
  const depth = (group: number): number => 1 + Math.max(0, ...(parents[group] ?? []).map(depth));
  const above = (group: number): readonly number[] => [group, ...(parents[group] ?? []).flatMap(above)];
  const candidates = [...new Set(hostIn.flatMap(above))].filter((group) => defines[group]);
  const winner = candidates.sort((a, b) => depth(b) - depth(a) || b - a)[0];
  return winner === undefined ? 'all' : `g${winner}`;
}

test('the nearer group wins, the host wins over all', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      const [host] = (await inventoryOf(toYaml(world))).hosts;
      expect(host?.vars.x).toBe(expected(world));
    }),
  );
});
