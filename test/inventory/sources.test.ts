import { chmod, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { definitionsOf, varNamesOf } from '../../src/inventory/inventory.ts';
import { contentsOf, folderOf, varsOf } from './folder.ts';

const hostsOf = (inventory: Parameters<typeof varsOf>[0]) => inventory.hosts.map(({ name }) => name);

describe('lists of hosts', () => {
  test('have ranges and ports, and stand beside files', async () => {
    const folder = await folderOf({ hosts: '[web]\nweb1' });
    const inventory = await folder.inventory(['hosts', 'web[1:2],db1:2222, [2001:db8::1]:24 ,', 'last,']);
    expect(contentsOf(inventory)).toEqual({
      all: ['@ungrouped', '@web'],
      web: ['web1'],
      ungrouped: ['web2', 'db1', '2001:db8::1', 'last'],
    });
    expect(varsOf(inventory)).toMatchObject({ db1: { ansible_port: 2222 }, '2001:db8::1': { ansible_port: 24 } });
  });

  test('are refused with the place of the item', async () => {
    const folder = await folderOf({});
    expect(await folder.problems(['web1,db[1-2],a b,', 'one.yml,dir/two.yml'])).toBe(
      [
        '-i:1:6  error inventory-range  host "db[1-2]" is a broken range: [1-2] is not [start:end] or [start:end:step]',
        '  1 | web1,db[1-2],a b,',
        '    |      ^^^^^^^',
        '  hint: ranges look like web[01:20], db[a:f] or web[01:20:2]',
        '',
        '-i:1:9  error inventory-shape  "dir/two.yml" cannot be a host: a name cannot contain "/"',
        '  1 | one.yml,dir/two.yml',
        '    |         ^^^^^^^^^^^',
        '  hint: what holds a comma is a list of hosts, unless there is a file of this name; give several files with several -i',
        '',
        '-i:1:14  error inventory-shape  "a b" cannot be a host: a name cannot contain white space',
        '  1 | web1,db[1-2],a b,',
        '    |              ^^^',
        '  hint: what holds a comma is a list of hosts, unless there is a file of this name; give several files with several -i',
      ].join('\n'),
    );
  });
});

describe('folders of sources', () => {
  test('are read in the order of names, later ones win, and what is no inventory is left out', async () => {
    const folder = await folderOf({
      'inv/20-more': 'web1 color=blue',
      'inv/10-first.yml': 'web: { hosts: { web1: { color: red } } }',
      'inv/Z': 'upper',
      'inv/sub/hosts': 'deep',
      'inv/sub/group_vars/all': 'color: never',
      'inv/group_vars/all.yml': 'place: beside',
      'inv/.hidden': 'no',
      ...Object.fromEntries(
        ['a~', 'a.orig', 'a.bak', 'a.ini', 'a.cfg', 'a.retry', 'a.pyc', 'a.pyo', 'a.swp', 'a.md', 'a.txt', 'a.rst', 'a.rpm'].map((name) => [
          `inv/${name}`,
          'no',
        ]),
      ),
    });
    const inventory = await folder.inventory(['inv']);
    expect(hostsOf(inventory)).toEqual(['web1', 'upper', 'deep']);
    expect(varsOf(inventory)).toEqual({ web1: { color: 'blue', place: 'beside' }, upper: { place: 'beside' }, deep: { place: 'beside' } });
  });

  test('without any source are refused', async () => {
    const folder = await folderOf({ 'inv/hosts.ini': 'web1' });
    expect(await folder.problems(['inv'])).toContain('there is no inventory in the folder "inv"\n  hint: files that end in .ini,');
  });
});

describe('group_vars and host_vars', () => {
  test('beside the inventory win over it, those beside the playbook over both; the nearer group still wins', async () => {
    const vars = (where: string) => ({
      [`${where}/group_vars/all.yml`]: `a: ${where}-all\n${where === 'play' ? 'b' : 'c'}: ${where}-all`,
      [`${where}/group_vars/web.yml`]: `d: ${where}-web`,
      [`${where}/host_vars/web1.yml`]: where === 'play' ? 'f: play-host' : 'e: inv-host\nf: inv-host',
    });
    const folder = await folderOf({
      'inv/hosts': '[all:vars]\na=file\nb=file\nc=file\nd=file\n[web]\nweb1 e=file f=file\n[web:vars]\nc=web-file\nd=web-file',
      ...vars('inv'),
      ...vars('play'),
    });
    const inventory = await folder.inventory(['inv/hosts'], { playbookDirectory: folder.path('play') });
    expect(varsOf(inventory).web1).toEqual({ a: 'play-all', b: 'play-all', c: 'web-file', d: 'play-web', e: 'inv-host', f: 'play-host' });
    const told = (name: string) =>
      definitionsOf(inventory, 'web1', name).map(({ value, origin, definedBy }) => `${definedBy.name} ${origin}: ${value}`);
    expect(told('d')).toEqual([
      'all inventory: file',
      'web inventory: web-file',
      'web inventory-vars: inv-web',
      'web playbook-vars: play-web',
    ]);
    expect(told('f')).toEqual(['web1 inventory: file', 'web1 inventory-vars: inv-host', 'web1 playbook-vars: play-host']);
    expect(varNamesOf(inventory, 'web1')).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(definitionsOf(inventory, 'web1', 'e')[1]?.place).toMatchObject({
      file: folder.path('inv/host_vars/web1.yml'),
      line: 1,
      column: 4,
    });
  });

  test('have NAME before NAME.yml before NAME.yaml before NAME.json, and a folder with several files in the order of names', async () => {
    const folder = await folderOf({
      hosts: '[a]\nh\n[b]\nh\n[c]\nh\n[d]\nh\n[e]\nh',
      'group_vars/a': 'a: none',
      'group_vars/a.yml': 'a: yml',
      'group_vars/b.json': '{"b": "json"}',
      'group_vars/all.yml': 'all: yml',
      'group_vars/all.yaml': 'all: yaml',
      'group_vars/b.yaml': 'b: yaml',
      'group_vars/c.json': '{"c": "json"}',
      'group_vars/d/2.yml': 'x: 2',
      'group_vars/d/10': 'x: 10\ny: 10',
      'group_vars/d/Z.json': '{"y": "Z"}',
      'group_vars/d/deep/3.yml': 'z: 3',
      'group_vars/d/deep.d/3.yml': 'z: never',
      'group_vars/d/.hidden.yml': 'z: never',
      'group_vars/d/x.yml~': 'z: never',
      'group_vars/d/x.txt': 'z: never',
      'group_vars/e.yml/1.yml': 'e: 1',
      'group_vars/unknown.yml': '- what nobody uses is not read',
    });
    expect(varsOf(await folder.inventory(['hosts'])).h).toEqual({ all: 'yml', a: 'none', b: 'yaml', c: 'json', x: 2, y: 'Z', z: 3, e: 1 });
  });

  test('of one folder that several sources and the playbook share are read once, as the strongest', async () => {
    const folder = await folderOf({ one: 'h a=1', two: 'h a=2', 'group_vars/all': 'b: 1', 'host_vars/h': 'a: 3' });
    const inventory = await folder.inventory(['one', 'two'], { playbookDirectory: folder.path('.') });
    expect(definitionsOf(inventory, 'h', 'a').map(({ value, origin }) => [value, origin])).toEqual([
      [1, 'inventory'],
      [2, 'inventory'],
      [3, 'playbook-vars'],
    ]);
  });

  test('win as their sources do: those of a folder that comes twice where it comes last', async () => {
    const folder = await folderOf({ 'x/one': 'h', 'x/two': 'h', 'x/host_vars/h': 'a: x', 'y/one': 'h', 'y/host_vars/h': 'a: y' });
    expect(varsOf(await folder.inventory(['x/one', 'y/one']))).toEqual({ h: { a: 'y' } });
    expect(varsOf(await folder.inventory(['x/one', 'y/one', 'x/two']))).toEqual({ h: { a: 'x' } });
  });

  test('beside a list of hosts are those of the playbook alone', async () => {
    const folder = await folderOf({ 'play/group_vars/all.yml': 'a: 1' });
    expect(varsOf(await folder.inventory(['web1,'], { playbookDirectory: folder.path('play') }))).toEqual({ web1: { a: 1 } });
  });

  test('that are no mapping are refused, empty ones are fine', async () => {
    const folder = await folderOf({ hosts: 'h1\nh2\nh3', 'host_vars/h1.yml': '- a', 'host_vars/h2.yml': '', 'host_vars/h3.yml': 'a: [' });
    expect(await folder.problems(['hosts'])).toMatch(
      /^host_vars\/h1.yml:1:1 {2}error inventory-shape {2}vars of host "h1" must be a mapping of names to values, found a list\n[\s\S]*\n\nhost_vars\/h3.yml:1:5 {2}error yaml-syntax/,
    );
  });

  test('of a host whose name leads out of the folder are not looked for', async () => {
    const folder = await folderOf({ 'inv/hosts': '../secret\n', 'inv/host_vars/x': '', 'inv/secret': 'a: 1' });
    expect(varsOf((await folder.load(['inv/hosts'])).value)).toEqual({ '../secret': {} });
  });
});

describe('what is kept', () => {
  test('vaulted values and text marked !unsafe stand as ansible-inventory shows them, at any depth', async () => {
    const folder = await folderOf({
      'hosts.yml': 'web: { hosts: { h: } }',
      'group_vars/web.yml': [
        'db:',
        '  password: !vault |',
        '    $ANSIBLE_VAULT;1.1;AES256',
        '    6162',
        'plain: !unsafe "{{ x }}"',
        'list: !unsafe ["{{ x }}", 1]',
        'logic: "{{ x | default(1) }}"',
        '',
      ].join('\n'),
    });
    const inventory = await folder.inventory(['hosts.yml']);
    expect(varsOf(inventory).h).toEqual({
      db: { password: { __ansible_vault: '$ANSIBLE_VAULT;1.1;AES256\n6162\n' } },
      plain: { __ansible_unsafe: '{{ x }}' },
      list: [{ __ansible_unsafe: '{{ x }}' }, 1],
      logic: '{{ x | default(1) }}',
    });
    expect(inventory.hosts[0]?.origins?.placeOf('logic')).toMatchObject({ file: folder.path('group_vars/web.yml'), line: 7, column: 8 });
  });

  test('a file that is encrypted as a whole is known with the hosts that it is for', async () => {
    const folder = await folderOf({
      hosts: '[web]\nh1\n[db]\nh2',
      'group_vars/web/vault.yml': '$ANSIBLE_VAULT;1.1;AES256\n6162\n',
      'group_vars/web/vars.yml': 'a: 1',
      'host_vars/h2': '$ANSIBLE_VAULT;1.2;AES256;prod\n6162\n',
    });
    const inventory = await folder.inventory(['hosts']);
    expect(varsOf(inventory)).toEqual({ h1: { a: 1 }, h2: {} });
    expect(inventory.hosts.map(({ origins }) => origins?.encryptedFiles)).toEqual([
      [folder.path('group_vars/web/vault.yml')],
      [folder.path('host_vars/h2')],
    ]);
  });
});

const program = (body: string) => `#!/bin/sh\n${body}\n`;

describe('executable inventories', () => {
  test('print groups, hosts and _meta for --list', async () => {
    const printed = {
      web: { hosts: ['web1', 'web2'], vars: { color: 'red' }, children: ['canary'] },
      canary: ['web2', 'web3'],
      alone: { size: 3 },
      all: { vars: { everywhere: true } },
      _meta: { hostvars: { web1: { a: 1, list: [1, { b: null }] }, stranger: { a: 2 } } },
    };
    const folder = await folderOf({ 'inv.sh': program(`[ "$*" = --list ] || exit 9\ncat <<'END'\n${JSON.stringify(printed)}\nEND`) });
    const inventory = await folder.inventory(['inv.sh']);
    expect(contentsOf(inventory)).toEqual({
      all: ['@web', '@alone'],
      web: ['web1', 'web2', '@canary'],
      canary: ['web2', 'web3'],
      alone: ['alone'],
    });
    expect(varsOf(inventory)).toEqual({
      web1: { everywhere: true, color: 'red', a: 1, list: [1, { b: null }] },
      web2: { everywhere: true, color: 'red' },
      web3: { everywhere: true, color: 'red' },
      alone: { everywhere: true, size: 3 },
    });
    expect(definitionsOf(inventory, 'web1', 'a')[0]?.place).toMatchObject({ file: folder.path('inv.sh'), path: '_meta.hostvars.web1.a' });
    expect(definitionsOf(inventory, 'web1', 'color')[0]?.place.path).toBe('web.vars.color');
  });

  test('are asked for each host where they print no _meta, a few at a time', async () => {
    const hosts = Array.from({ length: 20 }, (_, index) => `h${index}`);
    const folder = await folderOf({
      'inv.sh': program(`if [ "$1" = --list ]; then echo '${JSON.stringify({ web: { hosts } })}'; else echo "{\\"name\\": \\"$2\\"}"; fi`),
    });
    const inventory = await folder.inventory(['inv.sh']);
    expect(varsOf(inventory)).toEqual(Object.fromEntries(hosts.map((host) => [host, { name: host }])));
    expect(definitionsOf(inventory, 'h3', 'name')[0]?.place).toMatchObject({ file: `${folder.path('inv.sh')} --host h3`, path: 'name' });
  });

  test('have group_vars beside them, and are found in folders', async () => {
    const folder = await folderOf({
      'inv/a.sh': program(`echo '{"web": ["h"], "_meta": {"hostvars": {}}}'`),
      'inv/group_vars/web': 'a: 1',
    });
    expect(varsOf(await folder.inventory(['inv']))).toEqual({ h: { a: 1 } });
  });

  test.each([
    [
      'echo no; echo "what went wrong" >&2; exit 3',
      'inventory program "inv.sh --list" ended with exit status 3\n  hint: it said: what went wrong',
    ],
    ['kill -TERM $$', 'inventory program "inv.sh --list" was ended by SIGTERM\n  hint: it said nothing on standard error'],
    ['echo web1', 'inventory program "inv.sh --list" printed something that is not JSON: '],
    ['echo no token >&2', 'inventory program "inv.sh --list" printed nothing\n  hint: it said: no token'],
    ['printf \'{"a": ["\\351"]}\'', 'inventory program "inv.sh --list" printed text that is not UTF-8'],
    [
      'echo "[]"',
      'inventory program "inv.sh --list" printed JSON that is no mapping\n  hint: it must print {"group": {"hosts": [...]}, ...}',
    ],
  ])('that fail are reported: %s', async (body, message) => {
    const folder = await folderOf({ 'inv.sh': program(body) });
    expect(await folder.problems(['inv.sh'])).toContain(`error inventory-script  ${message}`);
  });

  test('whose first line names nothing that can be run are told so', async () => {
    const folder = await folderOf({ 'inv.sh': '#!/no/such/python\n', 'note.sh': program('echo why >&2; echo "{"') });
    expect(await folder.problems(['inv.sh'])).toBe(
      'error inventory-script  inventory program "inv.sh --list" cannot be run: what its first line names behind "#!" is not on this machine',
    );
    expect(await folder.problems(['note.sh'])).toMatch(/printed something that is not JSON: .*\n {2}hint: it said: why$/);
  });

  test('that print something else are refused at its path', async () => {
    const printed = {
      web: { hosts: 'web1', vars: ['a'] },
      db: { hosts: [1, 'a b'], children: ['all', ''] },
      '': [],
      seven: 7,
      _meta: { hostvars: { db1: 3 } },
      ok: ['db1'],
    };
    const folder = await folderOf({ 'inv.sh': program(`echo '${JSON.stringify(printed)}'`) });
    expect((await folder.problems(['inv.sh'])).split('\n\n')).toEqual([
      'inv.sh:web.hosts  error inventory-shape  hosts of group "web" must be a list of names, found text',
      'inv.sh:web.vars  error inventory-shape  vars of group "web" must be a mapping of names to values',
      'inv.sh:db.hosts[0]  error inventory-shape  hosts of group "db" must be names, found the number 1',
      'inv.sh:db.hosts[1]  error inventory-shape  "a b" cannot be a host: a name cannot contain white space',
      'inv.sh:db.children[0]  error inventory-cycle  "all" cannot be a child: it contains every group',
      'inv.sh:db.children[1]  error inventory-shape  a group needs a name',
      'inv.sh:[""]  error inventory-shape  a group needs a name',
      'inv.sh:seven  error inventory-shape  group "seven" must be a mapping or a list of hosts, found the number 7',
      'inv.sh:_meta.hostvars.db1  error inventory-shape  vars of host "db1" must be a mapping of names to values',
    ]);
  });

  test('are run only with the executable bit', async () => {
    const folder = await folderOf({ 'inv.sh': program('echo "{}"; touch "$0.ran"'), hosts: 'h' });
    await chmod(folder.path('inv.sh'), 0o644);
    expect(await folder.problems(['inv.sh'])).toMatch(/an inventory that starts with "#!" is a program\n {2}hint: chmod \+x .*inv.sh$/);
    await chmod(folder.path('hosts'), 0o755);
    expect(hostsOf(await folder.inventory(['hosts']))).toEqual(['h']);
  });
});

test('files in another encoding are refused at the first character that is none, but for comments', async () => {
  const folder = await folderOf({ hosts: '', 'group_vars/web.yml': '' });
  await writeFile(folder.path('hosts'), Buffer.from('# caf\xe9\n[web]\nh a=1\n', 'latin1'));
  expect(await folder.problems(['hosts'])).toBe('');
  await writeFile(folder.path('hosts'), Buffer.from('# caf\xe9\n[web]\nh a=caf\xe9\n', 'latin1'));
  await writeFile(folder.path('group_vars/all.yml'), Buffer.from('b: \xfc\n', 'latin1'));
  const text = await folder.problems(['hosts']);
  expect(text).toContain(
    'hosts:3:8  error unsupported  this character is not UTF-8, in which inventories are written\n  hint: if it is Latin-1: iconv',
  );
  expect(text).toContain('group_vars/all.yml:1:4  error unsupported  this character is not UTF-8');
});
