import { expect, test } from 'vitest';
import { graphInventory, hostVarsForDisplay, listInventory } from '../../src/inventory/output.ts';
import { inventoryOf } from './build.ts';

const inventory = await inventoryOf(`
prod: { children: { web: } }
web: { hosts: { web2: , web1: { db_password: hunter2, ansible_become_password: hunter3 } }, vars: { size: 2, color: red }, children: { canary: { hosts: { web3: } } } }
all: { hosts: { lonely: } }
none:
`);

test('the listing has the shape of ansible-inventory --list, without secrets', () => {
  expect(listInventory(inventory)).toEqual({
    _meta: {
      hostvars: {
        web1: { ansible_become_password: '[secret]', color: 'red', db_password: '[secret]', size: 2 },
        web2: { color: 'red', size: 2 },
        web3: { color: 'red', size: 2 },
      },
    },
    all: { children: ['ungrouped', 'prod', 'none'] },
    prod: { children: ['web'] },
    web: { hosts: ['web2', 'web1'], children: ['canary'] },
    canary: { hosts: ['web3'] },
    ungrouped: { hosts: ['lonely'] },
  });
});

test('secrets are listed where they are asked for', () => {
  expect(listInventory(inventory, { secrets: true })._meta.hostvars.web1).toMatchObject({
    db_password: 'hunter2',
    ansible_become_password: 'hunter3',
  });
  expect(hostVarsForDisplay(inventory, 'web1', { secrets: true })).toMatchObject({ ansible_become_password: 'hunter3' });
});

test('the graph has the shape of ansible-inventory --graph', () => {
  expect(graphInventory(inventory)).toBe(
    [
      '@all:',
      '  |--@ungrouped:',
      '  |  |--lonely',
      '  |--@prod:',
      '  |  |--@web:',
      '  |  |  |--@canary:',
      '  |  |  |  |--web3',
      '  |  |  |--web2',
      '  |  |  |--web1',
      '  |--@none:',
    ].join('\n'),
  );
});
