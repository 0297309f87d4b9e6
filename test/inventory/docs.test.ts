import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { CONNECTION_VARS, DEADLINE_KEYS, SSH_ARGUMENT_VARS } from '../../src/inventory/connection-vars.ts';
import { selectHosts } from '../../src/inventory/select-hosts.ts';
import { SSH_VALUES } from '../../src/model/ssh-values.ts';
import { inventoryOf, loadAs } from './build.ts';

const docs = await readFile(new URL('../../docs/inventory.md', import.meta.url), 'utf8');
const example = /^```yaml\n([\s\S]*?)^```/m.exec(docs)?.[1] ?? '';
const inventory = await inventoryOf(example);

test('the example of docs/inventory.md loads as it stands', () => {
  expect(inventory.hosts.map(({ name }) => name.replace('.example.com', ''))).toEqual([
    'web01',
    'web02',
    'web03',
    'web04',
    'web05',
    'dba',
    'dbb',
    'dbc',
  ]);
  expect(inventory.hosts[4]?.connection).toMatchObject({ address: '192.0.2.15', given: { user: 'deploy' } });
});

test('the INI example of docs/inventory.md loads as it stands', async () => {
  const iniExample = /^```ini\n([\s\S]*?)^```/m.exec(docs)?.[1] ?? '';
  const { value, problems } = await loadAs('hosts.ini', iniExample);
  expect(problems).toEqual([]);
  expect(value.hosts.map(({ name, groups }) => [name.replace('.example.com', ''), groups.at(-1)])).toEqual([
    ['lonely', 'ungrouped'],
    ['web01', 'web'],
    ['web02', 'web'],
    ['web03', 'web'],
    ['web04', 'web'],
    ['web05', 'web'],
    ['db1', 'db'],
  ]);
  expect(value.hosts[5]?.vars).toEqual({
    motd: 'two words',
    users: ['ann', 'bob'],
    ntp: ['ntp1.example.com', 'ntp2.example.com'],
  });
});

test('every pattern of docs/inventory.md selects hosts of the example', () => {
  const table = docs.slice(docs.indexOf('## Patterns'));
  const patterns = [...table.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, pattern = '']) => pattern),
  );
  expect(patterns.length).toBeGreaterThan(12);
  for (const pattern of patterns) {
    const { value, problems } = selectHosts(inventory, pattern, { allowEmpty: false });
    expect(
      problems.map(({ message }) => message),
      pattern,
    ).toEqual([]);
    expect(value.length, pattern).toBeGreaterThan(0);
  }
});

test('docs/inventory.md names every var that drover gives a meaning to, in order of precedence', () => {
  const rows = docs.split('\n').filter((line) => line.startsWith('|') && line.includes('drover_'));
  const documented = rows.map((row) => [...(row.split('|')[2] ?? '').matchAll(/`((?:drover|ansible)_[a-z_]+)`/g)].map(([, name]) => name));
  expect(documented).toEqual(Object.values(CONNECTION_VARS));
  for (const key of Object.keys(DEADLINE_KEYS)) expect(docs).toContain(`${key}: `);
  for (const name of SSH_ARGUMENT_VARS) expect(docs).toContain(`\`${name}\``);
});

test('docs/inventory.md names every option of ssh that drover follows', () => {
  const named = [...docs.matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, name = '']) => name.toLowerCase());
  for (const keyword of SSH_VALUES.keys()) expect(named).toContain(keyword);
});
