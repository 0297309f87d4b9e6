import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import { takeTurn } from '../lab/turn.ts';
import { noPrivateHost, type PrivateHost, startPrivateHost } from '../transport/ssh/private-host.ts';
import { folder } from './folder.ts';
import { testIo } from './test-io.ts';

/** Keeps a file that says who wrote it, a mark of whoever runs it behind one and the same guard, and a handler that says who runs it. */
const ROLE = `import { command, defineRole, file, z } from 'drover';
export default defineRole({
  name: 'who',
  description: 'Says who is at work',
  platforms: 'any',
  params: z.strictObject({ at: z.string(), name: z.string() }),
  steps: ({ params: { at, name }, facts }) => ({
    steps: [
      file({ path: at + '/' + name, content: facts.as.user, mode: '0600', notify: 'told' }),
      command({ command: 'touch ' + at + '/$(id -un).mark', unless: 'test -e ' + at + '/$(id -un).mark' }),
    ],
    handlers: { told: command({ name: 'tell ' + name, command: 'id -un >>' + at + '/' + name + '.told', always: true }) },
  }),
});
`;

describe.skipIf(noPrivateHost !== null)('steps of one host under different users', () => {
  let host: PrivateHost;
  beforeAll(async () => {
    host = await startPrivateHost();
  });
  afterAll(() => host.stop());
  // That host is this machine.
  beforeEach(() => takeTurn('this machine'), 300_000);

  test.each([
    ['sudo', ['Defaults requiretty']],
    ['doas', []],
  ])(
    'with a password for %s %j: each role as its own user, applied once, and as planned',
    async (method, sudoers) => {
      host.ask('password', ...sudoers);
      const root = await folder({ 'roles/who.ts': ROLE });
      const at = join(root, 'at');
      await mkdir(at);
      await Promise.all([chmod(root, 0o755), chmod(at, 0o777)]);
      const who = (name: string, more: object = {}): object => ({ role: 'who', params: { at, name }, ...more });
      const roles = [who('a'), who('b', { become_user: host.other.name }), who('c', { become: false }), who('d')];
      await writeFile(join(root, 'site.yml'), JSON.stringify([{ hosts: 'box', become: true, become_method: method, roles }]));
      await writeFile(join(root, 'hosts.yml'), JSON.stringify({ all: { hosts: { box: host.vars } } }));
      const drover = async (command: string, ...flags: readonly string[]): Promise<number> => {
        const io = testIo({ cwd: root, env: { DROVER_BECOME_PASSWORD: host.login.password } });
        const code = await main([command, join(root, 'site.yml'), '-i', join(root, 'hosts.yml'), '-F', 'none', ...flags], io);
        expect(io.out() + io.err()).not.toContain(host.login.password);
        expect(io.err()).not.toMatch(/error|failed/);
        if (code === 1) throw new Error(io.err());
        return code;
      };

      expect(await drover('check')).toBe(3);
      expect(await drover('apply', '--yes')).toBe(0);
      const users = { a: 'root', b: host.other.name, c: host.login.name, d: 'root' };
      for (const [name, user] of Object.entries(users)) {
        expect([name, await readFile(join(at, name), 'utf8')]).toEqual([name, user]);
        expect([name, await readFile(join(at, `${name}.told`), 'utf8')]).toEqual([name, `${user}\n`]);
        expect((await stat(join(at, name))).uid).toBe((await stat(join(at, `${user}.mark`))).uid);
      }
      expect(await drover('check')).toBe(0);
    },
    60_000,
  );

  test('run: as the user and by the method of its flags', async () => {
    host.ask('nothing');
    const root = await folder({ 'hosts.yml': JSON.stringify({ all: { hosts: { box: host.vars } } }) });
    for (const method of ['sudo', 'doas', 'su']) {
      const io = testIo({ cwd: root });
      const flags = ['--become', '--become-user', host.other.name, '--become-method', method];
      expect(await main(['run', 'box', '-i', join(root, 'hosts.yml'), '-F', 'none', ...flags, '--', 'id -un'], io)).toBe(0);
      expect(io.out()).toContain(host.other.name);
    }
  });
});
