import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { cli, lastReport, spawnCli, workspace } from './drive.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

/** The first of two commands begins, waits for a file, and takes a while yet; each leaves a line for every time that it ran. */
const PLAYBOOK = `import { command, definePlaybook, defineRole, z } from 'drover';
const role = defineRole({
  name: 'two',
  description: 'Two commands in one script',
  platforms: 'any',
  params: z.object({}),
  steps: () => ({
    steps: [
      command({ name: 'first', command: 'mkdir -p /srv; echo ran >>/srv/two-first; until [ -e /srv/two-go ]; do sleep 0.1; done; sleep 3; touch /srv/two-done', creates: '/srv/two-done', affects: [] }),
      command({ name: 'second', command: 'echo ran >>/srv/two-second', creates: '/srv/two-second', affects: [] }),
    ],
  }),
});
export default definePlaybook([{ hosts: 'all', become: true, roles: [role] }]);
`;

const HOSTS = ['web01', 'busybox'];

describeLab(
  'an apply that is ended by SIGKILL',
  () => {
    let work: Awaited<ReturnType<typeof workspace>>;

    beforeAll(async () => {
      work = await workspace({ 'play.ts': PLAYBOOK });
    });
    afterEach(async () => {
      for (const name of HOSTS) await sh(name, 'rm -rf /srv/two-* /run/drover.lock');
    });
    afterAll(() => work.remove());

    const each = async (script: string): Promise<readonly string[]> => Promise.all(HOSTS.map((name) => sh(name, script)));

    /** Starts an apply and kills it while the first command runs on both hosts. */
    async function killed(): Promise<void> {
      const { child, done } = spawnCli(work.path, ['apply', '--yes', 'play.ts', '-i', lab().inventoryFile, '-l', HOSTS.join(':')]);
      await vi.waitFor(async () => expect(await each('cat /srv/two-first')).toEqual(['ran\n', 'ran\n']), { timeout: 20_000, interval: 50 });
      child.kill('SIGKILL');
      await done;
    }

    test('leaves hosts that carry the running action to its end, begin no other, and give themselves back', async () => {
      await killed();
      await each('touch /srv/two-go');
      await vi.waitFor(
        async () => expect(await each('ls /srv/two-done; ls /run/drover.lock 2>/dev/null || :')).toEqual(Array(2).fill('/srv/two-done\n')),
        {
          timeout: 20_000,
          interval: 100,
        },
      );
      expect(await each('ls /srv/two-second 2>/dev/null || :')).toEqual(['', '']);
    });

    test('is gone on with at once: the hosts are waited for, and nothing is done twice', async () => {
      await killed();
      const runs = join(work.path, '.drover', 'runs');
      const before = await readdir(runs);
      const [first = ''] = before.sort().slice(-1);
      const resumed = spawnCli(work.path, ['apply', '--yes', '--resume', 'last']);
      await vi.waitFor(async () => expect(await readdir(runs)).toHaveLength(before.length + 1), { timeout: 20_000, interval: 20 });
      await each('touch /srv/two-go');
      const { code, stdout, stderr } = await resumed.done;
      expect(code, stdout + stderr).toBe(0);
      expect(stderr).toContain(`run ${first}: going on with 2 of 2 hosts\n`);
      expect(await each('cat /srv/two-first /srv/two-second; ls /run/drover.lock* 2>/dev/null || :')).toEqual(['ran\nran\n', 'ran\nran\n']);
      // What the killed run did was waited for and then read: only the second command was left.
      const { hosts, run } = await lastReport(work.path);
      expect(hosts.map(({ steps }) => steps.map(({ outcome }) => outcome))).toEqual([
        ['ok', 'changed'],
        ['ok', 'changed'],
      ]);
      const [header = ''] = (await readFile(join(runs, run.id, 'journal.jsonl'), 'utf8')).split('\n');
      expect(JSON.parse(header)).toMatchObject({ resumes: { run: first, wish: 'resume' } });
      expect(await cli(work.path, ['apply', '--yes', '--resume', 'last'])).toMatchObject({
        code: 0,
        stderr: `run ${run.id}: all of its 2 hosts done\n`,
      });
    });
  },
  HOSTS,
);
