import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import { folder } from './folder.ts';
import { testIo } from './test-io.ts';

/** A port on this machine that counts who comes. */
async function watchedPort(): Promise<{ port: number; visits: () => number }> {
  let visits = 0;
  const server = createServer((socket) => {
    visits += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, visits: () => visits };
}

const inventory = (port: number): string => `all:
  vars:
    ansible_host: 127.0.0.1
    ansible_port: ${port}
    drover_deadlines: { conect: 5 }
  children:
    web:
      hsots:
        stray:
      hosts:
        web[1:3:
        web1:
          ansible_port: 99999
    ring:
      children: { rong: }
    rong:
      children: { ring: }
`;

const PLAYBOOK = `- name: Everything wrong
  hosts: wbe
  becom: true
  roles:
    - lo0-vipp
- name: Parameters
  hosts: web1
  roles:
    - role: lo0-vip
      params:
        vips: "{{ service_adresses }}"
        prefix: 24
        arpIgnore: often
        vip: 192.0.2.1
    - role: motd
      params:
        text: "{{ a | upper }}"
  serial: 0
`;

/** Runs a command over the wrong files; returns what was said on standard error, with the folder's name taken out. */
async function drover(argv: (root: string) => readonly string[]): Promise<{ code: number; said: string; visits: number }> {
  const { port, visits } = await watchedPort();
  const root = await folder({ 'hosts.yml': inventory(port), 'site.yml': PLAYBOOK });
  const io = testIo({ cwd: root });
  const code = await main(argv(root), io);
  return { code, said: io.err().replaceAll(`${root}/`, ''), visits: visits() };
}

const files = (root: string): string[] => [join(root, 'site.yml'), '-i', join(root, 'hosts.yml')];

test.each(['plan', 'check', 'apply'])(
  '%s reports every mistake of all files at once, each at its place, and contacts no host',
  async (command) => {
    const { code, said, visits } = await drover((root) => [
      command,
      ...files(root),
      ...(command === 'apply' ? ['--yes'] : []),
      '-l',
      'wbe*',
      '--tags',
      'nonesuch',
    ]);
    expect(code).toBe(5);
    expect(visits).toBe(0);
    const found = said.split('\n').filter((line) => /(^| )error /.test(line));
    const expected: readonly RegExp[] = [
      /^hosts\.yml:5:23 {2}error key-unknown .*conect/,
      /^hosts\.yml:8:7 {2}error key-unknown .*hsots/,
      /^hosts\.yml:11:9 {2}error inventory-range /,
      /^hosts\.yml:13:\d+ {2}error connection-setting .*99999/,
      /^hosts\.yml:1[57]:\d+ {2}error inventory-cycle .*(ring|rong)/,
      /^site\.yml:2:10 {2}error host-unknown .*wbe/,
      /^site\.yml:3:3 {2}error key-unknown .*becom/,
      /^site\.yml:5:7 {2}error role-missing .*lo0-vipp/,
      /^site\.yml:11:\d+ {2}error var-unknown .*service_adresses/,
      /^site\.yml:12:17 {2}error parameter-invalid .*prefix must be 32/,
      /^site\.yml:13:20 {2}error parameter-invalid /,
      /^site\.yml:14:9 {2}error (parameter-invalid|key-unknown) .*vip/,
      /^site\.yml:17:\d+ {2}error template-syntax /,
      /^site\.yml:18:11 {2}error playbook-shape .*serial/,
      /error pattern-empty|error host-unknown .*wbe\*/,
      /error tag-unknown .*nonesuch/,
    ];
    for (const each of expected)
      expect(
        found.some((line) => each.test(line)),
        `${each} in\n${said}`,
      ).toBe(true);
    // Hints that can be acted on: the nearest name, a flag, where to look.
    for (const hint of [/connect/, /hosts/, /web/, /become/, /lo0-vip\b/, /vips/]) expect(said).toMatch(hint);
    expect(said.split('\n').filter((line) => /hint|\^/.test(line)).length).toBeGreaterThan(10);
  },
);

test.each([
  [['plna', 'site.yml'], 'plan'],
  [['plan', 'site.yml', '--limt', 'web1'], '--limit'],
  [['plan', 'site.yml', '--forks', 'many'], '--forks'],
  [['apply', 'site.yml', '-i', 'hosts.yml'], '--yes'],
  [['plan', 'missing.yml', '-i', 'missing.yaml'], 'missing.yaml'],
] as const)('wrong arguments %j end with 5 and name the way out', async (argv, hint) => {
  const { code, said, visits } = await drover(() => argv);
  expect(code).toBe(5);
  expect(said).toContain(hint);
  expect(visits).toBe(0);
});
