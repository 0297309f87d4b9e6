import { hostname, userInfo } from 'node:os';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cli, lastReport, spawnCli, workspace } from './drive.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

const PLAYBOOK = `import { command, definePlaybook, defineRole, z } from 'drover';
const role = defineRole({
  name: 'slow',
  description: 'A step that takes its time',
  platforms: 'any',
  params: z.object({ name: z.string(), seconds: z.number() }),
  steps: ({ params }) => ({
    steps: [command({ command: \`mkdir -p /srv; echo >/srv/\${params.name}-began; sleep \${params.seconds}; echo >/srv/\${params.name}\`, creates: \`/srv/\${params.name}\` })],
  }),
});
export default definePlaybook([{ hosts: 'all', become: true, roles: [{ role, params: { name: '{{ name }}', seconds: '{{ seconds }}' } }] }]);
`;

describeLab('two runs at once', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  const args = (limit: string, vars: string): string[] => ['apply', '--yes', 'play.ts', '-i', lab().inventoryFile, '-i', vars, '-l', limit];

  beforeAll(async () => {
    const vars = (name: string, seconds: number): string => `all: { vars: { name: ${name}, seconds: ${seconds} } }\n`;
    work = await workspace({ 'play.ts': PLAYBOOK, 'first.yml': vars('first', 30), 'second.yml': vars('second', 0) });
  });
  afterAll(() => work.remove());

  test('the second is refused where the first works, and names it; elsewhere it goes on; what the first left alone is free at once', async () => {
    const first = spawnCli(work.path, args('web01:busybox', 'first.yml'));
    await vi.waitFor(async () => {
      for (const name of ['web01', 'busybox']) expect((await lab().exec(name, ['test', '-e', '/srv/first-began'])).code, name).toBe(0);
    }, 20_000);
    const second = await cli(work.path, args('web01:web02:busybox', 'second.yml'));
    expect(second.code, second.stdout).toBe(2);
    const { hosts, run } = await lastReport(work.path);
    expect(hosts.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['web01', 'failed'],
      ['web02', 'changed'],
      ['busybox', 'failed'],
    ]);
    for (const { error, name } of hosts.filter(({ outcome }) => outcome === 'failed')) {
      expect(error?.phase, name).toBe('lock');
      expect(error?.message).toMatch(/^run \d{8}T\S+ of \S+@\S+ works on this host; if it has died, the host is free in \d+ s$/);
      expect(error?.message).toContain(` of ${userInfo().username}`);
      expect(error?.message).toContain(`@${hostname()} `);
      expect(error?.message).not.toContain(run.id);
    }
    expect((await lab().exec('web01', ['test', '-e', '/srv/second-began'])).code).toBe(1);

    // The first dies: its action goes on by itself, and as long as it does the host is not free.
    first.child.kill('SIGKILL');
    await first.done;
    expect((await cli(work.path, args('web01', 'second.yml'))).code).toBe(2);
    for (const name of ['web01', 'busybox']) await sh(name, 'pkill -f "slee[p] 30" || killall sleep');
    await vi.waitFor(async () => expect((await cli(work.path, args('web01:busybox', 'second.yml'))).code).toBe(0), {
      timeout: 20_000,
      interval: 500,
    });
    expect(await sh('web01', 'ls /srv/second; ls /run/drover.lock* 2>/dev/null || :')).toBe('/srv/second\n');
  });
}, ['web01', 'web02', 'busybox']);
