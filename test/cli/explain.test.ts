import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import { project } from './project.ts';
import { type TestIo, testIo } from './test-io.ts';

async function drover(cwd: string, ...argv: readonly string[]): Promise<{ readonly io: TestIo; readonly code: number }> {
  const io = testIo({ cwd });
  return { io, code: await main(argv, io) };
}

const ROLE = `import { command, defineRole, file, z } from 'drover';
export default defineRole({
  name: 'site',
  description: 'A file that a handler reacts to',
  platforms: 'any',
  params: z.strictObject({ path: z.string(), text: z.string(), mode: z.string().default('0644'), api_token: z.string().optional() }),
  steps: ({ params: { path, text, mode } }) => ({
    steps: [
      file({ path: path + '.quiet', content: 'quiet' }),
      file({ path, content: text + '\\n', mode, notify: 'tell' }),
    ],
    handlers: { tell: [command({ command: ['true'], name: 'tell', always: true })] },
  }),
});
`;

/** A host whose file is there with another mode, and a playbook whose text comes from a group's var that the host's replaces. */
async function site(): Promise<{ readonly root: string; readonly args: readonly string[] }> {
  const { root, args } = await project(['one'], { 'roles/site.ts': ROLE });
  const playbook = `- name: sites
  hosts: all
  roles:
    - role: site
      params:
        path: ${root}/it
        text: "hello {{ place }}"
        api_token: hunter22
`;
  await writeFile(join(root, 'site.yml'), playbook);
  await mkdir(join(root, 'group_vars'));
  await writeFile(join(root, 'group_vars', 'all.yml'), 'other: 1\nplace: Paris\n');
  await mkdir(join(root, 'host_vars'));
  await writeFile(join(root, 'host_vars', 'one.yml'), 'place: Berlin\n');
  await writeFile(join(root, 'it'), 'hello Berlin\n');
  await chmod(join(root, 'it'), 0o600);
  await writeFile(join(root, 'it.quiet'), 'quiet');
  return { root, args };
}

describe('explain', () => {
  test('says what is wanted and where it comes from, what is there, and what follows', async () => {
    const { root, args } = await site();
    await drover(root, 'plan', ...args);
    const { io, code } = await drover(root, 'explain', 'one', `site/file[${root}/it]`);
    expect([code, io.err()]).toEqual([0, '']);
    expect(io.out().replaceAll(root, 'ROOT')).toMatchInlineSnapshot(`
      "one: site/file[ROOT/it] would change
        role site of play "sites", as the login user

      the role's parameters
        path: "ROOT/it"  ROOT/site.yml:6:15
        text: "hello Berlin" from "hello {{ place
          }}"  ROOT/site.yml:7:15
          place: "Berlin"  host one, ROOT/host_vars/one.yml:1:8
            not "Paris", group all, ROOT/group_vars/all.yml:2:8
        api_token: [secret]  ROOT/site.yml:8:20
        mode: "0644"  default of the role

      wanted
        content: 13 bytes, sha256 3ff825bd8831
        mode: 0644

      found on the host
        file ROOT/it: type: file, mode: 0600, owner: root, group:
          root, content: 13 bytes, sha256 3ff825bd8831
        file ROOT: type: directory, mode: 0700, owner: root, group:
          root

      so
        mode: 0600 → 0644

      notifies
        site/handler[tell] would change
      "
    `);
  });

  test('says who notifies a handler, and of a step that is as wanted that nothing is to be done', async () => {
    const { root, args } = await site();
    const { io } = await drover(root, 'explain', 'one', 'handler', '--playbook', args[0] ?? '', ...args.slice(1));
    expect(io.out().replaceAll(root, 'ROOT')).toContain('notified by\n  site/file[ROOT/it] would change\n');
    const quiet = await drover(root, 'explain', 'one', '.quiet', '--playbook', args[0] ?? '', ...args.slice(1));
    expect(quiet.io.out().replaceAll(root, 'ROOT')).toMatch(
      /^one: site\/file\[ROOT\/it\.quiet\] is as wanted\n[\s\S]*so\n {2}nothing is to be done\n$/,
    );
  });

  test('names what is near where there is no such host or step, and asks for a playbook where no run was before', async () => {
    const { root, args } = await site();
    expect([(await drover(root, 'explain', 'one', 'x')).io.err()]).toEqual([
      expect.stringContaining('there is no earlier run in this folder'),
    ]);
    await drover(root, 'check', ...args);
    const step = await drover(root, 'explain', 'one', 'site/handler[tel]');
    expect([step.code, step.io.err()]).toEqual([5, expect.stringContaining('did you mean "site/handler[tell]"?')]);
    const host = await drover(root, 'explain', 'onee', 'x');
    expect([host.code, host.io.err()]).toEqual([5, expect.stringContaining('did you mean "one"?')]);
  });
});
