import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { renderDiagnostics } from '../src/errors/render.ts';
import type { Visit } from '../src/model/rollout-task.ts';
import { loadProject, type ProjectOptions } from '../src/project.ts';

const role = (name: string): string => `import { defineRole, z } from 'drover';
export default defineRole({
  name: '${name}',
  description: 'd',
  platforms: 'any',
  params: z.strictObject({ of: z.string().default('nobody'), port: z.int().default(80) }),
  steps: () => ({ steps: [] }),
});
`;

const HOSTS = `all:
  children:
    web:
      vars: { ansible_user: deploy }
      hosts:
        web1: { zone: a, balancer: lb1, port: 8081 }
        web2: { zone: b, balancer: lb2, port: 8082 }
        web3: { zone: a, balancer: lb1, port: 8083 }
    lb:
      hosts: { lb1: , lb2: }
    db:
      hosts: { db1: }
`;

const ROLES = ['work', 'out', 'back', 'check', 'migrate'];

/** Loads a playbook over the hosts above. */
async function project(playbook: string, more: Partial<ProjectOptions> = {}, hosts: string = HOSTS) {
  const root = await mkdtemp(join(tmpdir(), 'drover-project-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const files = { 'site.yml': playbook, 'hosts.yml': hosts, ...Object.fromEntries(ROLES.map((name) => [`roles/${name}.ts`, role(name)])) };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const { value, problems } = await loadProject({
    ...{ cwd: root, home: '/home/op', username: 'op', agentSocket: null, hostKeyPolicy: null, becomePassword: null },
    ...{ playbook: join(root, 'site.yml'), inventory: [join(root, 'hosts.yml')], limit: null, tags: [], skipTags: [] },
    ...more,
  });
  return { project: value, said: renderDiagnostics(problems).replaceAll(`${root}/`, '') };
}

/** A project that must have no problem. */
async function sound(playbook: string, more: Partial<ProjectOptions> = {}) {
  const { project: value, said } = await project(playbook, more);
  expect(said).toBe('');
  if (value === null) throw new Error('no project');
  return {
    ...value,
    /** The plays of a host, as `part role`. */
    parts: (name: string) =>
      value.tasks
        .find(({ host }) => host.name === name)
        ?.plays.map(({ part, roles }) => [part, ...roles.map((use) => use.role.name)].join(' ')),
    visits: (name: string, play = 0) => {
      const { once = [], before = [], after = [], gate = [] } = value.plays[play]?.rollout?.visits.get(name) ?? {};
      return { once, before, after, gate };
    },
  };
}

const shown = (visits: readonly Visit[]) =>
  visits.map(
    ({ host, play }) => `${play.roles.map((use) => use.role.name).join()} on ${host.name} ${JSON.stringify(play.roles[0]?.params)}`,
  );

const ROLLOUT = `- name: First
  hosts: lb
  roles: [work]
- name: Web
  hosts: web
  become: true
  allow: [reboot]
  vars: { weight: '{{ port }}' }
  serial: 1
  once: [{ role: migrate, per: run, on: db1 }, { role: check }]
  before: [{ role: out, on: lb, params: { of: '{{ inventory_hostname }}' } }, check]
  roles: [work]
  after:
    - { role: check, params: { port: '{{ weight }}' } }
    - { role: back, on: '{{ balancer }}', params: { of: '{{ inventory_hostname }}' } }
  gate: [{ role: check, on: 'lb:&lb2' }, check]
`;

test('a play without rollout keys has no rollout', async () => {
  const { plays } = await sound(ROLLOUT);
  expect(plays.map(({ index, name, rollout }) => [index, name, rollout === null])).toEqual([
    [0, 'First', true],
    [1, 'Web', false],
  ]);
});

