import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeKept, encodeKept } from '../src/kept-value.ts';
import { ANY, type FactKind, type FactValues } from '../src/model/fact.ts';
import { firstDifference } from '../src/plan/verify.ts';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('$', '__proto__', 'constructor', "it's \n$(id)", '\u2028'),
);
const number = fc.integer();
const or = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value);
const content = fc.record({ kind: fc.constant('content' as const), digest: text, size: fc.nat(), bytes: or(fc.uint8Array()) });
const owned = { mode: text, owner: text, group: text };
const dictionary = fc.dictionary(text, text);
const exists = fc.boolean();

/** Values of every kind of fact: one that is added is missing here. */
const FACTS: { readonly [K in FactKind]: fc.Arbitrary<FactValues[K]> } = {
  file: fc.oneof(
    fc.record({ type: fc.constant('absent' as const) }),
    fc.record({ type: fc.constant('file' as const), ...owned, content: or(content) }),
    fc.record({ type: fc.constant('directory' as const), ...owned }),
    fc.record({ type: fc.constant('link' as const), target: text, owner: text, group: text, toDirectory: exists }),
    fc.record({ type: fc.constant('other' as const), what: text }),
  ),
  package: fc.record({ installed: exists, version: or(text), candidate: or(text) }),
  service: fc.record({
    load: fc.constantFrom('loaded' as const, 'not-found' as const, 'masked' as const, 'other' as const),
    active: fc.constantFrom('active' as const, 'inactive' as const, 'failed' as const, 'other' as const),
    ...{ enabled: text, needsReload: exists, invocation: text, ends: exists },
  }),
  user: fc.record({ exists, uid: or(number), group: or(text), groups: fc.array(text), comment: or(text), home: or(text), shell: or(text) }),
  group: fc.record({ exists, gid: or(number) }),
  sysctl: fc.record({ value: or(text), settings: fc.array(fc.record({ file: text, value: text })) }, { requiredKeys: ['value'] }),
  guard: fc.record({ exitCode: number, output: text }),
  address: fc.record({ present: exists, hasInterface: exists, label: or(text), scope: or(text), deprecated: exists }),
  interface: fc.record({
    ...{ exists, up: exists, mtu: or(number), ipv6Mtu: or(number), kind: or(text), local: or(text), remote: or(text), ttl: or(number) },
    session: exists,
  }),
  route: fc.record({
    routes: fc.array(fc.record({ type: text, via: or(text), device: or(text), source: or(text), metric: number })),
    session: or(fc.record({ client: text, prefix: number, metric: number, device: or(text) })),
  }),
  disk: fc.record({
    type: fc.constantFrom('absent' as const, 'other' as const, 'partition' as const, 'mapped' as const, 'disk' as const),
    ...{ device: or(text), bytes: or(number), serials: fc.array(text), label: or(text), findings: fc.array(text) },
  }),
  postfix: fc.record({ exists, value: or(text), default: or(text) }),
  sysfs: fc.record({ value: or(text), choices: fc.array(text) }, { requiredKeys: ['value'] }),
  ipvs: fc.record({
    ...{ exists, scheduler: or(text), persistentSec: or(number) },
    servers: fc.array(fc.record({ address: text, port: number, method: fc.constantFrom('dr' as const, 'nat' as const), weight: number })),
    connections: fc.dictionary(text, fc.record({ active: number, inactive: number })),
    table: fc.array(text),
  }),
  module: fc.record({ state: fc.constantFrom('loaded' as const, 'absent' as const), holders: fc.array(text), uses: or(number) }),
  moduleConfig: fc.record({ options: fc.array(fc.record({ file: text, parameters: dictionary })), blacklistedBy: or(text) }),
  kernelParameter: fc.record(
    {
      loader: fc.constantFrom('grub.d' as const, 'none' as const),
      configured: fc.array(or(text)),
      effective: or(text),
      settings: fc.array(fc.record({ file: text, value: text })),
    },
    { requiredKeys: ['loader', 'configured', 'effective'] },
  ),
  notice: fc.record({ kept: exists, by: text, run: text }),
};

const throughJson = (value: unknown): unknown => decodeKept(JSON.parse(JSON.stringify(encodeKept(value))));

describe('a kept value', () => {
  test.each(Object.entries(FACTS))('of a fact of kind %s comes back as it was', (_, values) => {
    fc.assert(
      fc.property(values as fc.Arbitrary<object>, (value) => {
        expect(isDeepStrictEqual(throughJson(value), structuredClone(value))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('may have parts that only the host decides, anywhere', () => {
    fc.assert(
      fc.property(fc.oneof(...Object.values(FACTS)), fc.nat(), (value, at) => {
        const names = Object.keys(value);
        const open = { ...value, [names[at % names.length] ?? '']: ANY };
        const back = throughJson({ list: [open, ANY], one: ANY });
        expect(back).toEqual({ list: [open, ANY], one: ANY });
        expect(firstDifference((back as { list: unknown[] }).list[0], value, '')).toBe(firstDifference(open, value, ''));
      }),
    );
  });

  test('may be any object, such as one that looks like a tag', () => {
    const values = [fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant(undefined), fc.uint8Array()];
    const anything = fc.object({ key: fc.oneof(text, fc.constantFrom('$', '__proto__')), values });
    fc.assert(
      fc.property(anything, (value) => {
        expect(isDeepStrictEqual(throughJson(value), structuredClone(value))).toBe(true);
      }),
    );
    for (const value of [{ $: 'any' }, { $: { $: 'bytes' } }, { $: undefined }, [undefined], { a: undefined }, new Uint8Array([0, 255])])
      expect(throughJson(value)).toStrictEqual(value);
  });

  test('that cannot be kept is a defect, and what nobody wrote is refused', () => {
    expect(() => encodeKept({ a: () => 1 })).toThrow('a fact holds a function, which cannot be kept');
    expect(() => encodeKept(Number.NaN)).toThrow('cannot be kept');
    for (const kept of [{ $: 'new' }, { $: 'bytes' }, { $: 'object' }, { $: 'object', fields: [1] }])
      expect(() => decodeKept(kept)).toThrow();
  });
});
