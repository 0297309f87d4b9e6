import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cli, lastReport, spawnCli, workspace } from './drive.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

/** The unit writes a line at every start. `busybox` has no systemd: there a command stands for the restart. */
const PLAYBOOK = `import { command, definePlaybook, defineRole, directory, file, service, systemdUnit, z } from 'drover';

const unit = '[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/sh -c "echo started >>/srv/kept-starts"\\n';
const role = defineRole({
  name: 'kept',
  description: 'A change, a slow step, and a restart behind both',
  platforms: 'any',
  params: z.object({ text: z.string() }),
  steps: ({ params, facts }) => ({
    steps: [
      directory({ path: '/srv' }),
      ...(facts.init === 'systemd' ? [systemdUnit({ name: 'kept.service', content: unit }), service({ name: 'kept', state: 'running' })] : []),
      file({ path: '/srv/kept.conf', content: params.text, notify: 'restart it, "now"' }),
      command({ name: 'slow', command: 'echo >/srv/kept-slow; sleep "$(cat /srv/kept-pause)"; echo >/srv/kept-done', creates: '/srv/kept-done' }),
    ],
    handlers: {
      'restart it, "now"': facts.init === 'systemd'
        ? service({ name: 'kept', state: 'restarted' })
        : command({ command: 'echo started >>/srv/kept-starts', always: true }),
    },
  }),
});
export default definePlaybook([{ hosts: 'all', become: true, roles: [{ role, params: { text: '{{ text }}' } }] }]);
`;

const HOSTS = ['web01', 'busybox'];

describeLab('a run that is killed between a change and its handler', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  let args: string[];

  beforeAll(async () => {
    work = await workspace({
      'play.ts': PLAYBOOK,
      'one.yml': 'all: { vars: { text: one } }\n',
      'two.yml': 'all: { vars: { text: two } }\n',
    });
    args = ['play.ts', '-i', lab().inventoryFile, '-l', HOSTS.join(':')];
    for (const name of HOSTS) await sh(name, 'mkdir -p /srv; echo 0 >/srv/kept-pause; : >/srv/kept-starts');
  });
  afterAll(() => work.remove());

  const starts = async (name: string): Promise<number> => (await sh(name, 'cat /srv/kept-starts')).split('\n').length - 1;
  const apply = (vars: string): ReturnType<typeof cli> => cli(work.path, ['apply', '--yes', ...args, '-i', vars]);

  test('is made good by the next run, once; its plan says so beforehand', async () => {
    expect((await apply('one.yml')).code).toBe(0);
    const before = await Promise.all(HOSTS.map(starts));
    for (const name of HOSTS) await sh(name, 'rm -f /srv/kept-slow /srv/kept-done; echo 30 >/srv/kept-pause');
    const killed = spawnCli(work.path, ['apply', '--yes', ...args, '-i', 'two.yml']);
    await vi.waitFor(async () => {
      for (const name of HOSTS) expect((await lab().exec(name, ['test', '-e', '/srv/kept-slow'])).code, name).toBe(0);
    }, 20_000);
    killed.child.kill('SIGKILL');
    await killed.done;
    for (const name of HOSTS) {
      expect(await sh(name, 'cat /srv/kept.conf')).toBe('two');
      await sh(name, 'echo 0 >/srv/kept-pause; pkill -f "slee[p] 30" || killall sleep || :');
    }
    expect(await Promise.all(HOSTS.map(starts))).toEqual(before);

    const plan = await cli(work.path, ['plan', ...args, '-i', 'two.yml']);
    expect(plan.code).toBe(0);
    for (const host of (await lastReport(work.path)).hosts) {
      const handler = host.steps.find((step) => step.id === 'kept/handler[restart it, "now"]');
      expect(handler, host.name).toMatchObject({ outcome: 'changed' });
      expect(handler?.notifiedBy.join(), host.name).toMatch(/^kept\/file\[\/srv\/kept\.conf\] in run \d{8}T/);
    }
    expect((await apply('two.yml')).code).toBe(0);
    expect(await Promise.all(HOSTS.map(starts))).toEqual(before.map((count) => count + 1));
    const third = await apply('two.yml');
    expect([third.code, third.stderr]).toEqual([0, 'Nothing to change.\n']);
    expect(await Promise.all(HOSTS.map(starts))).toEqual(before.map((count) => count + 1));
  });
}, ['web01', 'busybox']);
