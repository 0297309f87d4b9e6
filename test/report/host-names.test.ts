import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expandRange } from '../../src/inventory/expand-range.ts';
import { rangedNames } from '../../src/report/host-names.ts';

test.each<[readonly string[], string]>([
  [['web1', 'web2'], 'web1, web2'],
  [['web1', 'web2', 'web3', 'db1'], 'web[1:3], db1'],
  [['web8', 'web9', 'web10'], 'web[8:10]'],
  [['web08', 'web09', 'web10'], 'web[08:10]'],
  [['web9', 'web010', 'web11'], 'web9, web010, web11'],
  [['web3', 'web2', 'web1'], 'web3, web2, web1'],
  [['web1.a', 'web2.a', 'web3.b'], 'web1.a, web2.a, web3.b'],
  [['r1-web1.x1', 'r1-web2.x1', 'r1-web3.x1'], 'r1-web[1:3].x1'],
  [['192.0.2.1', '192.0.2.2', '192.0.2.3'], '192.0.2.1, 192.0.2.2, 192.0.2.3'],
  [['a[1', 'a[2', 'a[3'], 'a[1, a[2, a[3'],
  [['x\x1b1', 'x\x1b2', 'x\x1b3'], 'x\\x1b[1:3]'],
  [[], ''],
])('%j are written %s', (names, text) => {
  expect(rangedNames(names)).toBe(text);
});

test('what is left is counted in hosts', () => {
  expect(rangedNames(['a1', 'a2', 'a3', 'b', 'c', 'd', 'e'], 2)).toBe('a[1:3], b and 3 more');
  expect(rangedNames(['a', 'b', 'c'], 2)).toBe('a, b, c');
});

test('ranges are those of inventories', () => {
  const name = fc.tuple(fc.constantFrom('web', 'db', ''), fc.constantFrom('', '0', '00'), fc.nat(120), fc.constantFrom('', '.x', 'z.y1'));
  fc.assert(
    fc.property(
      fc.array(
        name.map((parts) => parts.join('')),
        { maxLength: 40 },
      ),
      (names) => {
        const ranges = rangedNames(names.sort())
          .split(', ')
          .filter((text) => text !== '');
        const expanded = ranges.flatMap((range) => {
          const expansion = expandRange(range);
          return 'names' in expansion ? expansion.names : [expansion.broken];
        });
        expect(expanded).toEqual(names);
      },
    ),
  );
});