test('visits are made on the hosts of `on`, with the vars of the host that is worked on', async () => {
  const { visits } = await sound(ROLLOUT);
  const { once, before, after, gate } = visits('web2', 1);
  expect(once.map(({ per }) => per)).toEqual(['run', 'batch']);
  expect(shown(once)).toEqual(['migrate on db1 {"of":"nobody","port":80}', 'check on web2 {"of":"nobody","port":80}']);
  expect(shown(before)).toEqual([
    'out on lb1 {"of":"web2","port":80}',
    'out on lb2 {"of":"web2","port":80}',
    'check on web2 {"of":"nobody","port":80}',
  ]);
  expect(shown(after)).toEqual(['check on web2 {"of":"nobody","port":8082}', 'back on lb2 {"of":"web2","port":80}']);
  expect(shown(gate)).toEqual(['check on lb2 {"of":"nobody","port":80}', 'check on web2 {"of":"nobody","port":80}']);
  expect(shown(visits('web1', 1).after)[1]).toBe('back on lb1 {"of":"web1","port":80}');
});

test('what is done on the host itself is among its plays too, the same object, in the order of its turn', async () => {
  const { parts, visits, tasks } = await sound(ROLLOUT);
  expect(parts('web1')).toEqual(['once check', 'before check', 'roles work', 'after check', 'gate check']);
  expect(parts('lb1')).toEqual(['roles work']);
  expect(parts('db1')).toBeUndefined();
  const own = tasks.find(({ host }) => host.name === 'web1')?.plays ?? [];
  const { once, before, after, gate } = visits('web1', 1);
  const visited = [...once, ...before, ...after, ...gate].filter(({ host }) => host.name === 'web1').map(({ play }) => play);
  expect(own.filter(({ part }) => part !== 'roles')).toHaveLength(4);
  for (const [index, play] of own.filter(({ part }) => part !== 'roles').entries()) expect(play).toBe(visited[index]);
});

test('visits are numbered behind the plays, each with a number of its own', async () => {
  const { plays, tasks } = await sound(ROLLOUT);
  const visits = [...(plays[1]?.rollout?.visits.values() ?? [])].flatMap((all) => [...all.once, ...all.before, ...all.after, ...all.gate]);
  const indexes = visits.map(({ play }) => play.index);
  expect(new Set(indexes).size).toBe(3 * 9);
  expect(Math.min(...indexes)).toBe(2);
  expect(tasks.flatMap((task) => task.plays.filter(({ part }) => part === 'roles').map(({ index }) => index))).toEqual([1, 1, 1, 0, 0]);
});

test('visits have the privilege and the permissions of the play', async () => {
  const { visits } = await sound(ROLLOUT);
  expect(visits('web1', 1).before[0]?.play).toMatchObject({
    name: 'Web',
    part: 'before',
    become: { method: 'sudo', user: 'root' },
    allow: { reboot: true, disconnect: false },
  });
});

test('a role of a visit may have its own privilege, and that of this machine only so', async () => {
  const { visits } = await sound(
    '- { hosts: web1, become: true, before: [{ role: out, on: lb1, become: { user: www } }, { role: out, on: localhost, become: true }] }',
  );
  const own = { method: 'sudo', user: 'www' };
  const { before } = visits('web1');
  expect(before.map(({ play }) => [play.become, play.roles[0]?.become])).toEqual([
    [own, own],
    [
      { method: 'sudo', user: 'root' },
      { method: 'sudo', user: 'root' },
    ],
  ]);
});

test("whom a role becomes: the host's vars go before its use, and that before the play", async () => {
  const playbook = `- hosts: web1,web2
  become: true
  roles: [work, { role: work, become: { user: www, method: su } }, { role: work, become: false }]
`;
  const hosts = 'all: { hosts: { web1: {}, web2: { ansible_become_user: admin, ansible_become_method: doas } } }';
  const { project: value } = await project(playbook, {}, hosts);
  const becomes = value?.tasks.map(({ plays }) => plays.map((play) => [play.become, ...play.roles.map((use) => use.become)]));
  const admin = { method: 'doas', user: 'admin' };
  expect(becomes).toEqual([
    [[{ method: 'sudo', user: 'root' }, undefined, { method: 'su', user: 'www' }, null]],
    [[admin, undefined, admin, null]],
  ]);
});

