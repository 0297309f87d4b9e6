import { join } from 'node:path';
import { expect, test } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import { folder } from './folder.ts';
import { testIo } from './test-io.ts';

const HOSTS = `web:
  hosts:
    near: { ansible_connection: local, db_password: hunter2 }
    far: { ansible_connection: winrm }
  vars:
    port: 80
`;

/** Runs a command over these files; paths of the folder are taken out of what it wrote. */
async function drover(argv: readonly string[], files: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> {
  const root = await folder({ 'hosts.yml': HOSTS, ...files });
  const io = testIo({ cwd: root });
  const [command = '', ...rest] = argv;
  const code = await main([command, '-i', join(root, 'hosts.yml'), ...rest], io);
  return { code, out: io.out().replaceAll(`${root}/`, ''), err: io.err().replaceAll(`${root}/`, '') };
}

test('drover inventory --explain HOST VAR says where a value comes from', async () => {
  expect(await drover(['inventory', '--explain', 'near', 'port'])).toEqual({
    code: 0,
    out: 'port: 80\n  group web, hosts.yml:6:11\n',
    err: '',
  });
});

test('drover inventory --explain HOST also says why a run on it would be refused', async () => {
  const { code, out } = await drover(['inventory', '--explain', 'far']);
  expect(code).toBe(0);
  expect(out).toBe(
    [
      'ansible_connection: "winrm"',
      '  host far, hosts.yml:4:32',
      'port: 80',
      '  group web, hosts.yml:6:11',
      '',
      'A run on this host is refused:',
      'hosts.yml:4:32  error connection-setting  ansible_connection must be ssh, openssh or local, found "winrm"',
      '  4 |     far: { ansible_connection: winrm }',
      '    |                                ^^^^^',
      '',
    ].join('\n'),
  );
});

test('secrets are shown only where that is asked for', async () => {
  expect((await drover(['inventory', '--list'])).out).not.toContain('hunter2');
  expect((await drover(['inventory', '--list', '--show-secrets'])).out).toContain('hunter2');
  expect((await drover(['inventory', '--host', 'near'])).out).not.toContain('hunter2');
  expect((await drover(['inventory', '--host', 'near', '--show-secrets'])).out).toContain('hunter2');
  expect((await drover(['inventory', '--explain', 'near'])).out).not.toContain('hunter2');
});

test('vars beside a playbook are read where its folder is named', async () => {
  const files = { 'play/group_vars/web.yml': 'port: 8080\n' };
  const root = await folder({ 'hosts.yml': HOSTS, ...files });
  const io = testIo({ cwd: root });
  expect(await main(['inventory', '-i', join(root, 'hosts.yml'), '--playbook-dir', join(root, 'play'), '--host', 'far'], io)).toBe(0);
  expect(JSON.parse(io.out())).toEqual({ ansible_connection: 'winrm', port: 8080 });
});

test.each([
  [['--explain', 'nera'], 'error host-unknown  there is no host "nera"\n  hint: did you mean "near"?'],
  [['--explain', 'near', 'prot'], 'error var-unknown  near has no var "prot"\n  hint: did you mean "port"?'],
  [['port'], 'error argument  "port" is a var to explain\n  hint: name its host: --explain HOST VAR'],
  [['--show-secrets'], 'error argument  --show-secrets has no effect without --list or --host'],
])('drover inventory %j is refused', async (flags, message) => {
  const { code, out, err } = await drover(['inventory', ...flags]);
  expect([code, out]).toEqual([5, '']);
  expect(err).toContain(message);
});

test('a host that cannot be reached is no one’s trouble until it is used', async () => {
  expect((await drover(['run', 'near', '--', 'true'])).code).toBe(0);
  const { code, err } = await drover(['run', 'web', '--', 'true']);
  expect(code).toBe(5);
  expect(err).toContain('hosts.yml:4:32  error connection-setting  ansible_connection must be ssh, openssh or local, found "winrm"');
});

test('hosts may be named in a file of patterns', async () => {
  expect((await drover(['run', '@only.txt', '--', 'true'], { 'only.txt': 'near\n' })).code).toBe(0);
  const { code, err } = await drover(['run', '@only.txt', '--', 'true'], { 'only.txt': 'nera\n' });
  expect(code).toBe(5);
  expect(err).toContain('only.txt:1:1  error host-unknown  no host or group is named "nera"');
});

test('{{ }} in settings takes the host’s own vars', async () => {
  const hosts = (how: string) => `web: { hosts: { here: { ansible_connection: "{{ ${how} }}" } }, vars: { site: { how: local } } }\n`;
  expect((await drover(['run', 'here', '--', 'true'], { 'hosts.yml': hosts('site.how') })).code).toBe(0);
  const { code, err } = await drover(['run', 'here', '--', 'true'], { 'hosts.yml': hosts('sight.how') });
  expect(code).toBe(5);
  expect(err).toContain('ansible_connection cannot be resolved: there is no variable "sight"');
  const logic = await drover(['run', 'here', '--', 'true'], { 'hosts.yml': hosts("lookup('env', 'HOW')") });
  expect(logic.err).toMatch(
    /hosts\.yml:1:\d+ {2}error connection-setting {2}ansible_connection cannot be resolved: .* is more than the path/,
  );
});
