import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Report, ReportHost } from '../../src/report/report.ts';
import { type CliResult, lastReport, spawnCli, workspace } from './drive.ts';
import { mustRun } from './fleet/command.ts';
import { downAddress, fillDisk, hangingSshd, refusedPort } from './fleet/faults.ts';
import type { FleetHandle } from './fleet/open-fleet.ts';
import { describeLab, lab } from './lab.ts';

/** Each host runs the same first and last step; what is between them depends on its var `trouble`. */
const PLAYBOOK = `import { command, definePlaybook, defineRole, file, pkg, type Step, z } from 'drover';

const sleeper = 'echo began >/root/began; exec sleep 1000';
const between: Readonly<Record<string, () => Step>> = {
  none: () => command({ name: 'quick', command: 'echo done >/root/made', creates: '/root/made' }),
  sleeper: () => command({ name: 'sleeper', command: sleeper, creates: '/root/never' }),
  full: () => file({ path: '/srv/full/file', content: 'x'.repeat(5000) }),
  package: () => pkg({ name: 'drover-demo' }),
  failing: () => command({ name: 'failing', command: 'echo the reason >&2; exit 7', creates: '/root/never' }),
  guard: () => command({ name: 'guarded', command: 'true', unless: 'sleep 1000' }),
};
const role = defineRole({
  name: 'trouble',
  description: 'A step that ends as the host wants it, between two that work',
  platforms: 'any',
  params: z.object({}),
  steps: ({ host }) => ({
    steps: [
      file({ path: '/root/first', content: 'first\\n' }),
      (between[String(host.vars.trouble)] ?? between.none)(),
      file({ path: '/root/last', content: 'last\\n' }),
    ],
  }),
});
export default definePlaybook([{ hosts: 'all', become: true, roles: [role] }]);
`;

/** Takes the lock as dpkg does (fcntl(2), not flock(2)), says so, and keeps it for so many seconds. */
const HOLD_LOCK = `open F, ">>", "/var/lib/dpkg/lock-frontend" or die; my $l = pack("s s x4 q q i x4", 1, 0, 0, 0, 0);
fcntl(F, 6, $l) or die "$!";
open D, ">", "/root/locked"; close D; sleep shift; unlink "/root/locked"`;

const SHORT = { connect: 4, authenticate: 4, channel: 4, become: 4, read: 4, action: 60 };
const HOSTS = ['web01', 'web02', 'web03', 'web04', 'db01', 'db02', 'db03', 'db04', 'busybox'];
const STEPS = { first: 'trouble/file[/root/first]', last: 'trouble/file[/root/last]' };

