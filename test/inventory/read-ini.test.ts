import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderDiagnostics } from '../../src/errors/render.ts';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { definitionsOf } from '../../src/inventory/inventory.ts';
import { inventoryOf, loadAs } from './build.ts';

const ini = async (text: string): Promise<Inventory> => {
  const { value, problems } = await loadAs('hosts.ini', text);
  if (problems.length > 0) throw new Error(renderDiagnostics(problems));
  return value;
};

const varsOf = (inventory: Inventory) => Object.fromEntries(inventory.hosts.map(({ name, vars }) => [name, vars]));
const groupsOf = (inventory: Inventory) =>
  Object.fromEntries(
    [...inventory.groups.values()].map(({ name, hosts, children }) => [name, [...hosts, ...children.map((child) => `@${child}`)]]),
  );

describe('INI inventories', () => {
  test('hosts stand under their groups, those above the first heading in none', async () => {
    const inventory = await ini(`
; comment
   # comment
lonely
  indented  # comment
[web] # comment
web1
web2#comment
[db]
web1
[ungrouped]
late
[web]
web3
`);
    expect(groupsOf(inventory)).toEqual({
      all: ['@ungrouped', '@web', '@db'],
      ungrouped: ['lonely', 'indented', 'late'],
      web: ['web1', 'web2', 'web3'],
      db: ['web1'],
    });
  });

  test('children and vars may come before the group itself', async () => {
    const inventory = await ini(`
[prod:vars]
color=red
[web:vars]
color=green
[prod:children]
web
db
[web]
web1
[db]
db1
[all:vars]
everywhere=True
[web:vars]
color='blue'
`);
    expect(groupsOf(inventory)).toEqual({ all: ['@prod'], prod: ['@web', '@db'], web: ['web1'], db: ['db1'] });
    expect(varsOf(inventory)).toEqual({ web1: { everywhere: true, color: 'blue' }, db1: { everywhere: true, color: 'red' } });
  });

  test('children stand in the order in which Ansible knows them: those defined above at once, the others where they are defined', async () => {
    const inventory = await ini('[known]\n[top:children]\nlate\nearly\nknown\n[early]\n[late]\n[early]\n');
    expect(groupsOf(inventory).top).toEqual(['@known', '@early', '@late']);
  });

  test('values in host lines are Python literals behind the quotes of a shell', async () => {
    const line = `h a=1 b=1.5 c=True d=None e="[1, 2]" f="{'a': 1}" g=abc h='x y' i="x=y" j=0644 k="'5'" l= m=[1,2] n=['a'] o=yes p="1 # c" q=a#b`;
    expect(varsOf(await ini(line))).toEqual({
      h: {
        a: 1,
        b: 1.5,
        c: true,
        d: null,
        e: [1, 2],
        f: { a: 1 },
        g: 'abc',
        h: 'x y',
        i: 'x=y',
        j: '0644',
        k: '5',
        l: '',
        m: [1, 2],
        n: '[a]',
        o: 'yes',
        p: 1,
        q: 'a',
      },
    });
  });

  test('in sections of vars the whole line behind "=" is the value', async () => {
    const text = `h\n[all:vars]\na=1 # c\nb=abc # c\nc = 'x' # c\nd=[1, 2]\ne = a = b\nf=  two  words  \ng={{ x | int }}\nh='x' y\ni=C:\\new\nj=\nk=1,2\n`;
    expect(varsOf(await ini(text)).h).toEqual({
      a: 1,
      b: 'abc # c',
      c: 'x',
      d: [1, 2],
      e: 'a = b',
      f: 'two  words',
      g: '{{ x | int }}',
      h: "'x' y",
      i: 'C:\\new',
      j: '',
      k: [1, 2],
    });
  });

  test('ranges and ports stand in the name; only the line that first names a host says its port', async () => {
    const inventory = await ini('w[01:03]:2222 a=1\n[2001:db8::1]:24\n2001:db8::2\nx[a:e:2]\np ansible_port=1\np:23\nw01:99\n');
    expect(varsOf(inventory)).toEqual({
      w01: { ansible_port: 2222, a: 1 },
      w02: { ansible_port: 2222, a: 1 },
      w03: { ansible_port: 2222, a: 1 },
      '2001:db8::1': { ansible_port: 24 },
      '2001:db8::2': {},
      xa: {},
      xc: {},
      xe: {},
      p: { ansible_port: 1 },
    });
  });

  test('a byte order mark and carriage returns are no part of it', async () => {
    expect(varsOf(await ini('\uFEFF[web]\r\nweb1 a=1\r\n[web:vars]\r\nb=x\r\n'))).toEqual({ web1: { a: 1, b: 'x' } });
  });

  test('every definition knows its place and what it replaced', async () => {
    const inventory = await ini('web1 color="r e d"\n[web:vars]\ncolor = blue\ncolor=green\n[web]\nweb1 color=pink');
    expect(definitionsOf(inventory, 'web1', 'color').map(({ value, place }) => [value, place.line, place.column, place.length])).toEqual([
      ['blue', 3, 9, 4],
      ['green', 4, 7, 5],
      ['r e d', 1, 13, 6],
      ['pink', 6, 12, 4],
    ]);
  });

  test.each([
    ['[web\nh1 a=1\n', '1:1  error inventory-shape  "[web" is neither a heading nor a host'],
    ['[web];x\nh1\n', '1:1  error inventory-shape  "[web];x" is neither a heading nor a host'],
    ['[web] front\nh1\n', '1:1  error inventory-shape  "[web]" is neither a heading nor a host'],
    ['[]\nh1\n', '1:1  error inventory-shape  [] is no heading of a section'],
  ])('a first line that should be a heading is told as one: %j', async (text, head) => {
    const { problems } = await loadAs('hosts', text);
    expect(renderDiagnostics(problems)).toContain(`hosts:${head}`);
    expect(problems).toHaveLength(1);
  });

  test.each([
    ['h a = 1', '"a" is no var', 'write name=value without blanks around "="'],
    ['h a= 1', '"1" is no var', 'write name=value without blanks around "="'],
    ['h a=1 ; b c', '";" is no var', 'a comment behind a host starts with #'],
    ['h a=1 b c d', '"b" is no var', 'put values with blanks in quotes: name="two words"'],
  ])('of a line that is no list of vars one word is told, with what to do: %s', async (line, message, hint) => {
    const { problems } = await loadAs('hosts.ini', line);
    expect(problems).toMatchObject([{ message: expect.stringContaining(message), hint }]);
  });

  test('lines may end as on any system, and only blanks and tabs part words', async () => {
    expect(varsOf(await ini('[web]\rh a=1\r\n\u00a0i\tb=x\u00a0y\n'))).toEqual({ h: { a: 1 }, i: { b: 'x\u00a0y' } });
  });

  test('a priority in quotes is one', async () => {
    const quoted = '[a]\nh\n[b]\nh\n[a:vars]\nx=a\nansible_group_priority="5"\n[b:vars]\nx=b\n';
    expect(varsOf(await ini(quoted))).toMatchObject({ h: { x: 'a' } });
  });

  test('a file full of mistakes shows every one of them, and no secret', async () => {
    const { problems } = await loadAs('test/inventory/cases/mistakes.ini', await readFile('test/inventory/cases/mistakes.ini', 'utf8'));
    await expect(`${renderDiagnostics(problems)}\n`).toMatchFileSnapshot('cases/mistakes-ini.txt');
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  test.each([
    ['hosts.ini', 'web1', 'web1'],
    ['hosts', 'web1', 'web1'],
    ['hosts', 'web1:2222 a="b: c"', 'web1'],
    ['hosts', '; comment\n[web]\nweb1', 'web1'],
    ['hosts', '# comment\n\nweb: { hosts: { web1: } }', 'web1'],
    ['hosts', '---\nweb: { hosts: { web1: } }', 'web1'],
    ['hosts', '{"web": {"hosts": {"web1": {}}}}', 'web1'],
    ['hosts.yml', '[web]\nweb1', 'web1'],
    ['hosts.json', '{"web": {"hosts": {"web1": {}}}}', 'web1'],
    ['hosts.example.com', 'web1 a=1', 'web1'],
  ])('%s that holds %j is read in its format', async (file, text, host) => {
    const { value, problems } = await loadAs(file, text);
    expect(problems).toEqual([]);
    expect(value.hosts.map(({ name }) => name)).toEqual([host]);
  });
});

describe('the same inventory in both formats', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const value = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: fc.constantFrom(...'ab 01.#\'"=[]{}:,\\$é'), maxLength: 6 }),
    fc.array(fc.integer(), { maxLength: 3 }),
  );
  const vars = fc.dictionary(fc.constantFrom('x', 'y', 'z'), value, { maxKeys: 3 });
  const world = fc.record({
    hosts: fc.dictionary(fc.constantFrom('h1', 'h2', 'h3'), vars),
    groups: fc.dictionary(name, fc.record({ hosts: fc.uniqueArray(fc.constantFrom('h1', 'h2', 'h3')), vars })),
    parents: fc.uniqueArray(name),
  });

  const literal = (item: unknown): string => {
    if (item === null) return 'None';
    if (typeof item === 'boolean') return item ? 'True' : 'False';
    return JSON.stringify(item);
  };
  const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`;
  const inline = (own: object): string =>
    Object.entries(own)
      .map(([key, item]) => ` ${key}=${quoted(literal(item))}`)
      .join('');

  test('gives the same hosts, groups and vars', async () => {
    await fc.assert(
      fc.asyncProperty(world, async ({ hosts, groups, parents }) => {
        const children = parents.filter((parent) => parent in groups);
        const asYaml = JSON.stringify({
          all: { hosts },
          ...groups,
          ...Object.fromEntries(
            Object.entries(groups).map(([group, body]) => [
              group,
              { ...body, hosts: Object.fromEntries(body.hosts.map((host) => [host, {}])) },
            ]),
          ),
          top: { children: Object.fromEntries(children.map((child) => [child, {}])) },
        });
        const asIni = [
          '[all]',
          ...Object.entries(hosts).map(([host, own]) => `${host}${inline(own)}`),
          ...Object.entries(groups).flatMap(([group, body]) => [
            `[${group}]`,
            ...body.hosts,
            `[${group}:vars]`,
            ...Object.entries(body.vars).map(([key, item]) => `${key} = ${literal(item)}`),
          ]),
          '[top:children]',
          ...children,
        ].join('\n');
        const [left, right] = [await ini(asIni), await inventoryOf(asYaml)];
        expect(varsOf(left)).toEqual(varsOf(right));
        expect(groupsOf(left)).toEqual(groupsOf(right));
      }),
    );
  });
});
