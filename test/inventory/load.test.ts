import { describe, expect, test } from 'vitest';
import { renderDiagnostics } from '../../src/errors/render.ts';
import { definitionsOf } from '../../src/inventory/inventory.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { allProblems, inventoryOf, load } from './build.ts';

const hostsOf = async (...texts: readonly string[]) => (await inventoryOf(...texts)).hosts;

describe('groups', () => {
  test('hosts stand in the order of the file, each with its groups, the nearest last', async () => {
    const hosts = await hostsOf(`
web:
  hosts:
    web02:
    web01: { color: red }
  children:
    canary:
      hosts: { web03: }
prod:
  children: { web: }
all:
  hosts: { lonely: }
`);
    expect(hosts.map(({ name, groups }) => [name, groups])).toEqual([
      ['web02', ['prod', 'web']],
      ['web01', ['prod', 'web']],
      ['web03', ['prod', 'web', 'canary']],
      ['lonely', ['ungrouped']],
    ]);
  });

  test('a group defined in several places and files is one group, later values win', async () => {
    const hosts = await hostsOf(
      'web: { hosts: { a: { own: 1 } }, vars: { x: 1, y: 1 } }\nall: { children: { web: { hosts: { b: } } } }',
      'web: { hosts: { a: { own: 2 } }, vars: { x: 2 } }',
    );
    expect(hosts.map(({ name, vars }) => [name, vars])).toEqual([
      ['a', { x: 2, y: 1, own: 2 }],
      ['b', { x: 2, y: 1 }],
    ]);
  });

  test('an empty file, an empty group and a single name as text are fine', async () => {
    expect(await hostsOf('')).toEqual([]);
    expect((await hostsOf('web:\ndb:\n  hosts: db1\n  vars:\n')).map(({ name }) => name)).toEqual(['db1']);
  });

  test('ungrouped exists only for hosts in no other group', async () => {
    const inventory = await inventoryOf('ungrouped: { hosts: { a:, b: } }\nweb: { hosts: { a: } }');
    expect(inventory.groups.get('ungrouped')?.hosts).toEqual(['b']);
    expect((await inventoryOf('web: { hosts: { a: } }')).groups.has('ungrouped')).toBe(false);
  });

  test('YAML anchors and merges work', async () => {
    const hosts = await hostsOf('web: { hosts: { a: &a { x: 1, y: 1 }, b: { <<: *a, y: 2 } } }');
    expect(hosts.map(({ vars }) => vars)).toEqual([
      { x: 1, y: 1 },
      { x: 1, y: 2 },
    ]);
  });
});

describe('vars', () => {
  const text = `
all: { vars: { a: all, b: all, c: all, d: all, e: all } }
outer:
  vars: { b: outer, c: outer, d: outer, e: outer }
  children:
    middle:
      vars: { c: middle, d: middle, e: middle }
      hosts: { h: { e: host } }
alpha: { vars: { d: alpha, z: alpha }, hosts: { h: } }
beta: { vars: { z: beta }, hosts: { h: } }
`;

  test('the nearer group wins, the host wins over all, of two groups of one depth the later name wins', async () => {
    const [host] = await hostsOf(text);
    expect(host?.vars).toEqual({ a: 'all', b: 'outer', c: 'middle', d: 'middle', e: 'host', z: 'beta' });
  });

  test('depth counts by the longest way from all', async () => {
    const [host] = await hostsOf(
      'a: { children: { b: { children: { deep: } } } }\ndeep: { vars: { x: deep }, hosts: { h: } }\nb: { vars: { x: b } }',
    );
    expect(host?.vars).toEqual({ x: 'deep' });
  });

  test('ansible_group_priority decides between groups of one depth', async () => {
    const [host] = await hostsOf('a: { vars: { x: a, ansible_group_priority: 10 }, hosts: { h: } }\nb: { vars: { x: b }, hosts: { h: } }');
    expect(host?.vars.x).toBe('a');
  });

  test('lists and mappings are replaced, not merged', async () => {
    const [host] = await hostsOf('web: { vars: { l: [1, 2], m: { a: 1 } }, hosts: { h: { l: [3], m: { b: 2 } } } }');
    expect(host?.vars).toEqual({ l: [3], m: { b: 2 } });
  });

  test('every definition of a var is known with its place, the winner last', async () => {
    const inventory = await inventoryOf(text);
    expect(
      definitionsOf(inventory, 'h', 'c').map(
        ({ definedBy, place }) => `${definedBy.kind} ${definedBy.name} ${place.file}:${place.line}:${place.column}`,
      ),
    ).toEqual(['group all 1.yaml:2:35', 'group outer 1.yaml:4:24', 'group middle 1.yaml:7:18']);
  });

  test('names such as __proto__ and constructor are names like any other', async () => {
    const [host] = await hostsOf('web: { hosts: { h: { __proto__: 1, constructor: 2 } } }');
    expect(Object.entries(host?.vars ?? {})).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });
});

