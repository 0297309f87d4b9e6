import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { DROVER_VARS } from '../../src/inventory/connection-vars.ts';
import { hostVarsForDisplay } from '../../src/inventory/output.ts';
import { redactVars } from '../../src/inventory/redact-vars.ts';
import { defaults, inventoryOf, load } from './build.ts';

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
    ['{ ansible_host: 192.0.2.1, ansible_port: 2222, ansible_user: root }', { address: '192.0.2.1', port: 2222, user: 'root' }],
    ['{ drover_host: 192.0.2.1, drover_port: "2222", drover_user: root }', { address: '192.0.2.1', port: 2222, user: 'root' }],
    ['{ drover_port: 1, ansible_port: 2 }', { port: 1 }],
    ['{ ansible_ssh_host: 2001:db8::1, ansible_ssh_port: 3, ansible_ssh_user: x }', { address: '2001:db8::1', port: 3, user: 'x' }],
    ['{ ansible_connection: local }', { transport: 'local' }],
    ['{ ansible_connection: smart }', { transport: 'ssh' }],
    ['{ drover_transport: local, ansible_connection: ssh }', { transport: 'local' }],
    ['{ ansible_ssh_private_key_file: ~/keys/id }', { keyFiles: ['/home/deploy/keys/id'] }],
    ['{ drover_key_file: [/a, ~/b] }', { keyFiles: ['/a', '/home/deploy/b'] }],
    ['{ drover_known_hosts_file: ~/known }', { knownHostsFiles: ['/home/deploy/known'] }],
    ['{ drover_host_key_policy: accept-new }', { hostKeyPolicy: 'accept-new' }],
    ['{ drover_deadlines: { connect: 2, read: 0.5 } }', { deadlines: { ...defaults.deadlines, connectMs: 2000, readMs: 500 } }],
  ])('%s', async (vars, expected) => {
    expect(await connectionOf(vars)).toMatchObject(expected);
  });

  test('the port may stand behind the name, and a var wins over it', async () => {
    const { hosts } = await inventoryOf(
      'web: { hosts: { "a[1:2]:2201": , "b:22": { ansible_port: 23 }, "[2001:db8::1]:24": , "2001:db8::2": } }',
    );
    expect(hosts.map(({ name, connection }) => [name, connection.port])).toEqual([
      ['a1', 2201],
      ['a2', 2201],
      ['b', 23],
      ['2001:db8::1', 24],
      ['2001:db8::2', 22],
    ]);
  });

  test.each([
    ['ansible_port: 99999', 'connection-setting', 'ansible_port must be a port from 1 to 65535, found 99999'],
    ['drover_port: x', 'connection-setting', 'drover_port must be a port from 1 to 65535, found "x"'],
    ['ansible_host: 3', 'connection-setting', 'ansible_host must be text, found 3'],
    ['ansible_host: "{{ address }}"', 'connection-setting', 'ansible_host must be written out; {{ }} works in parameters only'],
    ['ansible_connection: winrm', 'connection-setting', 'ansible_connection must be ssh or local, found "winrm"'],
    ['drover_key_file: []', 'connection-setting', 'drover_key_file must be a path or a list of paths, found a list'],
    ['drover_host_key_policy: no', 'connection-setting', 'drover_host_key_policy must be strict or accept-new, found false'],
    ['drover_become_password: 1234', 'connection-setting', 'drover_become_password must be text, found a number'],
    ['drover_deadlines: 3', 'connection-setting', 'drover_deadlines must be a mapping such as { connect: 10, read: 60 }, found 3'],
    ['drover_deadlines: { read: 0 }', 'connection-setting', 'drover_deadlines needs seconds above 0 and at most 86400 for "read", found 0'],
    ['drover_hst: a', 'key-unknown', 'drover has no var "drover_hst"'],
    ['ansible_password: x', 'unsupported', 'ansible_password is not supported yet'],
    ['ansible_become: true', 'unsupported', 'ansible_become is not supported yet'],
    ['ansible_become_method: su', 'unsupported', 'ansible_become_method must be sudo, found "su"'],
  ])('refuses %s', async (vars, code, message) => {
    const { problems } = await load(`web:\n  hosts:\n    h:\n      ${vars}\n`);
    expect(problems.map((problem) => [problem.code, problem.message, problem.place?.line])).toEqual([[code, message, 4]]);
  });

  test('a port behind the name must be a port too', async () => {
    expect((await load('web: { hosts: { "a:99999": } }')).problems.map(({ place }) => place?.column)).toEqual([17]);
  });
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
    'drover_transport',
    'drover_become_password',
    'drover_host_key_policy',
    'drover_known_hosts_file',
    'drover_deadlines',
  ]);
});