describeLab(
  'hosts in trouble beside healthy ones, in one apply',
  () => {
    let work: Awaited<ReturnType<typeof workspace>>;
    let result: CliResult;
    let report: Report;
    const undo: (() => Promise<unknown>)[] = [];

    beforeAll(async () => {
      const fleet = lab();
      const [hanging, refused, full] = await Promise.all([hangingSshd(fleet), refusedPort(fleet), fillDisk(fleet, 'web02')]);
      undo.push(hanging.close, full.release);
      await Promise.all([holdLock(fleet, 'db03', 1_000), holdLock(fleet, 'db04', 12)]);
      work = await workspace({
        'play.ts': PLAYBOOK,
        'hosts.yml': inventory(fleet, {
          web01: { on: 'web01' },
          down: { address: downAddress(fleet) },
          refused: { address: refused.address, port: refused.port },
          hanging: { address: hanging.address, port: hanging.port },
          full: { on: 'web02', trouble: 'full' },
          'wrong-password': { on: 'web03', user: 'askpass', drover_become_password: 'not the password' },
          'no-password': { on: 'web03', user: 'askpass' },
          'slow-guard': { on: 'web03', trouble: 'guard' },
          failing: { on: 'web03', trouble: 'failing' },
          cut: { on: 'web04', trouble: 'sleeper' },
          endless: { on: 'db01', trouble: 'sleeper', deadlines: { action: 3 } },
          killed: { on: 'db02', trouble: 'sleeper' },
          locked: { on: 'db03', trouble: 'package', deadlines: { action: 5 } },
          'locked-for-a-while': { on: 'db04', trouble: 'package' },
          busybox: { on: 'busybox' },
        }),
      });
      const { done } = spawnCli(work.path, ['apply', '--yes', 'play.ts', '-i', 'hosts.yml']);
      await Promise.all([
        began('db02').then(() => fleet.kill('db02')),
        began('web04').then(() => mustRun(['ip', 'link', 'set', `vb-${fleet.host('web04').machine}`, 'down'])),
      ]);
      result = await done;
      report = await lastReport(work.path);
      await mustRun(['ip', 'link', 'set', `vb-${fleet.host('web04').machine}`, 'up']);
    });
    afterAll(async () => {
      for (const each of undo) await each();
      // What still runs there ends with them.
      await Promise.all(HOSTS.map((name) => lab().kill(name)));
      await work.remove();
    });

    const hostOf = (name: string): ReportHost => {
      const host = report.hosts.find((each) => each.name === name);
      if (host === undefined) throw new Error(`the report has no host ${name}`);
      return host;
    };
    /** Id, outcome and progress of each step. */
    const stepsOf = (name: string): unknown[] => hostOf(name).steps.map((step) => [step.id, step.outcome, step.progress]);
    const failedSteps = (id: string, progress: 'done' | 'in-doubt'): unknown[] => [
      [STEPS.first, 'changed', 'done'],
      [id, 'failed', progress],
      [STEPS.last, 'skipped', 'not-started'],
    ];

    test('ends with the exit code of failed hosts, and every host is in the report', () => {
      expect(result.code, result.stdout + result.stderr).toBe(2);
      expect(report.run).toMatchObject({ exitCode: 2, interrupted: null });
      expect(report.totals.hosts).toMatchObject({ ok: 0, changed: 3, failed: 9, unreachable: 3, skipped: 0 });
      expect(result.stderr).not.toMatch(/Warning|\n\s+at /);
    });

    test.each(['web01', 'busybox'])('%s is changed, in its own time', async (name) => {
      expect(hostOf(name)).toMatchObject({ outcome: 'changed', error: null });
      expect([await disk(name, 'first'), await disk(name, 'made'), await disk(name, 'last')]).toEqual(['first\n', 'done\n', 'last\n']);
      // Plans wait for the slowest host to be read, so that they are shown together; changing does not.
      expect(hostOf(name).durationMs).toBeLessThan(12_000);
    });

    test.each([
      ['down', 'connect', /cannot connect to \S+ port 22: .*EHOSTUNREACH|no answer from/, 4_500],
      ['refused', 'connect', /ECONNREFUSED/, 2_000],
      ['hanging', 'handshake', /accepts connections, but no SSH handshake was done within 4000 ms/, 4_500],
    ])('the host that is %s is unreachable, within its deadline', (name, phase, message, mostMs) => {
      expect(hostOf(name)).toMatchObject({ outcome: 'unreachable', connection: null, steps: [], error: { phase } });
      expect(hostOf(name).error?.message).toMatch(message);
      expect(hostOf(name).durationMs).toBeLessThan(mostMs);
    });

    test.each([
      ['wrong-password', 'become', 'sudo refused the password', 'the password was sent once only'],
      ['no-password', 'become', 'sudo: a password is required', 'drover_become_password'],
      ['slow-guard', 'exec', 'the script did not end within 4000 ms', ''],
    ])('%s fails while it is read, and nothing was begun there', async (name, phase, message, hint) => {
      const host = hostOf(name);
      expect(host).toMatchObject({ outcome: 'failed', steps: [], error: { phase, message } });
      expect(host.error?.hint ?? '').toContain(hint);
      expect(host.durationMs).toBeLessThan(9_000);
      expect(JSON.stringify(report) + result.stdout + result.stderr).not.toContain('not the password');
      expect(await processes('web03')).not.toContain('sleep 1000');
    });

    test('the host with the full disk fails in the step that writes there, and keeps nothing half-written', async () => {
      expect(stepsOf('full')).toEqual(failedSteps('trouble/file[/srv/full/file]', 'done'));
      expect(hostOf('full').error).toMatchObject({ phase: 'action' });
      expect(hostOf('full').steps[1]?.reason).toMatch(/No space left on device/);
      expect((await lab().exec('web02', ['ls', '-A', '/srv/full'])).stdout).toBe('.filler\n');
      expect([await disk('web02', 'first'), await disk('web02', 'last')]).toEqual(['first\n', null]);
    });

    test('the host whose command fails says the command’s words and exit status', async () => {
      expect(stepsOf('failing')).toEqual(failedSteps('trouble/command[failing]', 'done'));
      expect(hostOf('failing').steps[1]).toMatchObject({ reason: 'the reason', failure: { exitCode: 7, output: 'the reason\n' } });
      expect([await disk('web03', 'first'), await disk('web03', 'last')]).toEqual(['first\n', null]);
    });

    test('the action that never ends is in doubt when its deadline passes, and was ended on the host', async () => {
      expect(stepsOf('endless')).toEqual(failedSteps('trouble/command[sleeper]', 'in-doubt'));
      expect(hostOf('endless').error).toMatchObject({ phase: 'action', message: expect.stringContaining('the deadline of 3 s passed') });
      expect(hostOf('endless').steps[1]?.durationMs).toBeLessThan(4_500);
      expect([await disk('db01', 'began'), await disk('db01', 'last')]).toEqual(['began\n', null]);
      expect(await processes('db01')).not.toMatch(/sleep 1000|sh -c/);
    });

    test.each(['killed', 'cut'])(
      'the host that is %s in the middle is in doubt about the running step, and about no other',
      async (name) => {
        expect(stepsOf(name)).toEqual(failedSteps('trouble/command[sleeper]', 'in-doubt'));
        expect(hostOf(name)).toMatchObject({ outcome: 'failed', error: { phase: 'link' } });
        expect(hostOf(name).error?.message).toMatch(/the connection was lost: |the script ended early; it may have been carried out/);
        // Three keepalives, 10 s apart.
        expect(hostOf(name).durationMs).toBeLessThan(45_000);
      },
    );

    test('what really is on the hosts that were killed and cut off is what the report says', async () => {
      await lab().start('db02');
      for (const name of ['db02', 'web04']) {
        expect([await disk(name, 'first'), await disk(name, 'began'), await disk(name, 'last')], name).toEqual([
          'first\n',
          'began\n',
          null,
        ]);
      }
      // The action outlives the link; nothing after it is begun.
      expect(await processes('web04')).toContain('sleep 1000');
    });

    test('a dpkg lock that is given back in time is waited for', async () => {
      expect(hostOf('locked-for-a-while')).toMatchObject({ outcome: 'changed', error: null });
      expect((await lab().exec('db04', ['drover-demo'])).stdout).toBe('drover-demo 1.1\n');
      expect(hostOf('locked-for-a-while').durationMs).toBeLessThan(25_000);
    });

    test('a dpkg lock that is kept fails the step when the deadline passes, and its holder is named', async () => {
      expect(stepsOf('locked')).toEqual(failedSteps('trouble/package[drover-demo]', 'done'));
      expect(hostOf('locked').steps[1]?.reason).toMatch(
        /^dpkg lock \/var\/lib\/dpkg\/lock-frontend held by pid \d+ \(perl .*\), waited 5 s$/,
      );
      expect(hostOf('locked').steps[1]?.durationMs).toBeLessThan(8_000);
      expect((await lab().exec('db03', ['drover-demo'])).code).toBe(127);
      expect(await disk('db03', 'last')).toBe(null);
    });
  },
  HOSTS,
);

