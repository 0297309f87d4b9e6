import { describe, expect, test } from 'vitest';
import { explainHost, explainVar, unreadableFiles } from '../../src/inventory/explain.ts';
import { folderOf } from './folder.ts';

const LONG = 'a-very-long-name-of-a-host-that-somebody-gave-it.department.example.com';

async function inventory() {
  const folder = await folderOf({
    'hosts.yml': [
      'prod: { children: { web: }, vars: { port: 80, who: prod } }',
      'web:',
      `  hosts: { web1: { port: 8081 }, ${LONG}: }`,
      '  vars:',
      '    port: 8080',
      '    db_password: hunter2',
      '    ansible_become_pass: hunter3',
      '    deep: { list: [1, 2, { api_token: hunter4 }], text: "a text that is long enough to need more than the width of a terminal" }',
      '    raw: !unsafe "{{ x }}"',
      '    key: !vault abc',
      '    nothing: ~',
      '',
    ].join('\n'),
    'more.ini': '[web]\nweb1 port=8082\n',
    'group_vars/all.yml': 'port: 1\nwho: all\n',
    'group_vars/prod.yml': '$ANSIBLE_VAULT;1.1;AES256\n6162\n',
  });
  const value = await folder.inventory(['hosts.yml', 'more.ini']);
  const lines = (found: readonly string[] | null): readonly string[] | null =>
    found?.map((line) => line.replaceAll(`${folder.path('')}/`, '')) ?? null;
  return { value, lines };
}

describe('where vars come from', () => {
  test('a var tells its value, its place, and all that it replaced, the strongest first', async () => {
    const { value, lines } = await inventory();
    expect(lines(explainVar(value, { host: 'web1', name: 'port' }, { width: 200 }))).toEqual([
      'port: 8082',
      '  host web1, more.ini:2:11',
      '    not 8081, host web1, hosts.yml:3:26',
      '    not 8080, group web, hosts.yml:5:11',
      '    not 80, group prod, hosts.yml:1:43',
      '    not 1, group all, group_vars/all.yml:1:7',
    ]);
  });

  test('the line that is named decides: without it the next one named counts', async () => {
    const folder = await folderOf({
      'a.yml': 'web: { hosts: { h: { v: 1 } }, vars: { v: 2 } }\n',
      'b.yml': 'web: { hosts: { h: }, vars: { v: 2 } }\n',
    });
    const [with1, without] = [await folder.inventory(['a.yml']), await folder.inventory(['b.yml'])];
    expect(explainVar(with1, { host: 'h', name: 'v' }, { width: 200 })?.map((line) => line.replace(/, \/.*/, ''))).toEqual([
      'v: 1',
      '  host h',
      '    not 2, group web',
    ]);
    expect(without.hosts[0]?.vars.v).toBe(2);
  });

  test('all vars of a host fit into 80 columns but for paths, and show no secret', async () => {
    const { value } = await inventory();
    const found = explainHost(value, 'web1', { width: 80 });
    const tooLong = found.filter((line) => line.length > 80 && !line.includes('/'));
    expect(tooLong).toEqual([]);
    expect(found.filter((line) => !line.startsWith(' '))).toEqual([
      'ansible_become_pass: [secret]',
      'db_password: [secret]',
      'deep: {"list":[1,2,{"api_token":"[secret]"}],"text":"a text that is long enough…',
      'key: (encrypted by ansible-vault)',
      'nothing: null',
      'port: 8082',
      'raw: "{{ x }}" (marked !unsafe)',
      'who: "prod"',
    ]);
    expect(found.join('\n')).not.toContain('hunter');
  });

  test('one var is shown in full', async () => {
    const { value } = await inventory();
    expect(explainVar(value, { host: 'web1', name: 'deep' }, { width: 40 })?.slice(0, 4)).toEqual([
      'deep: {',
      '  "list": [',
      '    1,',
      '    2,',
    ]);
  });

  test('a place that does not fit stands in a line of its own', async () => {
    const { value, lines } = await inventory();
    expect(lines(explainVar(value, { host: 'web1', name: 'who' }, { width: 20 }))).toEqual([
      'who: "prod"',
      '  group prod,',
      '    hosts.yml:1:52',
      '    not "all", group all,',
      '      group_vars/all.yml:2:6',
    ]);
  });

  test('a var that the host has not is null; files that nobody can read are named', async () => {
    const { value } = await inventory();
    expect(explainVar(value, { host: 'web1', name: 'prot' }, { width: 80 })).toBeNull();
    expect(unreadableFiles(value, 'web1')).toEqual([expect.stringMatching(/group_vars\/prod\.yml$/)]);
  });
});