test('the task of a rollout has its settings, its hosts in order, and nothing of an earlier run', async () => {
  const { plays } = await sound('- { hosts: web, serial: 50%, order: reverse, spread: { by: zone, max: 2 }, soak: 3 }');
  expect(plays[0]?.rollout).toMatchObject({
    settings: {
      serial: [{ kind: 'percent', percent: 50 }],
      order: { kind: 'reverse' },
      spread: [{ by: 'zone', max: 2 }],
      maxFailures: { batch: null, total: { kind: 'count', count: 0 } },
      onFailure: 'putBack',
      soakMs: 3000,
      onGateFailure: 'halt',
    },
    hosts: [
      { name: 'web1', vars: { zone: 'a' } },
      { name: 'web2', vars: { zone: 'b' } },
      { name: 'web3', vars: { zone: 'a' } },
    ],
    firstBatch: 0,
  });
  expect(Object.keys(plays[0]?.rollout?.settings ?? {})).toHaveLength(7);
  expect(plays[0]?.rollout?.owed.size).toBe(0);
});

test('the hosts of a project are all that may be contacted, each once', async () => {
  const { hosts } = await sound(ROLLOUT, { limit: 'web' });
  expect(hosts.map(({ name }) => name)).toEqual(['web1', 'web2', 'web3', 'db1', 'lb1', 'lb2']);
});

test('a limit narrows the hosts of the play, never those of `on`', async () => {
  const { plays, tasks, visits } = await sound(ROLLOUT, { limit: 'web2' });
  expect(tasks.map(({ host }) => host.name)).toEqual(['web2']);
  expect(plays[1]?.rollout?.hosts.map(({ name }) => name)).toEqual(['web2']);
  expect([...(plays[1]?.rollout?.visits.keys() ?? [])]).toEqual(['web2']);
  expect(visits('web2', 1).before.map(({ host }) => host.name)).toEqual(['lb1', 'lb2', 'web2']);
});

test('tags select roles around a host like others; they have those of the play too', async () => {
  const playbook = `- hosts: web1
  tags: [all-of-it]
  before: [{ role: out, on: lb1, tags: [rotate] }]
  roles: [{ role: work, tags: [upgrade] }]
  after: [{ role: back, on: lb1, tags: [rotate] }, { role: check, tags: [never, slow] }]
`;
  const names = async (more: Partial<ProjectOptions>) => {
    const { parts, visits } = await sound(playbook, more);
    const { before, after } = visits('web1');
    return [before, after].map((each) => each.map(({ play }) => play.roles[0]?.role.name)).concat([parts('web1') ?? []]);
  };
  expect(await names({})).toEqual([['out'], ['back'], ['roles work']]);
  expect(await names({ tags: ['rotate'] })).toEqual([['out'], ['back'], ['roles']]);
  expect(await names({ tags: ['upgrade'] })).toEqual([[], [], ['roles work']]);
  expect(await names({ tags: ['all-of-it', 'slow'] })).toEqual([['out'], ['back', 'check'], ['roles work', 'after check']]);
  expect(await names({ skipTags: ['rotate'] })).toEqual([[], [], ['roles work']]);
  expect((await project(playbook, { tags: ['rotat'] })).said).toBe(
    'error tag-unknown  no play or role has the tag "rotat"\n  hint: did you mean "rotate"?',
  );
});

test('`on: localhost` is this machine where the inventory has no such host', async () => {
  const playbook =
    "- { hosts: web1, become: true, before: [{ role: out, on: localhost }, { role: out, on: 'lb1,localhost' }, { role: out, on: '*' }] }";
  const { visits } = await sound(playbook);
  const { before } = visits('web1');
  expect(before[0]?.host).toMatchObject({ name: 'localhost', groups: [], vars: {}, connection: { transport: 'local' } });
  expect(before[0]?.play.become).toBeNull();
  expect(before[1]?.play.become).toEqual({ method: 'sudo', user: 'root' });
  expect(before.map(({ host }) => host.name)).toEqual(['localhost', 'lb1', 'localhost', 'web1', 'web2', 'web3', 'lb1', 'lb2', 'db1']);
});

