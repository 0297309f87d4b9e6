import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { CONNECTION_DEFAULTS as defaults } from '../../src/inventory/connection-defaults.ts';
import { connectionProblems } from '../../src/inventory/connection-problems.ts';
import { DROVER_VARS } from '../../src/inventory/connection-vars.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { hostVarsForDisplay } from '../../src/inventory/output.ts';
import { redactVars } from '../../src/inventory/redact-vars.ts';
import type { ResolveText } from '../../src/inventory/setting-reader.ts';
import { allProblems, inventoryOf, load } from './build.ts';

const connectionOf = async (vars: string) => {
  const [host] = (await inventoryOf(`web: { hosts: { h: ${vars} } }`)).hosts;
  if (host === undefined) throw new Error('no host');
  return host.connection;
};

describe('connection settings', () => {
  test('are the defaults and the host name where no var says otherwise', async () => {
    expect(await connectionOf('{}')).toEqual({ ...defaults, address: 'h' });
  });

  test.each([
    ['{ ansible_host: 192.0.2.1, ansible_port: 2222, ansible_user: root }', { address: '192.0.2.1', given: { port: 2222, user: 'root' } }],
    ['{ drover_host: 192.0.2.1, drover_port: "2222", drover_user: root }', { address: '192.0.2.1', given: { port: 2222, user: 'root' } }],
    ['{ drover_port: 1, ansible_port: 2 }', { given: { port: 1 } }],
    [
      '{ ansible_ssh_host: 2001:db8::1, ansible_ssh_port: 3, ansible_ssh_user: x }',
      { address: '2001:db8::1', given: { port: 3, user: 'x' } },
    ],
    ['{ ansible_connection: local }', { transport: 'local' }],
    ['{ ansible_connection: smart }', { transport: 'ssh' }],
    ['{ ansible_connection: paramiko_ssh }', { transport: 'ssh' }],
    ['{ ansible_connection: ansible.builtin.local }', { transport: 'local' }],
    ['{ drover_transport: openssh }', { transport: 'openssh', sshArguments: [] }],
    [
      '{ drover_transport: openssh, ansible_ssh_args: "-o CertificateFile=~/c -p 3", ansible_ssh_extra_args: "-c aes256-ctr" }',
      { given: { port: 3, ciphers: 'aes256-ctr' }, sshArguments: ['-o', 'CertificateFile=~/c'] },
    ],
    ['{ ansible_host: a, ansible_ssh_host: b }', { address: 'b' }],
    ['{ ansible_host_key_checking: false }', { given: { strictHostKeyChecking: 'accept-new' } }],
    ['{ ansible_ssh_host_key_checking: "yes" }', { given: { strictHostKeyChecking: 'ask' } }],
    ['{ ansible_ssh_args: "-o Port=1", ansible_port: 2, ansible_ssh_extra_args: "-p 3" }', { given: { port: 1 } }],
    [
      '{ ansible_port: 2, ansible_ssh_common_args: "-p 3 -l root -o ConnectTimeout=3" }',
      { given: { port: 2, user: 'root', connectTimeoutSec: 3 } },
    ],
    ['{ ansible_ssh_private_key_file: /a, ansible_ssh_common_args: "-i ~/b" }', { given: { identityFiles: ['/a', '~/b'] } }],
    ['{ ansible_ssh_common_args: "-o IdentityAgent=~/s" }', { given: { identityAgent: '~/s' } }],
    [
      '{ ansible_ssh_args: "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null" }',
      { given: { strictHostKeyChecking: 'no', userKnownHostsFiles: ['/dev/null'] } },
    ],
    ['{ ansible_ssh_args: "-F none" }', { sshConfigFile: 'none' }],
    ['{ ansible_ssh_common_args: "-J a,b:24" }', { given: { proxyJump: [{ host: 'a' }, { host: 'b', port: 24 }] } }],
    ['{ drover_ssh_args: "-o ProxyCommand=\\"nc %h %p\\"" }', { given: { proxyCommand: 'nc %h %p' } }],
    ['{ drover_transport: local, ansible_connection: ssh }', { transport: 'local' }],
    ['{ drover_key_file: [/a, ~/b] }', { given: { identityFiles: ['/a', '~/b'] } }],
    ['{ drover_known_hosts_file: ~/known }', { given: { userKnownHostsFiles: ['~/known'], globalKnownHostsFiles: [] } }],
    ['{ drover_host_key_policy: accept-new }', { given: { strictHostKeyChecking: 'accept-new' } }],
    ['{ drover_host_key_policy: strict }', { given: { strictHostKeyChecking: 'yes' } }],
    [
      '{ drover_deadlines: { connect: 2, read: 0.5 } }',
      { given: { connectTimeoutSec: 2 }, deadlines: { ...defaults.deadlines, connectMs: 2000, readMs: 500 } },
    ],
    [
      '{ ansible_become: "yes", ansible_become_user: app, ansible_become_method: community.general.doas }',
      { become: { enabled: true, user: 'app', method: 'doas' } },
    ],
    ['{ drover_become: off }', { become: { enabled: false } }],
  ])('%s', async (vars, expected) => {
    expect(await connectionOf(vars)).toMatchObject(expected);
  });

  test('the port may stand behind the name, and a var wins over it', async () => {
    const { hosts } = await inventoryOf(
      'web: { hosts: { "a[1:2]:2201": , "b:22": { ansible_port: 23 }, "[2001:db8::1]:24": , "2001:db8::2": } }',
    );
    expect(hosts.map(({ name, connection }) => [name, connection.given.port])).toEqual([
      ['a1', 2201],
      ['a2', 2201],
      ['b', 23],
      ['2001:db8::1', 24],
      ['2001:db8::2', undefined],
    ]);
  });

  test.each([
    ['ansible_port: 99999', 'connection-setting', 'ansible_port must be a port from 1 to 65535, found 99999'],
    ['drover_port: x', 'connection-setting', 'drover_port must be a port from 1 to 65535, found "x"'],
    ['ansible_host: 3', 'connection-setting', 'ansible_host must be text, found 3'],
    ['ansible_host: ""', 'connection-setting', 'ansible_host is empty'],
    ['ansible_port: ""', 'connection-setting', 'ansible_port is empty'],
    ['ansible_password: ""', 'connection-setting', 'ansible_password is empty'],
    ['ansible_ssh_private_key_file: ""', 'connection-setting', 'ansible_ssh_private_key_file is empty'],
    ['ansible_host: "{{ address }}"', 'connection-setting', 'ansible_host must be written out: {{ }} cannot be replaced here'],
    ['ansible_connection: winrm', 'connection-setting', 'ansible_connection must be ssh, openssh or local, found "winrm"'],
    ['drover_key_file: []', 'connection-setting', 'drover_key_file must be a path or a list of paths, found a list'],
    ['drover_host_key_policy: no', 'connection-setting', 'drover_host_key_policy must be strict, ask or accept-new, found false'],
    ['drover_become_password: 1234', 'connection-setting', 'drover_become_password must be text, found a number'],
    ['drover_deadlines: 3', 'connection-setting', 'drover_deadlines must be a mapping such as { connect: 10, read: 60 }, found 3'],
    ['drover_deadlines: { read: 0 }', 'connection-setting', 'drover_deadlines needs seconds above 0 and at most 86400 for "read", found 0'],
    ['drover_hst: a', 'key-unknown', 'drover has no var "drover_hst"'],
    ['ansible_become_method: runas', 'connection-setting', 'ansible_become_method must be sudo, doas or su, found "runas"'],
    ['ansible_become_exe: /opt/sudo', 'unsupported', 'ansible_become_exe cannot be followed'],
    [
      'ansible_ssh_extra_args: -A',
      'unsupported',
      'ansible_ssh_extra_args: -A cannot be followed: drover forwards no agent: root of the host could use your keys',
    ],
    ['ansible_ssh_args: [-A]', 'connection-setting', 'ansible_ssh_args must be text with arguments of ssh'],
    ['ansible_password: !vault abc', 'connection-setting', 'ansible_password is encrypted by ansible-vault, which drover cannot read'],
  ])('refuses %s', async (vars, code, message) => {
    const problems = allProblems(await load(`web:\n  hosts:\n    h:\n      ${vars}\n`));
    expect(problems.map((problem) => [problem.code, problem.message, problem.place?.line])).toEqual([[code, message, 4]]);
  });

  test('a port behind the name must be a port too', async () => {
    expect(allProblems(await load('web: { hosts: { "a:99999": } }')).map(({ place }) => place?.column)).toEqual([17]);
  });
});

