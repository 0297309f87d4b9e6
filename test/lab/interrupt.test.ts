import type { ChildProcess } from 'node:child_process';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Report } from '../../src/report/report.ts';
import { type CliResult, cli, lastReport, spawnCli, workspace } from './drive.ts';
import { describeLab, lab } from './lab.ts';

/** How long the command of the middle step takes is read from the host, so that a second apply need not wait. */
const PLAYBOOK = `import { command, definePlaybook, defineRole, file, z } from 'drover';

const role = defineRole({
  name: 'slow',
  description: 'A slow step between two quick ones',
  platforms: 'any',
  params: z.object({}),
  steps: () => ({
    steps: [
      file({ path: '/srv/slow-first', content: 'first\\n' }),
      command({ name: 'slow', command: 'echo began >/srv/slow-began; sleep "$(cat /srv/slow-pause)"; echo done >/srv/slow-done', creates: '/srv/slow-done' }),
      file({ path: '/srv/slow-last', content: 'last\\n', notify: 'last' }),
    ],
    handlers: { last: command({ name: 'handler', command: 'echo handled >>/srv/slow-handled', creates: '/srv/slow-handled' }) },
  }),
});
export default definePlaybook([{ hosts: 'all', become: true, roles: [role] }]);
`;

const FIRST = 'slow/file[/srv/slow-first]';
const SLOW = 'slow/command[slow]';
const LAST = 'slow/file[/srv/slow-last]';
const HANDLER = 'slow/handler[last]';
const FILES = ['first', 'began', 'done', 'last', 'handled'];
const ALL = ['web01', 'web02', 'web03', 'busybox'];
const LIMIT = ALL.join(':');

describeLab('an apply that is interrupted', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  let args: string[];

  beforeAll(async () => {
    work = await workspace({ 'play.ts': PLAYBOOK });
    args = ['apply', '--yes', 'play.ts', '-i', lab().inventoryFile, '-l', LIMIT];
  });
  afterEach(async () => {
    await free();
    for (const name of ALL) await lab().exec(name, ['sh', '-c', 'rm -rf /srv/slow-*']);
  });
  afterAll(() => work.remove());

  /** Starts an apply in which the slow step takes these seconds, and waits until the given hosts are in it. */
  async function started(pauses: Readonly<Record<string, number>>, more: readonly string[] = []): Promise<Started> {
    const fleet = lab();
    const inIt = Object.keys(pauses);
    for (const name of ALL) await fleet.exec(name, ['sh', '-c', `mkdir -p /srv; echo ${pauses[name] ?? 0} >/srv/slow-pause`]);
    const run = spawnCli(work.path, [...args, ...more]);
    await vi.waitFor(async () => expect(await Promise.all(inIt.map((name) => onDisk(name)))).toEqual(inIt.map(() => 'first began')), {
      timeout: 20_000,
      interval: 20,
    });
    return run;
  }

  /**
   * That no script of an earlier run is left on the hosts: where one is, another run is refused. A run that was ended between two of its scripts
   * keeps the host for the rest of its lease, two minutes at most; here that is cut short.
   */
  async function free(): Promise<void> {
    const look =
      'sed -i "s/^\\([^ ]*\\) [0-9]* 0 /\\1 1 0 /" /run/drover.lock 2>/dev/null; read -r run end rest </run/drover.lock && [ "$end" != 1 ]';
    const held = async (name: string): Promise<boolean> => (await lab().exec(name, ['sh', '-c', look])).code === 0;
    await vi.waitFor(async () => expect(await Promise.all(ALL.map(held))).toEqual(ALL.map(() => false)), {
      timeout: 30_000,
      interval: 100,
    });
  }

  /** That a second apply ends converged, and a third changes nothing. */
  async function expectConvergence(): Promise<void> {
    await free();
    for (const name of ALL) await lab().exec(name, ['sh', '-c', 'echo 0 >/srv/slow-pause']);
    const second = await cli(work.path, args);
    expect(second.code, second.stdout + second.stderr).toBe(0);
    for (const name of ALL) expect(await onDisk(name), name).toBe('first began done last handled');
    const third = await cli(work.path, args);
    expect([third.code, third.stderr]).toEqual([0, 'Nothing to change.\n']);
    expect((await lastReport(work.path)).hosts.map(({ outcome }) => outcome)).toEqual(ALL.map(() => 'ok'));
  }

  test('says of each host what is done, in doubt and not started, as it is on the disks, and a second apply converges', async () => {
    // web01 ends its step within the grace time, web02 does not; the others are behind them in the queue.
    const { child, done } = await started({ web01: 2, web02: 30 }, ['--forks', '2']);
    child.kill('SIGINT');
    const result = await done;
    const report = await lastReport(work.path);
    expect(result.code, result.stdout + result.stderr).toBe(130);
    expect(report.run).toMatchObject({ interrupted: 'SIGINT', exitCode: 130 });
    expect(progress(report)).toEqual({
      web01: { [FIRST]: 'done', [SLOW]: 'done', [LAST]: 'not-started', [HANDLER]: 'not-started' },
      web02: { [FIRST]: 'done', [SLOW]: 'in-doubt', [LAST]: 'not-started', [HANDLER]: 'not-started' },
      web03: { [FIRST]: 'not-started', [SLOW]: 'not-started', [LAST]: 'not-started', [HANDLER]: 'not-started' },
      busybox: { [FIRST]: 'not-started', [SLOW]: 'not-started', [LAST]: 'not-started', [HANDLER]: 'not-started' },
    });
    expect(report.hosts.map(({ outcome }) => outcome)).toEqual(['changed', 'failed', 'skipped', 'skipped']);
    expect(await Promise.all(ALL.map(onDisk))).toEqual(['first began done', 'first began', '', '']);
    for (const name of ALL) await expectNothingLeft(name);
    await expectConvergence();
  });

  test('a second signal drops the connections at once, and the running steps are in doubt', async () => {
    const { child, done } = await started({ web01: 30, busybox: 30 });
    child.kill('SIGINT');
    await said(child, /stopping|Stopping|interrupt/i);
    const since = Date.now();
    child.kill('SIGINT');
    const result = await done;
    expect(result.code, result.stdout + result.stderr).toBe(130);
    expect(Date.now() - since).toBeLessThan(4_000);
    const { hosts } = await lastReport(work.path);
    for (const name of ['web01', 'busybox']) {
      const host = hosts.find((each) => each.name === name);
      expect(
        host?.steps.map((step) => step.progress),
        name,
      ).toEqual(['done', 'in-doubt', 'not-started', 'not-started']);
      expect(host?.outcome).toBe('failed');
      expect(await onDisk(name)).toBe('first began');
      await expectNothingLeft(name);
    }
    await expectConvergence();
  });

  test('SIGTERM ends with 143, with the running steps done', async () => {
    const { child, done } = await started({ web01: 1, busybox: 1 });
    child.kill('SIGTERM');
    const result = await done;
    expect(result.code, result.stdout + result.stderr).toBe(143);
    const report = await lastReport(work.path);
    expect(report.run).toMatchObject({ interrupted: 'SIGTERM', exitCode: 143 });
    expect(progress(report).web01).toEqual({ [FIRST]: 'done', [SLOW]: 'done', [LAST]: 'not-started', [HANDLER]: 'not-started' });
    expect(await Promise.all(['web01', 'busybox'].map(onDisk))).toEqual(['first began done', 'first began done']);
    for (const name of ALL) await expectNothingLeft(name);
  });

  test('SIGINT while hosts are being read ends with 130, and nothing is on any of them', async () => {
    const fleet = lab();
    const guard = PLAYBOOK.replace("creates: '/srv/slow-done'", "unless: 'echo x >/tmp/slow-guard; sleep 30'");
    const reading = await workspace({ 'play.ts': guard });
    const { child, done } = spawnCli(reading.path, args);
    await vi.waitFor(async () => expect((await fleet.exec('web01', ['cat', '/tmp/slow-guard'])).code).toBe(0), {
      timeout: 20_000,
      interval: 20,
    });
    child.kill('SIGINT');
    const result = await done;
    expect(result.code, result.stdout + result.stderr).toBe(130);
    expect((await lastReport(reading.path)).hosts.map(({ outcome }) => outcome)).toEqual(ALL.map(() => 'skipped'));
    for (const name of ALL) {
      expect(await onDisk(name), name).toBe('');
      await fleet.exec(name, ['rm', '-f', '/tmp/slow-guard']);
      await expectNothingLeft(name);
    }
    await reading.remove();
  });

  test('when drover is killed the running steps end by themselves, nothing after them is begun, and a second apply converges', async () => {
    const { child, done } = await started({ web01: 3, web02: 3, busybox: 3 });
    child.kill('SIGKILL');
    await done;
    const names = ['web01', 'web02', 'busybox'];
    expect(await Promise.all(names.map(onDisk))).toEqual(names.map(() => 'first began'));
    for (const name of names) {
      await vi.waitFor(async () => expect(await onDisk(name), name).toBe('first began done'), { timeout: 10_000, interval: 50 });
      await expectNothingLeft(name);
      expect(await onDisk(name), name).toBe('first began done');
    }
    await expectConvergence();
  });
}, ['web01', 'web02', 'web03', 'busybox']);