test('`on: localhost` is the host of the inventory where there is one', async () => {
  const hosts = `${HOSTS}  hosts: { localhost: { ansible_port: 2222 } }\n`;
  const { project: value } = await project('- { hosts: web1, before: [{ role: out, on: localhost }] }', {}, hosts);
  const visited = value?.plays[0]?.rollout?.visits
    .get('web1')
    ?.before.map(({ host }) => [host.connection.transport, host.connection.given.port]);
  expect(visited).toEqual([['ssh', 2222]]);
});

test('`on` that selects the host that is worked on is done on that host itself', async () => {
  const { parts, visits } = await sound('- { hosts: lb, roles: [work], before: [{ role: out, on: lb }] }');
  expect(parts('lb1')).toEqual(['before out', 'roles work']);
  expect(visits('lb1').before.map(({ host }) => host.name)).toEqual(['lb1', 'lb2']);
});

test('`on` may be a list in a var', async () => {
  const playbook = "- { hosts: web1, vars: { balancers: [lb2, '{{ balancer }}'] }, before: [{ role: out, on: '{{ balancers }}' }] }";
  expect((await sound(playbook)).visits('web1').before.map(({ host }) => host.name)).toEqual(['lb2', 'lb1']);
});

test('everything wrong around hosts is shown at once, with its place', async () => {
  const { said, project: none } = await project(`- hosts: web
  spread: [{ by: rack }, { by: zone }]
  before:
    - { role: out, on: lbb }
    - { role: out, on: 'lb:!lb' }
    - { role: out, on: '{{ balancr }}' }
    - { role: out, on: '{{ port }}' }
    - { role: out, on: '{{ zone }}' }
  once: [{ role: migrate, params: { port: '{{ zone }}', off: x } }]
`);
  expect(none).toBeNull();
  expect(said.split('\n').filter((line) => /error|hint/.test(line))).toEqual([
    'site.yml:2:11  error var-unknown  spread by rack: web1, web2, web3 have no such var with text, a number or true or false',
    '  hint: define it in the inventory for every host of the play',
    'site.yml:4:24  error host-unknown  no host or group is named "lbb"',
    '  hint: did you mean "lb"?',
    'site.yml:5:25  error pattern-empty  host pattern "lb:!lb" selects no host',
    'site.yml:6:24  error var-unknown  role "out": there is no variable "balancr" (on 3 hosts, first web1)',
    '  hint: did you mean "balancer"?',
    'site.yml:7:24  error playbook-shape  role "out": "on" must come to a host pattern or a list of them, found 8081 (on web1)',
    'site.yml:7:24  error playbook-shape  role "out": "on" must come to a host pattern or a list of them, found 8082 (on web2)',
    'site.yml:7:24  error playbook-shape  role "out": "on" must come to a host pattern or a list of them, found 8083 (on web3)',
    'site.yml:8:24  error host-unknown  no host or group is named "a" (on 2 hosts, first web1)',
    'site.yml:8:24  error host-unknown  no host or group is named "b" (on web2)',
    '  hint: did you mean "lb"?',
    'site.yml:9:43  error parameter-invalid  role "migrate": parameter "port" must be a number, found text "a" (on 2 hosts, first web1)',
    'site.yml:9:43  error parameter-invalid  role "migrate": parameter "port" must be a number, found text "b" (on web2)',
    'site.yml:9:57  error parameter-invalid  role "migrate": there is no parameter "off" (on 3 hosts, first web1)',
    '  hint: did you mean "of"?',
  ]);
});

test('failure domains are told apart by the resolved var, the play’s where the inventory has none', async () => {
  const playbook = "- { hosts: web, vars: { rack: 'r-{{ zone }}', row: [1] }, spread: [{ by: rack }, { by: ROW }] }";
  const { plays } = await sound(playbook.replace(', { by: ROW }', ''));
  expect(plays[0]?.rollout?.hosts.map(({ vars }) => vars.rack)).toEqual(['r-a', 'r-b', 'r-a']);
  expect((await project(playbook.replace('ROW', 'row'))).said).toContain('spread by row: web1, web2, web3 have no such var');
  expect((await project(playbook.replace('ROW', 'constructor'))).said).toContain(
    'spread by constructor: web1, web2, web3 have no such var',
  );
});