/** A file in root's home, by the back door; null where there is none. */
async function disk(name: string, file: string): Promise<string | null> {
  const { code, stdout } = await lab().exec(name, ['cat', `/root/${file}`]);
  return code === 0 ? stdout : null;
}

/** Command lines of what runs on a host, without what only looks. */
async function processes(name: string): Promise<string> {
  return (await lab().exec(name, ['ps', '-eo', 'args'])).stdout;
}

/** Resolves when the host's sleeper runs. */
async function began(name: string): Promise<void> {
  await vi.waitFor(async () => expect(await disk(name, 'began')).toBe('began\n'), { timeout: 40_000, interval: 50 });
}

async function holdLock(fleet: FleetHandle, name: string, seconds: number): Promise<void> {
  void fleet.exec(name, ['perl', '-e', HOLD_LOCK, String(seconds)], { timeoutMs: 120_000 });
  await vi.waitFor(async () => expect((await fleet.exec(name, ['test', '-e', '/root/locked'])).code).toBe(0), { timeout: 10_000 });
}

type Wish = Readonly<Record<string, unknown>> & {
  readonly on?: string;
  readonly user?: string;
  readonly address?: string;
  readonly port?: number;
  readonly deadlines?: Readonly<Record<string, number>>;
};

/** An inventory of these hosts; JSON is YAML. */
function inventory(fleet: FleetHandle, hosts: Readonly<Record<string, Wish>>): string {
  const entries = Object.entries(hosts).map(([name, { on, user, address, port, deadlines, ...vars }]) => {
    const real = on === undefined ? null : fleet.host(on);
    const where = {
      ansible_host: address ?? real?.address,
      ansible_port: port ?? real?.port ?? 22,
      ansible_user: user ?? real?.user ?? 'drover',
    };
    return [name, { ...where, ...vars, drover_deadlines: { ...SHORT, ...deadlines } }];
  });
  const vars = { ansible_ssh_private_key_file: fleet.keyFile, drover_known_hosts_file: fleet.knownHostsFile };
  return JSON.stringify({ all: { vars, hosts: Object.fromEntries(entries) } });
}
