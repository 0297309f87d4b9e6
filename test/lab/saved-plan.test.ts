import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CliResult } from './drive.ts';
import { cli, lastReport, workspace } from './drive.ts';
import { type Fleet, startFleet } from './fleet/fleet.ts';
import { differences } from './fleet/snapshot.ts';
import { describeLab } from './lab.ts';

/** A managed file with a value of the host in it, one that is edited, and a unit that is told of it. */
const PLAYBOOK = `import { command, definePlaybook, defineRole, directory, file, line, z } from 'drover';
const role = defineRole({
  name: 'kept',
  description: 'Files that a plan is saved for',
  platforms: 'any',
  params: z.object({ text: z.string() }),
  steps: ({ params, host }) => ({
    steps: [
      directory({ path: '/etc/lab', mode: '0750' }),
      file({ path: '/etc/lab/managed', content: host.name + ' says ' + params.text + '\\n', mode: '0640', notify: 'seen' }),
      line({ path: '/etc/lab-edited', line: 'text = ' + params.text, match: /^text = / }),
    ],
    handlers: { seen: command({ name: 'seen', command: 'echo seen >>/root/lab-seen', always: true }) },
  }),
});
export default definePlaybook([{ hosts: 'all', become: true, roles: [{ role, params: { text: 'new' } }] }]);
`;

const COUNT = 20;
const MOVED = 'db05';

describeLab(`a plan saved for ${COUNT} hosts`, () => {
  let fleet: Fleet;
  let work: Awaited<ReturnType<typeof workspace>>;

  beforeAll(async () => {
    work = await workspace({ 'play.ts': PLAYBOOK });
    fleet = await startFleet({ hosts: COUNT, busybox: false, name: 'plans' });
    for (const { name } of fleet.hosts) writeFileSync(join(fleet.root(name), 'etc/lab-edited'), '# mine\ntext = old\n');
  }, 240_000);
  afterAll(async () => {
    await fleet.stop();
    await work.remove();
  });

  const drover = (...args: readonly string[]): Promise<CliResult> => cli(work.path, args);
  const read = (name: string, path: string): string => readFileSync(join(fleet.root(name), path), 'utf8');
  const found = async (name: string): Promise<string> => {
    const { stdout } = await fleet.exec(name, [
      'sh',
      '-c',
      'stat -c "%n %a %U" /etc/lab /etc/lab/managed; cat /etc/lab/managed /etc/lab-edited /root/lab-seen',
    ]);
    return stdout;
  };
  const wanted = (name: string): string => `/etc/lab 750 root\n/etc/lab/managed 640 root\n${name} says new\n# mine\ntext = new\nseen\n`;

  test('is carried out on all but the one on which somebody has changed a managed file since, which is told by name and field', async () => {
    const planned = await drover('plan', 'play.ts', '-i', fleet.inventoryFile, '--out', 'site.plan');
    expect(planned.code, planned.stderr).toBe(0);
    const shown = await drover('show', 'site.plan');
    expect(shown.stdout.replace(/^made .*\n/m, '')).toBe(planned.stdout.replace(/^report .*\n/m, ''));

    writeFileSync(join(fleet.root(MOVED), 'etc/lab-edited'), '# mine\ntext = somebody else\n');
    const before = await fleet.snapshot(MOVED);
    const { code, stdout } = await drover('apply', 'site.plan', '--yes');
    expect(code, stdout).toBe(2);
    const { hosts } = await lastReport(work.path);
    expect(hosts).toHaveLength(COUNT);
    expect(hosts.filter(({ outcome }) => outcome === 'changed')).toHaveLength(COUNT - 1);
    expect(hosts.filter(({ outcome }) => outcome === 'failed').map(({ name, error }) => [name, error?.phase, error?.message])).toEqual([
      [
        MOVED,
        'moved',
        expect.stringMatching(
          /^the host is not what the plan was made on: file \/etc\/lab-edited: content was sha256 [0-9a-f]{12}, is sha256 [0-9a-f]{12}$/,
        ),
      ],
    ]);
    // By other means: nothing was begun on that host, and all is done on the others.
    expect(differences(before, await fleet.snapshot(MOVED))).toEqual([]);
    for (const { name } of fleet.hosts) if (name !== MOVED) expect([name, await found(name)]).toEqual([name, wanted(name)]);
  }, 120_000);

  test('finds the others as planned when it is applied again, and the one too once it is as it was', async () => {
    expect((await drover('apply', 'site.plan', '--yes')).code).toBe(2);
    writeFileSync(join(fleet.root(MOVED), 'etc/lab-edited'), '# mine\ntext = old\n');
    const { code, stdout } = await drover('apply', 'site.plan', '--yes');
    expect(code, stdout).toBe(0);
    const { hosts } = await lastReport(work.path);
    expect(hosts.filter(({ outcome }) => outcome === 'changed').map(({ name }) => name)).toEqual([MOVED]);
    expect(await found(MOVED)).toBe(wanted(MOVED));
    // Handlers ran once on each host.
    for (const { name } of fleet.hosts) expect([name, read(name, 'root/lab-seen')]).toEqual([name, 'seen\n']);
  }, 120_000);
}, []);