describe('passwords', () => {
  test('a password is wrapped, and neither roles nor messages see it', async () => {
    const checked = await load('web: { hosts: { h: { ansible_ssh_pass: hunter2 } } }');
    const [host] = checked.value.hosts;
    expect(host?.connection.password?.reveal()).toBe('hunter2');
    expect(inspect(host, { depth: 9 }) + JSON.stringify([host, allProblems(checked)])).not.toContain('hunter2');
  });
});

describe('{{ }} in settings', () => {
  const resolveText: ResolveText = (text, host) => {
    const name = /\{\{ (\w+) \}\}/.exec(text)?.[1] ?? '';
    const value = name === 'inventory_hostname' ? host.name : host.vars[name];
    if (value === undefined) return { broken: `there is no variable "${name}"`, hint: null };
    return { value: typeof value === 'string' ? text.replace(/\{\{.*\}\}/, value) : value };
  };
  const read = async (vars: string) => {
    const readFile = async () => `web: { hosts: { h: ${vars} } }`;
    return loadInventory(['1.yaml'], { readFile, resolveText });
  };

  test.each([
    ['{ ansible_host: "{{ inventory_hostname }}.example.com" }', { address: 'h.example.com' }],
    ['{ ansible_port: "{{ p }}", p: 24 }', { given: { port: 24 } }],
    ['{ ansible_become_password: "{{ vault_pw }}", vault_pw: hunter2 }', { becomePassword: {} }],
    ['{ ansible_user: !unsafe "{{ p }}" }', { given: { user: '{{ p }}' } }],
  ])('%s', async (vars, expected) => {
    const checked = await read(vars);
    expect(allProblems(checked)).toEqual([]);
    expect(checked.value.hosts[0]?.connection).toMatchObject(expected);
  });

  test.each([
    ['{ ansible_host: "{{ nobody }}" }', 'ansible_host cannot be resolved: there is no variable "nobody"'],
    ['{ ansible_port: "{{ my_token }}", my_token: hunter2 }', 'ansible_port must be a port from 1 to 65535, found "{{ my_token }}"'],
    ['{ ansible_ssh_args: "-p {{ my_token }}", my_token: hunter2 }', 'ansible_ssh_args: -p must be a whole number from 1 to 65535'],
    ['{ ansible_ssh_args: "{{ my_token }}", my_token: hunter2 }', 'ansible_ssh_args: a word cannot be followed: it is no flag of ssh'],
    [
      '{ ansible_host: "{{ kept }}", kept: !vault abc }',
      'ansible_host comes to a value that ansible-vault encrypted, which drover cannot read',
    ],
  ])('refuses %s, and shows no value that came in', async (vars, message) => {
    const problems = allProblems(await read(vars));
    expect(problems.map((problem) => problem.message)).toEqual([message]);
    expect(JSON.stringify(problems.map((problem) => problem.message))).not.toContain('hunter2');
  });
});

