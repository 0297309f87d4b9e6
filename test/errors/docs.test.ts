import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EXIT } from '../../src/errors/exit-code.ts';
import { DIAGNOSTIC_CODES } from '../../src/model/diagnostic.ts';

const docs = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const rows = docs.split('\n').filter((line) => line.startsWith('| `'));

test('docs/errors.md has one row for each diagnostic code, in the same order, and no other', () => {
  const documented = rows.map((row) => /^\| `([a-z-]+)`/.exec(row)?.[1]).filter((code) => code !== undefined);
  expect(documented).toEqual([...DIAGNOSTIC_CODES]);
});

test('each row has a meaning, an example and a way out', () => {
  for (const row of rows.filter((line) => /^\| `[a-z]/.test(line))) {
    const cells = row.split(/(?<!\\)\|/).slice(1, -1);
    expect(cells, row).toHaveLength(4);
    for (const cell of cells) expect(cell.trim(), row).not.toBe('');
  }
});

test('docs/errors.md lists every exit code', () => {
  const documented = rows.map((row) => /^\| `([0-9]+)`/.exec(row)?.[1]).filter((code) => code !== undefined);
  expect(documented.map(Number).sort((a, b) => a - b)).toEqual(Object.values(EXIT).sort((a, b) => a - b));
});
