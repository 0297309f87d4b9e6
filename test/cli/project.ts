import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach } from 'vitest';
import { takeTurn } from '../lab/turn.ts';
import { folder } from './folder.ts';

// Two runs at a time on a host are what drover refuses, so each test of a file that has projects on this machine has its turn. It is awaited
// in a hook: what others take does not count against the test's own deadline.
beforeEach(() => takeTurn('this machine'), 300_000);

/** A role `note` that keeps a file, and can restart nothing: enough for a run from end to end. */
const ROLE = `import { defineRole, file, z } from 'drover';
export default defineRole({
  name: 'note',
  description: 'A note with a text',
  platforms: 'any',
  params: z.strictObject({
    path: z.string().describe('Where the note is kept'),
    text: z.string().default('hello').describe('What it says'),
  }),
  steps: ({ params }) => ({ steps: [file({ path: params.path, content: params.text + '\\n', mode: '0644' })] }),
});
`;

/** A project of these hosts on this machine itself, each with a note of its own, and the arguments that name it. */
export async function project(
  hosts: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly root: string; readonly args: readonly string[] }> {
  const root = await folder({ 'roles/note.ts': ROLE, ...more });
  const inventory = { all: { vars: { ansible_connection: 'local', root }, hosts: Object.fromEntries(hosts.map((name) => [name, null])) } };
  const params = { path: '{{ root }}/{{ inventory_hostname }}.txt' };
  await writeFile(join(root, 'hosts.yml'), JSON.stringify(inventory));
  await writeFile(join(root, 'site.yml'), JSON.stringify([{ name: 'notes', hosts: 'all', roles: [{ role: 'note', params }] }]));
  return { root, args: [join(root, 'site.yml'), '-i', join(root, 'hosts.yml')] };
}