type Started = { child: ChildProcess; done: Promise<CliResult> };

/** Resolves when the process has written this to standard error. */
function said(child: ChildProcess, words: RegExp): Promise<void> {
  let text = '';
  return new Promise((resolve) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk;
      if (words.test(text)) resolve();
    });
  });
}

/** Which of the steps' files are on a host, by the back door. */
async function onDisk(name: string): Promise<string> {
  const { stdout } = await lab().exec(name, ['sh', '-c', 'for f in "$@"; do [ ! -e "/srv/slow-$f" ] || echo "$f"; done', 'look', ...FILES]);
  return stdout.trim().split('\n').join(' ');
}

function progress({ hosts }: Report): Record<string, Record<string, string>> {
  return Object.fromEntries(hosts.map(({ name, steps }) => [name, Object.fromEntries(steps.map((step) => [step.id, step.progress]))]));
}

/** That no process and no file of drover's is on a host; its watcher may live for two seconds more, to end what ignores TERM. */
async function expectNothingLeft(name: string): Promise<void> {
  const fleet = lab();
  const find =
    'find / -xdev \\( -name ".drover*" -o -path "/tmp/drover*" \\) 2>/dev/null; find /tmp /run -name ".drover*" 2>/dev/null; exit 0';
  const ps = name === 'busybox' ? ['ps', '-o', 'args'] : ['ps', '-eo', 'args'];
  await vi.waitFor(
    async () => {
      expect((await fleet.exec(name, ['sh', '-c', find])).stdout, name).toBe('');
      expect((await fleet.exec(name, ps)).stdout, name).not.toMatch(/sleep|drover_script/);
    },
    { timeout: 6_000, interval: 100 },
  );
}
