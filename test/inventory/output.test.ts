import { expect, test } from 'vitest';
import { graphInventory, listInventory } from '../../src/inventory/output.ts';
import { inventoryOf } from './build.ts';

const inventory = await inventoryOf(`
prod: { children: { web: } }
web: { hosts: { web1: { db_password: hunter2 }, web2: }, vars: { color: red }, children: { canary: { hosts: { web3: } } } }
all: { hosts: { lonely: } }
`);

test('the listing has the shape of ansible-inventory --list, without secrets', () => {
  expect(listInventory(inventory)).toEqual({
    _meta: {
      hostvars: { web1: { color: 'red', db_password: '[secret]' }, web2: { color: 'red' }, web3: { color: 'red' }, lonely: {} },
    },
    all: { children: ['prod', 'ungrouped'] },
    prod: { children: ['web'] },
    web: { hosts: ['web1', 'web2'], children: ['canary'] },
    canary: { hosts: ['web3'] },
    ungrouped: { hosts: ['lonely'] },
  });
});

test('the graph has the shape of ansible-inventory --graph', () => {
  expect(graphInventory(inventory)).toBe(
    [
      '@all:',
      '  |--@prod:',
      '  |  |--@web:',
      '  |  |  |--@canary:',
      '  |  |  |  |--web3',
      '  |  |  |--web1',
      '  |  |  |--web2',
      '  |--@ungrouped:',
      '  |  |--lonely',
    ].join('\n'),
  );
});