describe('wrong inventories', () => {
  test.each([
    ['- web', '1.yaml:1:1  error inventory-shape  an inventory is a mapping of groups, found a list'],
    ['web: 3', '1.yaml:1:6  error inventory-shape  group "web" must be a mapping with hosts, children and vars, found the number 3'],
    ['web: { hosts: [a] }', '1.yaml:1:15  error inventory-shape  hosts of group "web" must be a mapping of names, not a list'],
    [
      'web: { hosts: { a: 1 } }',
      '1.yaml:1:20  error inventory-shape  vars of host "a" must be a mapping of names to values, found the number 1',
    ],
    ['web: { vars: [a] }', '1.yaml:1:14  error inventory-shape  vars of group "web" must be a mapping of names to values, found a list'],
    ['web: { child: {} }', '1.yaml:1:8  error key-unknown  group "web" has no key "child"'],
    ['web: { children: { all: } }', '1.yaml:1:20  error inventory-cycle  group "all" contains every group and cannot be a child'],
    ['a: { children: { a: } }', '1.yaml:1:18  error inventory-cycle  group "a" contains itself: a → a'],
    ['we,b:', '1.yaml:1:1  error inventory-shape  "we,b" cannot be a group: a name cannot contain ","'],
    [
      'web: { hosts: { "-oProxyCommand=x": } }',
      '1.yaml:1:17  error inventory-shape  "-oProxyCommand=x" cannot be a host: a name cannot start with "-"',
    ],
    ['plugin: aws_ec2', "1.yaml:1:1  error unsupported  Ansible's inventory plugins cannot be used"],
    ['$ANSIBLE_VAULT;1.1;AES256\n6162', '1.yaml:1:1  error unsupported  inventories encrypted as a whole cannot be read'],
    ['#!/bin/sh\necho {}', '1.yaml:1:1  error unsupported  an inventory that starts with "#!" is a program'],
    [
      'a: { children: { b: } }\nb: { children: { c: } }\nc: { children: { a: } }',
      '1.yaml:3:18  error inventory-cycle  group "a" contains itself: a → b → c → a',
    ],
  ])('%j', async (text, head) => {
    const { problems } = await load(text);
    expect(renderDiagnostics(problems).split('\n')[0]).toBe(head);
    expect(problems).toHaveLength(1);
  });

  test('problems of all files come at once, those of a missing file too', async () => {
    const readFile = async (path: string) => {
      if (path === 'gone.yaml') throw Object.assign(new Error('gone'), { code: 'ENOENT' });
      return `web: { ${path[0]}: }`;
    };
    const { problems } = await loadInventory(['a.yaml', 'gone.yaml', 'b.yaml'], { readFile });
    expect(problems.map(({ code, place }) => [code, place?.file])).toEqual([
      ['file-missing', undefined],
      ['key-unknown', 'a.yaml'],
      ['key-unknown', 'b.yaml'],
    ]);
  });

  test('a missing file on disk is told', async () => {
    const { problems } = await loadInventory(['test/inventory/none.yaml']);
    expect(problems.map(({ message }) => message)).toEqual(['there is no inventory file "test/inventory/none.yaml"']);
  });

  test('a wrong value that many hosts inherit is reported once', async () => {
    const problems = allProblems(await load('web: { hosts: { "w[1:100]": }, vars: { ansible_port: 99999 } }'));
    expect(problems.map(({ message }) => message)).toEqual(['ansible_port must be a port from 1 to 65535, found 99999']);
  });

  test('a file full of mistakes shows every one of them', async () => {
    const problems = allProblems(await loadInventory(['test/inventory/cases/mistakes.yaml']));
    await expect(`${renderDiagnostics(problems)}\n`).toMatchFileSnapshot('cases/mistakes.txt');
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });
});