test('the operator’s transport says which arguments can be followed', async () => {
  const source =
    'web: { hosts: { a: { ansible_ssh_args: "-4" }, b: { ansible_ssh_args: "-4", drover_transport: openssh }, c: { ansible_connection: local } } }';
  const read = async (transport: 'ssh' | 'openssh' | null) => {
    const { value } = await loadInventory(['1.yaml'], { readFile: async () => source, transport });
    return value.hosts.map(({ name, connection: { transport: by, sshArguments } }) => [
      by,
      sshArguments,
      value.connectionProblems.has(name),
    ]);
  };
  const [refused, passed, local] = [
    ['ssh', [], true],
    ['openssh', ['-4'], false],
    ['local', [], false],
  ];
  expect(await read(null)).toEqual([refused, passed, local]);
  expect(await read('openssh')).toEqual([passed, passed, local]);
  expect(await read('ssh')).toEqual([refused, refused, local]);
});

test('how a host is reached is refused only where the host is used', async () => {
  const { value, problems } = await load('web: { hosts: { a: { ansible_connection: winrm }, b: , c: { ansible_port: 0 } } }');
  expect(problems).toEqual([]);
  const [a, b] = value.hosts;
  expect(connectionProblems(value, b === undefined ? [] : [b])).toEqual([]);
  expect(connectionProblems(value, a === undefined ? [] : [a, a]).map(({ message }) => message)).toEqual([
    'ansible_connection must be ssh, openssh or local, found "winrm"',
  ]);
});

describe('secrets', () => {
  test.each(['ansible_become_password', 'ansible_become_pass', 'drover_become_password'])(
    '%s reaches the connection only',
    async (name) => {
      const inventory = await inventoryOf(`web: { vars: { ${name}: hunter2 }, hosts: { h: } }`);
      const [host] = inventory.hosts;
      expect(host?.connection.becomePassword?.reveal()).toBe('hunter2');
      expect(inspect(host, { depth: 9 }) + JSON.stringify(host)).not.toContain('hunter2');
    },
  );

  test('redactVars hides values of secret names at any depth', () => {
    expect(redactVars({ a: 1, db_password: 'x', list: [{ api_token: 'y', b: null }], deep: { my_secret: { c: 1 } } })).toEqual({
      a: 1,
      db_password: '[secret]',
      list: [{ api_token: '[secret]', b: null }],
      deep: { my_secret: '[secret]' },
    });
  });

  test('host vars are shown redacted', async () => {
    const inventory = await inventoryOf('web: { hosts: { h: { db_password: hunter2, a: 1 } } }');
    expect(hostVarsForDisplay(inventory, 'h')).toEqual({ db_password: '[secret]', a: 1 });
    expect(hostVarsForDisplay(inventory, 'none')).toBeNull();
  });
});

test('the names of drover’s own vars', () => {
  expect(DROVER_VARS).toEqual([
    'drover_host',
    'drover_port',
    'drover_user',
    'drover_key_file',
    'drover_password',
    'drover_transport',
    'drover_become',
    'drover_become_user',
    'drover_become_method',
    'drover_become_password',
    'drover_host_key_policy',
    'drover_known_hosts_file',
    'drover_deadlines',
    'drover_ssh_args',
  ]);
});
