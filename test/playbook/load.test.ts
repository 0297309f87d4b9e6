import { describe, expect, test } from 'vitest';
import { renderDiagnostics } from '../../src/errors/render.ts';
import { loadPlaybook } from '../../src/playbook/load.ts';
import { resolvePlay } from '../../src/playbook/resolve-params.ts';
import { droverUrl, hostOf, load } from './build.ts';

describe('YAML playbooks', () => {
  test('become plays with roles, parameters, vars, become and tags', async () => {
    const { value, problems } = await load(`
- name: Message
  hosts: web:&prod
  become: true
  become_user: admin
  tags: a, b
  vars: { text: hi, mode: 0644 }
  roles:
    - motd
    - role: motd
      params: { text: '{{ text }}' }
      tags: [c]
- hosts: [web, db]
  become: { user: www }
  allow: reboot
- hosts: all
  become: no
`);
    expect(problems).toEqual([]);
    expect(value.plays.map(({ roles, hostsPlace, hostsSource, rollout, ...play }) => play)).toEqual([
      {
        name: 'Message',
        hosts: 'web:&prod',
        become: { method: 'sudo', user: 'admin' },
        allow: { reboot: false, disconnect: false },
        tags: ['a', 'b'],
        vars: { text: 'hi', mode: '0644' },
      },
      {
        name: 'web,db',
        hosts: 'web,db',
        become: { method: 'sudo', user: 'www' },
        allow: { reboot: true, disconnect: false },
        tags: [],
        vars: {},
      },
      { name: 'all', hosts: 'all', become: null, allow: { reboot: false, disconnect: false }, tags: [], vars: {} },
    ]);
    expect(value.plays[0]?.roles.map(({ role, params, tags }) => [role.name, params, tags])).toEqual([
      ['motd', {}, []],
      ['motd', { text: '{{ text }}' }, ['c']],
    ]);
    expect(value.plays[0]?.hostsPlace).toEqual({ file: 'test/playbook/cases/site.yaml', line: 3, column: 10, length: 9 });
  });

  const ROOT = { method: 'sudo', user: 'root' };

  test.each<[play: string, use: string, play: unknown, use: unknown]>([
    ['', '', null, undefined],
    ['', 'become: true', null, ROOT],
    ['', 'become: { user: www }', null, { method: 'sudo', user: 'www' }],
    ['', 'become: { method: su }', null, { method: 'su', user: 'root' }],
    ['become: true', '', ROOT, undefined],
    ['become: true', 'become: false', ROOT, null],
    ['become: true', 'become_user: www', ROOT, { method: 'sudo', user: 'www' }],
    ['become: true', 'become_method: doas', ROOT, { method: 'doas', user: 'root' }],
    ['become: { user: www, method: doas }', 'become: true', { method: 'doas', user: 'www' }, { method: 'doas', user: 'www' }],
    ['become: { user: www }, become_method: su', 'become: { user: db }', { method: 'su', user: 'www' }, { method: 'su', user: 'db' }],
    ['become_user: www, become_method: doas', 'become: yes', null, { method: 'doas', user: 'www' }],
    ['become: false, become_user: www', 'become: true', null, { method: 'sudo', user: 'www' }],
  ])('of a play with { %s } and a role with { %s }: whom its steps become', async (play, use, ofPlay, ofUse) => {
    const keys = (own: string, more: string): string => [own, more].filter((each) => each !== '').join(', ');
    const { value, problems } = await load(`- { ${keys('hosts: all', play)}, roles: [{ ${keys('role: motd', use)} }] }`);
    expect(problems).toEqual([]);
    expect([value.plays[0]?.become, value.plays[0]?.roles[0]?.become]).toEqual([ofPlay, ofUse]);
  });

  test('a role around a host becomes whom its entry says', async () => {
    const { value, problems } = await load(
      '- { hosts: all, become_user: www, before: [{ role: motd, on: lb, become: true }], after: [{ role: motd, become: { user: root } }] }',
    );
    expect(problems).toEqual([]);
    const { before = [], after = [] } = value.plays[0]?.rollout ?? {};
    expect([...before, ...after].map((around) => around.use.become)).toEqual([{ method: 'sudo', user: 'www' }, ROOT]);
  });

  test('know where every parameter stands: its value, its key, or the nearest thing above', async () => {
    const { value } = await load(`- hosts: all
  roles:
    - role: vips
      params:
        vips:
          - { address: 192.0.2.1, port: 80 }
        empty:
`);
    const use = value.plays[0]?.roles[0];
    const at = (path: readonly PropertyKey[], part?: 'key' | 'value') => {
      const place = use?.place(path, part);
      return `${place?.line}:${place?.column}+${place?.length}`;
    };
    expect(at(['vips', 0, 'port'])).toBe('6:41+2');
    expect(at(['vips', 0, 'port'], 'key')).toBe('6:35+4');
    expect(at(['vips', 0, 'port', 'deeper'])).toBe('6:41+2');
    expect(at(['vips', 0, 'none'])).toBe('6:13+32');
    expect(at(['vips', 7])).toBe('5:9+4');
    expect(at(['empty'])).toBe('7:9+5');
    expect(at(['none'])).toBe('3:13+4');
    expect(at([])).toBe('3:13+4');
    expect(use?.source({ file: '', line: 3, column: 1 })).toBe('    - role: vips');
  });

  test.each([
    ['', 'site.yaml:1:1  error playbook-shape  the playbook is empty'],
    ['# nothing\n', 'site.yaml:1:1  error playbook-shape  the playbook is empty'],
    ['hosts: all', 'site.yaml:1:1  error playbook-shape  a playbook is a list of plays, found a mapping'],
    [
      '- hosts: [all',
      'site.yaml:1:14  error yaml-syntax  not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['- hosts: all\n  hosts: web', 'site.yaml:2:3  error key-duplicate  the key "hosts" is already in this mapping'],
    ['- name: x', 'site.yaml:1:3  error playbook-shape  the play has no hosts'],
    ['- hosts: 3', 'site.yaml:1:10  error playbook-shape  "hosts" must be text, found the number 3'],
    ['- hosts:', 'site.yaml:1:3  error playbook-shape  "hosts" must be text, found nothing'],
    ['- hosts: []', 'site.yaml:1:10  error playbook-shape  "hosts" is an empty list'],
    ['- hosts: ""', 'site.yaml:1:10  error playbook-shape  "hosts" must be text, found empty text'],
    ['- hosts: all\n  vars_prompt: []', 'site.yaml:2:3  error unsupported  "vars_prompt" is not supported yet'],
    ['- hosts: all\n  gather_facts: no', 'site.yaml:2:3  error key-unknown  a play has no key "gather_facts"'],
    ['- hosts: all\n  roels: []', 'site.yaml:2:3  error key-unknown  a play has no key "roels"'],
    ['- hosts: all\n  roles: motd', 'site.yaml:2:10  error playbook-shape  "roles" must be a list, found text'],
    [
      '- hosts: all\n  roles: [3]',
      'site.yaml:2:11  error playbook-shape  a role is a name or a mapping with role and params, found the number 3',
    ],
    [
      '- hosts: all\n  roles: [{ role: motd, params: 3 }]',
      'site.yaml:2:33  error playbook-shape  "params" must be a mapping of names to values, found the number 3',
    ],
    ['- hosts: all\n  roles: [{ role: motd, text: x }]', 'site.yaml:2:25  error key-unknown  a role use has no key "text"'],
    [
      '- hosts: all\n  roles: [{ role: motd, tags: 3 }]',
      'site.yaml:2:31  error playbook-shape  "tags" must be text or a list of text, found the number 3',
    ],
    ['- hosts: all\n  vars: [x]', 'site.yaml:2:9  error playbook-shape  "vars" must be a mapping of names to values, found a list'],
    ['- hosts: all\n  allow: [rebot]', 'site.yaml:2:10  error playbook-shape  "allow" does not know "rebot"'],
    ['- hosts: all\n  become: { usr: x }', 'site.yaml:2:13  error key-unknown  "become" has no key "usr"'],
    ['- hosts: all\n  become: { method: sduo }', 'site.yaml:2:21  error playbook-shape  "method" must be sudo, doas or su, found "sduo"'],
    [
      '- hosts: all\n  become: true\n  become_method: 3',
      'site.yaml:3:18  error playbook-shape  "become_method" must be sudo, doas or su, found the number 3',
    ],
    ['- hosts: all\n  become_method: su', 'site.yaml:2:3  error playbook-shape  "become_method" has no effect without become'],
    [
      '- hosts: all\n  roles: [{ role: motd, become_user: www }]',
      'site.yaml:2:25  error playbook-shape  "become_user" has no effect without become',
    ],
    [
      '- hosts: all\n  become: true\n  roles: [{ role: motd, become: no, become_user: www }]',
      'site.yaml:3:37  error playbook-shape  "become_user" has no effect without become',
    ],
    [
      '- hosts: all\n  roles: [{ role: motd, become: root }]',
      'site.yaml:2:33  error playbook-shape  "become" must be true, false or { user: NAME, method: NAME }, found text',
    ],
    ['- hosts: all\n  become: true\n  become_flags: -H', 'site.yaml:3:3  error key-unknown  a play has no key "become_flags"'],
    ['- hosts: all\n  roles: [../motd]', 'site.yaml:2:11  error role-missing  there is no role "../motd"'],
    ['- hosts: all\n  roles: [mtod]', 'site.yaml:2:11  error role-missing  there is no role "mtod"'],
  ])('%j is refused', async (text, head) => {
    const { problems } = await load(text);
    expect(renderDiagnostics(problems).split('\n')[0]).toBe(`test/playbook/cases/${head}`);
    expect(problems).toHaveLength(1);
  });

  test('a missing role says where it was looked for, and the nearest name', async () => {
    const file = 'test/playbook/cases/site.yaml';
    const readFile = async () => '- { hosts: all, roles: [mtod, zzz] }';
    const { problems } = await loadPlaybook(file, { roleDirectories: ['roles', 'shipped'], droverUrl, readFile });
    expect(problems.map(({ hint }) => hint)).toEqual([
      'did you mean "motd"? (looked in test/playbook/cases/roles, roles, shipped)',
      'looked in test/playbook/cases/roles, roles, shipped',
    ]);
  });

  test('a missing file and a directory are told apart', async () => {
    const options = { roleDirectories: [], droverUrl };
    const messages = await Promise.all(
      ['test/none.yaml', 'test/none.ts', 'test/playbook'].map(async (file) =>
        (await loadPlaybook(file, options)).problems.map(({ message }) => message),
      ),
    );
    expect(messages).toEqual([
      ['there is no playbook "test/none.yaml"'],
      ['there is no playbook "test/none.ts"'],
      ['"test/playbook" is a directory, not a playbook'],
    ]);
  });

  test('a file full of mistakes shows every one of them, in the parameters too', async () => {
    const { value, problems } = await loadPlaybook('test/playbook/cases/mistakes.yaml', { roleDirectories: ['roles'], droverUrl });
    const hosts = [hostOf('web01'), hostOf('web02'), hostOf('web03', { vip_address: '192.0.2.1' })];
    const inParams = value.plays.flatMap((play) => resolvePlay(play, hosts).problems);
    await expect(`${renderDiagnostics([...problems, ...inParams])}\n`).toMatchFileSnapshot('cases/mistakes.txt');
  });
});

describe('roles that cannot be used', () => {
  test.each([
    ['nothing', 'test/playbook/cases/roles/nothing.ts:1:1  error role-invalid  role "nothing" has no default export'],
    ['other', 'test/playbook/cases/roles/other.ts:1:1  error role-invalid  role "other" exports something that defineRole did not make'],
    ['broken', 'test/playbook/cases/roles/broken.ts:3:7  error role-invalid  role "broken" cannot be loaded: this is not a role'],
  ])('%s', async (name, head) => {
    const { problems } = await load(`- { hosts: all, roles: [${name}, ${name}] }`);
    expect(problems.map((problem) => renderDiagnostics([problem]).split('\n')[0])).toEqual([head]);
  });
});
